const BLOCK = 64;
const WORDS = 8;
const TWO_32 = 0x1_0000_0000;

/** Bytes of a digest, and of the configuration that says so. */
const DIGEST = 32;
/** "SHA3", version 1, then the digest's length in bits; no tree. Source: Skein 1.3, 3.5.2 */
const CONFIGURATION = Uint8Array.of(0x53, 0x48, 0x41, 0x33, 1, 0, 0, 0, 0, 1, ...new Uint8Array(22));

/** What a block is for, the upper byte of the tweak. Source: Skein 1.3, table 6 */
const TYPE = { key: 0, configuration: 4, message: 48, output: 63 } as const;
const FIRST = 0x40;
const FINAL = 0x80;

/** Key schedule parity C240. Source: Skein 1.3, 3.3.2 */
const PARITY_HIGH = 0x1bd11bda;
const PARITY_LOW = 0xa9fc1a22 | 0;

/**
 * Words that mix in each of four rounds; the permutation between rounds is in the choice of pairs, and after four
 * rounds every word is back in its place. Source: Skein 1.3, table 3 (for eight words)
 */
const PAIRS = Uint8Array.of(
  ...[0, 1, 2, 3, 4, 5, 6, 7],
  ...[2, 1, 4, 7, 6, 5, 0, 3],
  ...[4, 1, 6, 3, 0, 5, 2, 7],
  ...[6, 1, 0, 7, 2, 5, 4, 3],
);

/** Rotations of the four mixes in each of eight rounds. Source: Skein 1.3, table 4 (for eight words) */
const ROTATIONS = Uint8Array.of(
  ...[46, 36, 19, 37],
  ...[33, 27, 14, 42],
  ...[17, 49, 36, 39],
  ...[44, 9, 54, 56],
  ...[39, 30, 34, 24],
  ...[13, 50, 10, 17],
  ...[25, 29, 39, 43],
  ...[8, 35, 56, 22],
);
const ROUNDS = 72;

/** 64-bit words as two 32-bit halves: JavaScript has no 64-bit integers that are fast. */
interface Halves {
  readonly high: Int32Array;
  readonly low: Int32Array;
}
const halves = (count: number): Halves => ({ high: new Int32Array(count), low: new Int32Array(count) });

/** A Skein chain: the chaining value, and the memory that one block needs. */
interface Chain {
  /** Eight words, then their parity. */
  readonly key: Halves;
  /** Two words and their sum modulo 2. */
  readonly tweak: Halves;
  readonly state: Halves;
  /** The block as words, kept for the feed-forward. */
  readonly block: Halves;
}

/**
 * Skein-512 with a 256-bit digest and `salt` as its MAC key.
 *
 * @returns a function that gives the 32 bytes of digest of its argument; the salt is worked in once
 * Source: module/zfs/skein_zfs.c, abd_checksum_skein_tmpl_init; The Skein Hash Function Family 1.3
 */
export function skein(salt: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  const start: Chain = { key: halves(WORDS + 1), tweak: halves(3), state: halves(WORDS), block: halves(WORDS) };
  chain(start, salt, TYPE.key);
  chain(start, CONFIGURATION, TYPE.configuration);
  return (bytes) => {
    const own: Chain = {
      ...start,
      key: { high: Int32Array.from(start.key.high), low: Int32Array.from(start.key.low) },
    };
    chain(own, bytes, TYPE.message);
    chain(own, new Uint8Array(8), TYPE.output);
    const digest = new DataView(new ArrayBuffer(DIGEST));
    for (let i = 0; i < DIGEST / 8; i++) {
      digest.setInt32(i * 8, own.key.low[i] ?? 0, true);
      digest.setInt32(i * 8 + 4, own.key.high[i] ?? 0, true);
    }
    return new Uint8Array(digest.buffer);
  };
}

/** Unique block iteration: works `bytes` into the chain, the last block (there always is one) filled with zeros. */
function chain(own: Chain, bytes: Uint8Array, type: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let flags = FIRST;
  for (; bytes.length - at > BLOCK; at += BLOCK) {
    compress(own, view, at, at + BLOCK, type | flags);
    flags = 0;
  }
  const last = new Uint8Array(BLOCK);
  last.set(bytes.subarray(at));
  compress(own, new DataView(last.buffer), 0, bytes.length, type | flags | FINAL);
}

/**
 * One Threefish block, keyed by the chain, and the feed-forward.
 *
 * @param position bytes worked in up to the end of this block
 * @param kind upper byte of the tweak
 * Source: Skein 1.3, 3.3 and 3.4
 */
function compress(own: Chain, view: DataView, at: number, position: number, kind: number): void {
  const { key, tweak, state, block } = own;
  let parityHigh = PARITY_HIGH;
  let parityLow = PARITY_LOW;
  for (let i = 0; i < WORDS; i++) {
    parityHigh ^= key.high[i] ?? 0;
    parityLow ^= key.low[i] ?? 0;
    state.low[i] = block.low[i] = view.getInt32(at + i * 8, true);
    state.high[i] = block.high[i] = view.getInt32(at + i * 8 + 4, true);
  }
  key.high[WORDS] = parityHigh;
  key.low[WORDS] = parityLow;
  tweak.low[0] = position | 0;
  tweak.high[0] = Math.floor(position / TWO_32);
  tweak.low[1] = 0;
  tweak.high[1] = kind << 24;
  tweak.low[2] = tweak.low[0] ?? 0;
  tweak.high[2] = (tweak.high[0] ?? 0) ^ (kind << 24);

  for (let round = 0; round < ROUNDS; round += 4) {
    addSubkey(own, round / 4);
    mixFourRounds(state, (round % 8) * 4);
  }
  addSubkey(own, ROUNDS / 4);
  for (let i = 0; i < WORDS; i++) {
    key.high[i] = (state.high[i] ?? 0) ^ (block.high[i] ?? 0);
    key.low[i] = (state.low[i] ?? 0) ^ (block.low[i] ?? 0);
  }
}

/** Source: Skein 1.3, 3.3.2 */
function addSubkey({ key, tweak, state }: Chain, subkey: number): void {
  for (let i = 0; i < WORDS; i++) {
    const from = (subkey + i) % (WORDS + 1);
    let high = key.high[from] ?? 0;
    let low = (key.low[from] ?? 0) >>> 0;
    if (i === 5 || i === 6) {
      const part = (subkey + i - 5) % 3;
      high += tweak.high[part] ?? 0;
      low += (tweak.low[part] ?? 0) >>> 0;
    } else if (i === 7) {
      low += subkey;
    }
    const sum = ((state.low[i] ?? 0) >>> 0) + low;
    state.low[i] = sum | 0;
    state.high[i] = ((state.high[i] ?? 0) + high + Math.floor(sum / TWO_32)) | 0;
  }
}

/** @param rotation index of the first round's rotations */
function mixFourRounds({ high, low }: Halves, rotation: number): void {
  for (let i = 0; i < 16; i++) {
    const a = PAIRS[i * 2] ?? 0;
    const b = PAIRS[i * 2 + 1] ?? 0;
    const right = low[b] ?? 0;
    const rightHigh = high[b] ?? 0;
    const sum = ((low[a] ?? 0) >>> 0) + (right >>> 0);
    const sumLow = sum | 0;
    const sumHigh = ((high[a] ?? 0) + rightHigh + (sum >= TWO_32 ? 1 : 0)) | 0;
    low[a] = sumLow;
    high[a] = sumHigh;
    // Left by `by` of 64; from 32 on, the halves change places.
    const by = ROTATIONS[rotation + i] ?? 0;
    const left = by & 31;
    const back = 32 - left;
    const swapped = by >= 32;
    const h = swapped ? right : rightHigh;
    const l = swapped ? rightHigh : right;
    high[b] = ((h << left) | (l >>> back)) ^ sumHigh;
    low[b] = ((l << left) | (h >>> back)) ^ sumLow;
  }
}
