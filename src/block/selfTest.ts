import type { ChecksumWords, EngineAlgorithm, SaltedAlgorithm } from './engine.ts';

/** Long enough for vector loops, with a remainder that they leave: byte i is 31 i modulo 256. */
export const PROBE = new Uint8Array(1016);
for (let i = 0; i < PROBE.length; i++) PROBE[i] = i * 31;
/** Bytes of the probe that salt it. */
export const PROBE_SALT = PROBE.subarray(0, 32);

/** What the TypeScript says of the probe. Known beforehand, because working it out takes longer than the rest of a start. */
export const PROBE_WORDS: Readonly<Record<EngineAlgorithm | SaltedAlgorithm, ChecksumWords>> = {
  fletcher2: [0x76d63594f453aef0n, 0x7cdc3b9afa59b8f8n, 0xd8a8887878880800n, 0x9969493939496500n],
  fletcher4: [0x0000007e3978b374n, 0x00003ed636953d84n, 0x0014edd5e77ebd00n, 0x053f9792c07eed00n],
  sha256: [0x9a80606604c69cf1n, 0xc28e0b14fc3ab2c9n, 0x655c9aa238714738n, 0x59b369420b3ecbc5n],
  sha512: [0x2884dcfe772e23ben, 0x8bc1e203c1c94cfen, 0x8d3a1b96b373d35dn, 0x1583f3cfaa47d771n],
  skein: [0x0bfb243c8fc61c03n, 0xd31e1260c78ef676n, 0x542a529012450fe2n, 0xf9d7d7c995bdb2d1n],
  edonr: [0x47f62f30993a7b42n, 0x173ec1cbecdb828cn, 0xd567c8cd2cdbd530n, 0xf2503687231b0b6bn],
  blake3: [0x74043309a95e6a7dn, 0xef6b4660cc0a8ae1n, 0x2a7824ec1964a581n, 0x98ae9a11e818cdfbn],
};

/** Literals, a match that overlaps what it writes, and literals; and in lzjb a literal and a match. */
const PACKED = {
  lz4: {
    stored: Uint8Array.of(0, 0, 0, 13, 0x3f, 1, 2, 3, 3, 0, 20, 0x50, 9, 9, 9, 9, 9),
    content: Uint8Array.from({ length: 47 }, (_, i) => (i < 42 ? (i % 3) + 1 : 9)),
  },
  lzjb: { stored: Uint8Array.of(2, 7, 0x14, 1), content: new Uint8Array(9).fill(7) },
} as const;
export type Packed = keyof typeof PACKED;

/** Compiled code that is to be tried before it decides about anybody's pool. */
export interface Tried {
  /** All ways to the sum of the probe. */
  readonly sums: (algorithm: EngineAlgorithm | SaltedAlgorithm) => readonly ArrayLike<bigint>[];
  /** All ways to the `size` bytes of a packed block; null for one that refuses it. */
  readonly contents: (compression: Packed, stored: Uint8Array, size: number) => readonly (Uint8Array | null)[];
}

/** @returns the name of the first thing that comes out otherwise than from the TypeScript; null where nothing does */
export function firstWrong({ sums, contents }: Tried): string | null {
  for (const algorithm of Object.keys(PROBE_WORDS) as (keyof typeof PROBE_WORDS)[]) {
    const expected = PROBE_WORDS[algorithm];
    const wrong = sums(algorithm).some((words) => expected.some((word, i) => word !== words[i]));
    if (wrong) return algorithm;
  }
  for (const compression of ['lz4', 'lzjb'] as const) {
    const { stored, content } = PACKED[compression];
    const found = contents(compression, stored, content.length);
    if (found.some((each) => content.some((byte, i) => byte !== each?.[i]))) return compression;
  }
  return null;
}
