/** Bytes that short copies share, and of which each begins at a multiple. */
const PIECE = 128 * 1024;
const ALIGNED = 64;

/** Copies of blocks to be kept. Short ones share memory, a few each: to make it costs more than to fill it. */
export class BlockCopies {
  #piece = new Uint8Array(0);
  #used = 0;

  copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length > PIECE / 4) return bytes.slice();
    if (this.#used + bytes.length > this.#piece.length) {
      this.#piece = new Uint8Array(PIECE);
      this.#used = 0;
    }
    const copy = this.#piece.subarray(this.#used, this.#used + bytes.length);
    copy.set(bytes);
    this.#used = Math.ceil((this.#used + bytes.length) / ALIGNED) * ALIGNED;
    return copy;
  }
}
