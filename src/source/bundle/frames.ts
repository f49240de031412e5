import type { PackFrame } from '../../block/zstdFrames.ts';
import { encode } from '../../bytes/encode.ts';
import { DIRECTORY_ENTRY, FRAME } from './bundle.layout.ts';

/** SHA-256 of bytes that come in parts: `Sha256` of block/, or the host's own. */
export interface Digest {
  update(part: Uint8Array): void;
  digest(): Uint8Array;
}

export function sha256Of(newDigest: () => Digest, bytes: Uint8Array): Uint8Array {
  const digest = newDigest();
  digest.update(bytes);
  return digest.digest();
}

/** Frames of a stream of that many bytes. */
export const framesOf = (bytes: number): number => Math.ceil(bytes / FRAME);

/** Bytes that the frame `index` of a stream of `bytes` holds. */
export const frameSize = (bytes: number, index: number): number => Math.min(FRAME, bytes - index * FRAME);

export interface FrameWriterOptions {
  /** Takes the parts of the file in their order, each done before the next comes. */
  readonly write: (part: Uint8Array) => Promise<void>;
  readonly pack: PackFrame;
  readonly newDigest: () => Digest;
}

/**
 * Writes streams as frames, one stream after the other, and keeps the directory of them. What is not yet written waits in
 * memory: who adds much waits for {@link settled} now and then.
 */
export class FrameWriter {
  readonly #options: FrameWriterOptions;
  readonly #soFar: Digest;
  readonly #whole: Digest;
  readonly #directory: Uint8Array[] = [];
  #frame = new Uint8Array(FRAME);
  #filled = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: FrameWriterOptions) {
    this.#options = options;
    this.#soFar = options.newDigest();
    this.#whole = options.newDigest();
  }

  /** Bytes of the file that are written, or wait to be. */
  get size(): number {
    return this.#written;
  }

  /** Ends the file with the digest of all before. @returns that of the whole file */
  seal(): Uint8Array {
    this.#write(this.#soFar.digest());
    return this.#whole.digest();
  }

  /** Adds to the stream that is being written. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + FRAME - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === FRAME) this.endStream();
    }
  }

  /** What is added next begins a frame. */
  endStream(): void {
    if (this.#filled === 0) return;
    const content = this.#frame.subarray(0, this.#filled);
    const stored = this.#options.pack(content);
    const sha256 = sha256Of(this.#options.newDigest, content);
    const entry = { offset: BigInt(this.#written), stored: stored.length, sha256 };
    this.#directory.push(encode(DIRECTORY_ENTRY, entry, true));
    this.put(stored);
    this.#filled = 0;
  }

  /** Writes bytes as they are. */
  put(bytes: Uint8Array): void {
    this.#soFar.update(bytes);
    this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    this.#written += bytes.length;
    this.#whole.update(bytes);
    this.#writing = this.#writing.then(() => this.#options.write(bytes));
    // Told by `settled`; nobody may be waiting just then.
    this.#writing.catch(() => {});
  }

  /** One entry a frame. */
  directory(): Uint8Array {
    const size = DIRECTORY_ENTRY.size;
    const bytes = new Uint8Array(this.#directory.length * size);
    for (const [i, entry] of this.#directory.entries()) bytes.set(entry, i * size);
    return bytes;
  }

  /** Waits until what was added is written, but for the frame that is not full. @throws what `write` throws */
  settled(): Promise<void> {
    return this.#writing;
  }
}
