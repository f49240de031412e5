import type { ChecksumWords } from '../bytes/errors.ts';

const BLOCK = 64;

/** First 32 bits of the fractional parts of the square roots of the first 8 primes. Source: FIPS 180-4, 5.3.3 */
const START = new Int32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes. Source: FIPS 180-4, 4.2.2 */
const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

/**
 * The SHA-256 digest of `bytes` as four big-endian words, which is how ZFS keeps it whatever the byte order of the block.
 *
 * Source: FIPS 180-4, 6.2; module/zfs/sha2_zfs.c, abd_checksum_sha256
 */
export const sha256 = (bytes: Uint8Array): ChecksumWords => finish(Int32Array.from(START), bytes, bytes.length);

/**
 * Digests many texts that begin alike for the price of one and their ends.
 *
 * @param beginning whole blocks: a multiple of 64 bytes
 * @returns the digest of the beginning followed by `end`
 */
export function sha256After(beginning: Uint8Array): (end: Uint8Array) => ChecksumWords {
  const state = Int32Array.from(START);
  absorb(state, beginning);
  return (end) => finish(Int32Array.from(state), end, beginning.length + end.length);
}

/** Used by one call at a time, and nothing of it is kept. */
const SCHEDULE = new Int32Array(64);

/** Takes the whole blocks of `bytes` into the state. @returns how many bytes they are */
function absorb(state: Int32Array, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length - (bytes.length % BLOCK);
  for (let at = 0; at < whole; at += BLOCK) compress(state, SCHEDULE, view, at);
  return whole;
}

/** @param length of all that was hashed, `bytes` included */
function finish(state: Int32Array, bytes: Uint8Array, length: number): ChecksumWords {
  absorb(state, lastBlocks(bytes.subarray(absorb(state, bytes)), length));
  const word = (i: number): bigint => (BigInt((state[i] ?? 0) >>> 0) << 32n) | BigInt((state[i + 1] ?? 0) >>> 0);
  return [word(0), word(2), word(4), word(6)];
}

/** The bytes after the last whole block with their padding: one bit, zeros, and the length in bits as 64 bits. */
function lastBlocks(rest: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(rest.length < BLOCK - 8 ? BLOCK : 2 * BLOCK);
  padded.set(rest);
  padded[rest.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(length) * 8n);
  return padded;
}

/** Indexes below are all inside the arrays; `?? 0` satisfies the compiler and costs nothing that can be measured; destructuring the state would halve the speed. */
function compress(state: Int32Array, w: Int32Array, view: DataView, at: number): void {
  for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + t * 4);
  for (let t = 16; t < 64; t++) {
    const early = w[t - 15] ?? 0;
    const late = w[t - 2] ?? 0;
    const s0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const s1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    w[t] = ((w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1) | 0;
  }
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let f = state[5] ?? 0;
  let g = state[6] ?? 0;
  let h = state[7] ?? 0;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + (K[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = ((state[0] ?? 0) + a) | 0;
  state[1] = ((state[1] ?? 0) + b) | 0;
  state[2] = ((state[2] ?? 0) + c) | 0;
  state[3] = ((state[3] ?? 0) + d) | 0;
  state[4] = ((state[4] ?? 0) + e) | 0;
  state[5] = ((state[5] ?? 0) + f) | 0;
  state[6] = ((state[6] ?? 0) + g) | 0;
  state[7] = ((state[7] ?? 0) + h) | 0;
}

/** The digest of bytes that come in parts. */
export class Sha256 {
  readonly #state = Int32Array.from(START);
  #length = 0;
  /** What is left of the parts before: less than a block. */
  #rest = new Uint8Array(0);

  update(part: Uint8Array): void {
    this.#length += part.length;
    const missing = this.#rest.length === 0 ? 0 : BLOCK - this.#rest.length;
    const head = new Uint8Array(this.#rest.length + Math.min(missing, part.length));
    head.set(this.#rest);
    head.set(part.subarray(0, missing), this.#rest.length);
    const tail = part.subarray(missing);
    const taken = absorb(this.#state, head);
    this.#rest = taken < head.length ? head : tail.slice(absorb(this.#state, tail));
  }

  /** 32 bytes. To be asked for once. */
  digest(): Uint8Array {
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    for (const [i, word] of finish(this.#state, this.#rest, this.#length).entries()) view.setBigUint64(i * 8, word);
    return bytes;
  }
}
