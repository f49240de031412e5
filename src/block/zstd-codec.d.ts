/** The part of the package that is used. It has no types of its own. */
declare module 'zstd-codec' {
  interface Simple {
    /** Null when libzstd gives an error. */
    compress(bytes: Uint8Array, level: number): Uint8Array | null;
  }
  export const ZstdCodec: { run(ready: (zstd: { readonly Simple: new () => Simple }) => void): void };
}
