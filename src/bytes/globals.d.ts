// Present in Node 20 and in every current browser; nothing else of the platform is used below the hosts.
interface AbortSignal {
  readonly aborted: boolean;
  throwIfAborted(): void;
  addEventListener(type: 'abort', hear: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', hear: () => void): void;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare function structuredClone<T>(value: T, options: { transfer: ArrayBufferLike[] }): T;
declare namespace WebAssembly {
  function instantiate(
    module: Uint8Array,
    imports: object,
  ): Promise<{ readonly instance: { readonly exports: unknown } }>;
}
