import type { ChecksumWords } from '../bytes/errors.ts';

const BLOCK = 128;
const ROUNDS = 80;
const TWO_32 = 0x1_0000_0000;

/** Start of SHA-512/256, upper halves and lower halves. Source: FIPS 180-4, 5.3.6.2 */
const START_HIGH = new Int32Array([
  0x22312194, 0x9f555fa3, 0x2393b86b, 0x96387719, 0x96283ee2, 0xbe5e1e25, 0x2b0199fc, 0x0eb72ddc,
]);
const START_LOW = new Int32Array([
  0xfc2bf72c, 0xc84c64c2, 0x6f53b151, 0x5940eabd, 0xa88effe3, 0x53863992, 0x2c85b8aa, 0x81c52ca2,
]);

/**
 * First 64 bits of the fractional parts of the cube roots of the first 80 primes, upper halves and lower halves.
 * Source: FIPS 180-4, 4.2.3
 */
const K_HIGH = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2, 0xca273ece, 0xd186b8c7, 0xeada7dd6, 0xf57d4f7f, 0x06f067aa, 0x0a637dc5, 0x113f9804, 0x1b710b35,
  0x28db77f5, 0x32caab7b, 0x3c9ebe0a, 0x431d67c4, 0x4cc5d4be, 0x597f299c, 0x5fcb6fab, 0x6c44198c,
]);
const K_LOW = new Int32Array([
  0xd728ae22, 0x23ef65cd, 0xec4d3b2f, 0x8189dbbc, 0xf348b538, 0xb605d019, 0xaf194f9b, 0xda6d8118, 0xa3030242,
  0x45706fbe, 0x4ee4b28c, 0xd5ffb4e2, 0xf27b896f, 0x3b1696b1, 0x25c71235, 0xcf692694, 0x9ef14ad2, 0x384f25e3,
  0x8b8cd5b5, 0x77ac9c65, 0x592b0275, 0x6ea6e483, 0xbd41fbd4, 0x831153b5, 0xee66dfab, 0x2db43210, 0x98fb213f,
  0xbeef0ee4, 0x3da88fc2, 0x930aa725, 0xe003826f, 0x0a0e6e70, 0x46d22ffc, 0x5c26c926, 0x5ac42aed, 0x9d95b3df,
  0x8baf63de, 0x3c77b2a8, 0x47edaee6, 0x1482353b, 0x4cf10364, 0xbc423001, 0xd0f89791, 0x0654be30, 0xd6ef5218,
  0x5565a910, 0x5771202a, 0x32bbd1b8, 0xb8d2d0c8, 0x5141ab53, 0xdf8eeb99, 0xe19b48a8, 0xc5c95a63, 0xe3418acb,
  0x7763e373, 0xd6b2b8a3, 0x5defb2fc, 0x43172f60, 0xa1f0ab72, 0x1a6439ec, 0x23631e28, 0xde82bde9, 0xb2c67915,
  0xe372532b, 0xea26619c, 0x21c0c207, 0xcde0eb1e, 0xee6ed178, 0x72176fba, 0xa2c898a6, 0xbef90dae, 0x131c471b,
  0x23047d84, 0x40c72493, 0x15c9bebc, 0x9c100d4c, 0xcb3e42b6, 0xfc657e2a, 0x3ad6faec, 0x4a475817,
]);

/** Working memory of one call: the chaining value and the message schedule, as halves. */
interface Work {
  readonly stateHigh: Int32Array;
  readonly stateLow: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
}

/**
 * The SHA-512/256 digest of `bytes` as four words, decoded in the byte order of the block.
 *
 * JavaScript has no 64-bit integers that are fast: every word is two 32-bit halves, and a carry is what a sum of lower
 * halves holds above 2^32, exact in a double.
 *
 * Source: FIPS 180-4, 6.4 and 6.7; module/zfs/sha2_zfs.c, abd_checksum_sha512_native and abd_checksum_sha512_byteswap
 */
export function sha512(bytes: Uint8Array, littleEndian: boolean): ChecksumWords {
  const work: Work = {
    stateHigh: Int32Array.from(START_HIGH),
    stateLow: Int32Array.from(START_LOW),
    high: new Int32Array(ROUNDS),
    low: new Int32Array(ROUNDS),
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length - (bytes.length % BLOCK);
  for (let at = 0; at < whole; at += BLOCK) compress(work, view, at);

  const last = lastBlocks(bytes.subarray(whole), bytes.length);
  for (let at = 0; at < last.byteLength; at += BLOCK) compress(work, last, at);

  const digest = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) {
    digest.setInt32(i * 8, work.stateHigh[i] ?? 0);
    digest.setInt32(i * 8 + 4, work.stateLow[i] ?? 0);
  }
  const word = (i: number): bigint => digest.getBigUint64(i * 8, littleEndian);
  return [word(0), word(1), word(2), word(3)];
}

/** The bytes after the last whole block with their padding: one bit, zeros, and the length in bits as 128 bits. */
function lastBlocks(rest: Uint8Array, length: number): DataView {
  const padded = new Uint8Array(rest.length < BLOCK - 16 ? BLOCK : 2 * BLOCK);
  padded.set(rest);
  padded[rest.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(length) * 8n);
  return view;
}

/** Indexes below are all inside the arrays; `?? 0` satisfies the compiler and costs nothing that can be measured; destructuring the state would halve the speed. */
function compress(work: Work, view: DataView, at: number): void {
  const { stateHigh, stateLow, high, low } = work;
  for (let t = 0; t < 16; t++) {
    high[t] = view.getInt32(at + t * 8);
    low[t] = view.getInt32(at + t * 8 + 4);
  }
  for (let t = 16; t < ROUNDS; t++) {
    const eh = high[t - 15] ?? 0;
    const el = low[t - 15] ?? 0;
    // Right by 1, right by 8, shift by 7.
    const s0h = ((eh >>> 1) | (el << 31)) ^ ((eh >>> 8) | (el << 24)) ^ (eh >>> 7);
    const s0l = ((el >>> 1) | (eh << 31)) ^ ((el >>> 8) | (eh << 24)) ^ ((el >>> 7) | (eh << 25));
    const lh = high[t - 2] ?? 0;
    const ll = low[t - 2] ?? 0;
    // Right by 19, right by 61, shift by 6.
    const s1h = ((lh >>> 19) | (ll << 13)) ^ ((ll >>> 29) | (lh << 3)) ^ (lh >>> 6);
    const s1l = ((ll >>> 19) | (lh << 13)) ^ ((lh >>> 29) | (ll << 3)) ^ ((ll >>> 6) | (lh << 26));
    const sum = (s0l >>> 0) + (s1l >>> 0) + ((low[t - 7] ?? 0) >>> 0) + ((low[t - 16] ?? 0) >>> 0);
    low[t] = sum | 0;
    high[t] = (s0h + s1h + (high[t - 7] ?? 0) + (high[t - 16] ?? 0) + ((sum / TWO_32) | 0)) | 0;
  }
  let ah = stateHigh[0] ?? 0;
  let bh = stateHigh[1] ?? 0;
  let ch = stateHigh[2] ?? 0;
  let dh = stateHigh[3] ?? 0;
  let eh = stateHigh[4] ?? 0;
  let fh = stateHigh[5] ?? 0;
  let gh = stateHigh[6] ?? 0;
  let hh = stateHigh[7] ?? 0;
  let al = stateLow[0] ?? 0;
  let bl = stateLow[1] ?? 0;
  let cl = stateLow[2] ?? 0;
  let dl = stateLow[3] ?? 0;
  let el = stateLow[4] ?? 0;
  let fl = stateLow[5] ?? 0;
  let gl = stateLow[6] ?? 0;
  let hl = stateLow[7] ?? 0;
  for (let t = 0; t < ROUNDS; t++) {
    // Right by 14, 18 and 41.
    const s1h = ((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23));
    const s1l = ((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23));
    const choiceHigh = gh ^ (eh & (fh ^ gh));
    const choiceLow = gl ^ (el & (fl ^ gl));
    const t1 = (hl >>> 0) + (s1l >>> 0) + (choiceLow >>> 0) + ((K_LOW[t] ?? 0) >>> 0) + ((low[t] ?? 0) >>> 0);
    const t1h = (hh + s1h + choiceHigh + (K_HIGH[t] ?? 0) + (high[t] ?? 0) + ((t1 / TWO_32) | 0)) | 0;
    const t1l = t1 | 0;
    // Right by 28, 34 and 39.
    const s0h = ((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25));
    const s0l = ((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25));
    const majorityHigh = (ah & bh) | (ch & (ah | bh));
    const majorityLow = (al & bl) | (cl & (al | bl));
    hh = gh;
    hl = gl;
    gh = fh;
    gl = fl;
    fh = eh;
    fl = el;
    const e = (dl >>> 0) + (t1l >>> 0);
    eh = (dh + t1h + ((e / TWO_32) | 0)) | 0;
    el = e | 0;
    dh = ch;
    dl = cl;
    ch = bh;
    cl = bl;
    bh = ah;
    bl = al;
    const a = (t1l >>> 0) + (s0l >>> 0) + (majorityLow >>> 0);
    ah = (t1h + s0h + majorityHigh + ((a / TWO_32) | 0)) | 0;
    al = a | 0;
  }
  addTo(work, 0, ah, al);
  addTo(work, 1, bh, bl);
  addTo(work, 2, ch, cl);
  addTo(work, 3, dh, dl);
  addTo(work, 4, eh, el);
  addTo(work, 5, fh, fl);
  addTo(work, 6, gh, gl);
  addTo(work, 7, hh, hl);
}

function addTo({ stateHigh, stateLow }: Work, i: number, high: number, low: number): void {
  const sum = ((stateLow[i] ?? 0) >>> 0) + (low >>> 0);
  stateLow[i] = sum | 0;
  stateHigh[i] = ((stateHigh[i] ?? 0) + high + ((sum / TWO_32) | 0)) | 0;
}
