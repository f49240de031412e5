const BLOCK = 128;
const WORDS = 16;
const TWO_32 = 0x1_0000_0000;
/** Bytes of a digest of Edon-R-512; ZFS keeps the first 32. */
const DIGEST = 64;
const KEPT = 32;

/** Bytes of the length field that ends the padding. */
const LENGTH_FIELD = 8;

/** Each quasigroup operation sums five words of eight for each word of its result, and rotates the sum. */
interface LatinSquare {
  /** Five indexes for each of eight words. */
  readonly rows: Uint8Array;
  readonly rotations: Uint8Array;
  /** Added to the first word; both halves are the same. */
  readonly constant: number;
}

/** Source: Edon-R (Gligoroski and others, SHA-3 submission), table of the permutations; module/icp/algs/edonr/edonr.c */
const FIRST_SQUARE: LatinSquare = {
  rows: Uint8Array.of(
    ...[0, 1, 2, 4, 7],
    ...[0, 1, 3, 4, 7],
    ...[0, 1, 4, 6, 7],
    ...[2, 3, 5, 6, 7],
    ...[1, 2, 3, 5, 6],
    ...[0, 2, 3, 4, 5],
    ...[0, 1, 5, 6, 7],
    ...[2, 3, 4, 5, 6],
  ),
  rotations: Uint8Array.of(0, 5, 15, 22, 31, 40, 50, 59),
  constant: 0xaaaaaaaa,
};
const SECOND_SQUARE: LatinSquare = {
  rows: Uint8Array.of(
    ...[0, 1, 2, 5, 7],
    ...[0, 1, 3, 4, 6],
    ...[0, 1, 2, 3, 5],
    ...[2, 3, 4, 6, 7],
    ...[0, 1, 3, 4, 5],
    ...[2, 4, 5, 6, 7],
    ...[1, 2, 5, 6, 7],
    ...[0, 3, 4, 6, 7],
  ),
  rotations: Uint8Array.of(0, 10, 19, 29, 36, 44, 48, 55),
  constant: 0x55555555,
};

/** Words of both results that are XORed, three of each, and then added, for each word of the operation's result. */
const COMBINE = Uint8Array.of(
  ...[0, 1, 4, 0, 1, 5],
  ...[0, 4, 7, 2, 6, 7],
  ...[1, 6, 7, 0, 1, 3],
  ...[2, 3, 4, 0, 3, 4],
  ...[0, 1, 7, 1, 2, 5],
  ...[3, 5, 6, 3, 4, 6],
  ...[2, 5, 6, 2, 5, 7],
  ...[2, 3, 5, 4, 6, 7],
);

/** 64-bit words as two 32-bit halves: JavaScript has no 64-bit integers that are fast. */
interface Halves {
  readonly high: Int32Array;
  readonly low: Int32Array;
}
const halves = (count: number): Halves => ({ high: new Int32Array(count), low: new Int32Array(count) });
const copy = ({ high, low }: Halves): Halves => ({ high: Int32Array.from(high), low: Int32Array.from(low) });
const part = ({ high, low }: Halves, from: number): Halves => ({
  high: high.subarray(from, from + 8),
  low: low.subarray(from, from + 8),
});

/** The double pipe at the start: the bytes 0x80 to 0xff, big-endian words. */
const start = (): Halves => ({
  high: Int32Array.from({ length: WORDS }, (_, i) => Math.imul(0x01010101, 0x80 + i * 8) + 0x00010203),
  low: Int32Array.from({ length: WORDS }, (_, i) => Math.imul(0x01010101, 0x84 + i * 8) + 0x00010203),
});

/**
 * Edon-R-512 that begins with a block made of `salt`: its digest, and the digest of that.
 *
 * @returns a function that gives the first 32 bytes of digest of its argument; the salt is worked in once
 * Source: module/zfs/edonr_zfs.c, abd_checksum_edonr_tmpl_init and abd_checksum_edonr_native
 */
export function edonr(salt: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  const saltBlock = new Uint8Array(BLOCK);
  saltBlock.set(edonr512(salt));
  saltBlock.set(edonr512(saltBlock.subarray(0, DIGEST)), DIGEST);
  const salted = new Hash(start());
  salted.blocks(saltBlock);
  return (bytes) => new Hash(copy(salted.pipe)).finish(bytes, BLOCK).slice(0, KEPT);
}

/** The plain hash, 64 bytes. */
export const edonr512 = (bytes: Uint8Array): Uint8Array => new Hash(start()).finish(bytes, 0);

class Hash {
  readonly pipe: Halves;
  readonly #message = halves(WORDS);
  /** The two rows of eight words that a block goes through. */
  readonly #p = halves(8);
  readonly #q = halves(8);
  readonly #first = halves(8);
  readonly #second = halves(8);

  constructor(pipe: Halves) {
    this.pipe = pipe;
  }

  /** Works in all whole blocks. */
  blocks(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { high, low } = this.#message;
    for (let at = 0; at + BLOCK <= bytes.length; at += BLOCK) {
      for (let i = 0; i < WORDS; i++) {
        low[i] = view.getInt32(at + i * 8, true);
        high[i] = view.getInt32(at + i * 8 + 4, true);
      }
      this.#block();
    }
  }

  /**
   * Works in `bytes` and the padding: one bit, zeros, the length in bits.
   *
   * @param before bytes that were worked in already, a multiple of a block
   */
  finish(bytes: Uint8Array, before: number): Uint8Array {
    const whole = bytes.length - (bytes.length % BLOCK);
    this.blocks(bytes.subarray(0, whole));
    const rest = bytes.length - whole;
    const last = new Uint8Array(rest < BLOCK - LENGTH_FIELD ? BLOCK : 2 * BLOCK);
    last.set(bytes.subarray(whole));
    last[rest] = 0x80;
    new DataView(last.buffer).setBigUint64(last.length - LENGTH_FIELD, BigInt(before + bytes.length) * 8n, true);
    this.blocks(last);
    const digest = new DataView(new ArrayBuffer(DIGEST));
    for (let i = 0; i < DIGEST / 8; i++) {
      digest.setInt32(i * 8, this.pipe.low[8 + i] ?? 0, true);
      digest.setInt32(i * 8 + 4, this.pipe.high[8 + i] ?? 0, true);
    }
    return new Uint8Array(digest.buffer);
  }

  /** Four rows of two quasigroup operations, then the feedback of the revised submission. */
  #block(): void {
    const message = this.#message;
    const [firstHalf, secondHalf] = [part(message, 0), part(message, 8)];
    const [oldFirst, oldSecond] = [part(this.pipe, 0), part(this.pipe, 8)];
    const [p, q] = [this.#p, this.#q];
    this.#operate(reversed(secondHalf), firstHalf, p);
    this.#operate(p, secondHalf, q);
    this.#operate(oldSecond, p, p);
    this.#operate(p, q, q);
    this.#operate(p, oldFirst, p);
    this.#operate(q, p, q);
    this.#operate(reversed(firstHalf), p, p);
    this.#operate(p, q, q);
    for (let i = 0; i < 8; i++) {
      oldFirst.high[i] = (oldFirst.high[i] ?? 0) ^ (secondHalf.high[i] ?? 0) ^ (p.high[i] ?? 0);
      oldFirst.low[i] = (oldFirst.low[i] ?? 0) ^ (secondHalf.low[i] ?? 0) ^ (p.low[i] ?? 0);
      oldSecond.high[i] = (oldSecond.high[i] ?? 0) ^ (firstHalf.high[i] ?? 0) ^ (q.high[i] ?? 0);
      oldSecond.low[i] = (oldSecond.low[i] ?? 0) ^ (firstHalf.low[i] ?? 0) ^ (q.low[i] ?? 0);
    }
  }

  /** `result` = `x` * `y` in the quasigroup; `result` may be one of them. */
  #operate(x: Halves, y: Halves, result: Halves): void {
    const [s, t] = [this.#first, this.#second];
    permute(FIRST_SQUARE, x, s);
    permute(SECOND_SQUARE, y, t);
    for (let i = 0; i < 8; i++) {
      const [a, b, c] = [COMBINE[i * 6] ?? 0, COMBINE[i * 6 + 1] ?? 0, COMBINE[i * 6 + 2] ?? 0];
      const [d, e, f] = [COMBINE[i * 6 + 3] ?? 0, COMBINE[i * 6 + 4] ?? 0, COMBINE[i * 6 + 5] ?? 0];
      const sum =
        (((s.low[a] ?? 0) ^ (s.low[b] ?? 0) ^ (s.low[c] ?? 0)) >>> 0) +
        (((t.low[d] ?? 0) ^ (t.low[e] ?? 0) ^ (t.low[f] ?? 0)) >>> 0);
      result.low[i] = sum | 0;
      result.high[i] =
        (((s.high[a] ?? 0) ^ (s.high[b] ?? 0) ^ (s.high[c] ?? 0)) +
          ((t.high[d] ?? 0) ^ (t.high[e] ?? 0) ^ (t.high[f] ?? 0)) +
          (sum >= TWO_32 ? 1 : 0)) |
        0;
    }
  }
}

const reversed = ({ high, low }: Halves): Halves => ({
  high: Int32Array.from(high).reverse(),
  low: Int32Array.from(low).reverse(),
});

/** The words of `x` through one Latin square. */
function permute({ rows, rotations, constant }: LatinSquare, x: Halves, result: Halves): void {
  for (let i = 0; i < 8; i++) {
    let low = i === 0 ? constant : 0;
    let high = low;
    for (let j = i * 5; j < i * 5 + 5; j++) {
      const from = rows[j] ?? 0;
      low += (x.low[from] ?? 0) >>> 0;
      high += x.high[from] ?? 0;
    }
    high = (high + Math.floor(low / TWO_32)) | 0;
    low |= 0;
    // Left by `by` of 64; from 32 on, the halves change places, and by 0 nothing may be shifted by 32.
    const by = rotations[i] ?? 0;
    const left = by & 31;
    const h = by >= 32 ? low : high;
    const l = by >= 32 ? high : low;
    result.high[i] = left === 0 ? h : (h << left) | (l >>> (32 - left));
    result.low[i] = left === 0 ? l : (l << left) | (h >>> (32 - left));
  }
}
