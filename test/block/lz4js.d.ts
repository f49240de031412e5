/** The part of the package that is used. It has no types of its own. */
declare module 'lz4js' {
  /** Bytes that a block may take at most. */
  export function compressBound(length: number): number;
  /** @returns bytes of the block; 0 where it would not become shorter */
  export function compressBlock(
    from: Uint8Array,
    into: Uint8Array,
    start: number,
    length: number,
    hashTable: Uint32Array,
  ): number;
}
