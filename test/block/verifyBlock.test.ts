import { describe, expect, it } from 'vitest';
import type { SaltedAlgorithm } from '../../src/block/engine.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { blockCheck, type Checksums } from '../../src/block/verifyBlock.ts';
import { ChecksumError, type ChecksumWords, UnsupportedError } from '../../src/bytes/errors.ts';
import { noise, pointer } from '../pool/madePool.ts';

const bytes = noise(8192, 5);
const other = noise(8192, 6);
const salted = {
  salt: new Uint8Array(32),
  checksum: (algorithm: SaltedAlgorithm): ChecksumWords => [BigInt(algorithm.length), 2n, 3n, 4n],
};
const checksums: Checksums = { engine: pureEngine, salted };
const place = { source: 'disk', offset: 4096, path: ['block'] };

describe('blockCheck', () => {
  it.each([
    [6, 'fletcher2'],
    [7, 'fletcher4'],
    [8, 'sha256'],
    [11, 'sha512'],
  ] as const)('compares all words of checksum %i, %s, and tells both sums when they differ', (checksum, algorithm) => {
    const words = pureEngine.checksum(algorithm, bytes, true);
    const check = blockCheck(pointer({ stored: bytes, checksum, words }), checksums);
    expect(check.matches(bytes)).toBe(true);
    expect(check.matches(other)).toBe(false);
    expect(check.mismatch(place)).toMatchObject({
      expected: words,
      found: pureEngine.checksum(algorithm, other, true),
      place,
    });
    for (let i = 0; i < 4; i++) {
      const bent = words.map((word, at) => (at === i ? word ^ 1n : word));
      expect(blockCheck(pointer({ stored: bytes, checksum, words: bent }), checksums).matches(bytes)).toBe(false);
    }
  });

  it('compares two words of a block with a MAC, folded only where the algorithm is not strong enough for dedup', () => {
    const [a, b, c, d] = pureEngine.checksum('fletcher4', bytes, true);
    const weak = pointer({ stored: bytes, crypt: true, words: [a ^ c, b ^ d, 77n, 78n] });
    expect(blockCheck(weak, checksums).matches(bytes)).toBe(true);
    const [e, f] = pureEngine.checksum('sha256', bytes, true);
    const strong = pointer({ stored: bytes, checksum: 8, crypt: true, words: [e, f, 77n, 78n] });
    expect(blockCheck(strong, checksums).matches(bytes)).toBe(true);
    expect(blockCheck(strong, checksums).matches(other)).toBe(false);
    // Edon-R is 512 bits wide and counts as weak all the same.
    const edonr = pointer({ stored: bytes, checksum: 13, crypt: true, words: [5n ^ 3n, 2n ^ 4n, 77n, 78n] });
    expect(blockCheck(edonr, checksums).matches(bytes)).toBe(true);
    const skein = pointer({ stored: bytes, checksum: 12, crypt: true, words: [5n, 2n, 77n, 78n] });
    expect(blockCheck(skein, checksums).matches(bytes)).toBe(true);
  });

  it('compares all words of an object set, whose MACs are inside', () => {
    const words = pureEngine.checksum('fletcher4', bytes, true);
    expect(blockCheck(pointer({ stored: bytes, crypt: true, type: 11, words }), checksums).matches(bytes)).toBe(true);
    const cut = [words[0] ^ words[2], words[1] ^ words[3], 77n, 78n];
    expect(blockCheck(pointer({ stored: bytes, crypt: true, type: 11, words: cut }), checksums).matches(bytes)).toBe(
      false,
    );
  });

  it('does not know salted words before the salt', () => {
    const check = blockCheck(pointer({ stored: bytes, checksum: 14 }), { engine: pureEngine, salted: null });
    expect(() => check.matches(bytes)).toThrow(UnsupportedError);
  });

  it.each([
    [5, 'fletcher2'],
    [9, 'fletcher4'],
  ] as const)(
    'finds the sum in an intent log block, of checksum 9 over the used part only: %i, %s',
    (checksum, algorithm) => {
      for (const littleEndian of [true, false]) {
        const block = noise(16384, 9);
        const view = new DataView(block.buffer);
        const seed = [11n, 12n, 13n, 1n];
        const trailer = checksum === 5 ? block.length - 40 : 144;
        if (checksum === 9) view.setBigUint64(136, 5000n, littleEndian);
        view.setBigUint64(trailer, 0x0210da7ab10c7a11n, littleEndian);
        for (const [i, word] of seed.entries()) view.setBigUint64(trailer + 8 + i * 8, word, littleEndian);
        const covered = checksum === 5 ? block : block.subarray(0, 8192);
        const words = pureEngine.checksum(algorithm, covered, littleEndian);
        for (const [i, word] of words.entries()) view.setBigUint64(trailer + 8 + i * 8, word, littleEndian);
        const check = blockCheck(pointer({ stored: block, checksum, words: seed, type: 9 }), checksums);
        expect(check.matches(block)).toBe(true);
        const past = block.slice();
        past[8192 + 100] = (past[8192 + 100] ?? 0) ^ 1;
        expect(check.matches(past)).toBe(checksum === 9);
        const inside = block.slice();
        inside[4000] = (inside[4000] ?? 0) ^ 1;
        expect(check.matches(inside)).toBe(false);
        expect(
          blockCheck(pointer({ stored: block, checksum, words: [11n, 12n, 13n, 2n] }), checksums).matches(block),
        ).toBe(false);
      }
    },
  );

  it.each([0, 1])('takes nothing for a block whose checksum is setting %i, which no function computes', (checksum) => {
    const check = blockCheck(pointer({ stored: bytes, checksum, words: [0n, 0n, 0n, 0n] }), checksums);
    expect(check.matches(bytes)).toBe(false);
    expect(check.mismatch({ source: 'disk', offset: 0, path: [] })).toBeInstanceOf(ChecksumError);
  });

  it.each([2, 10])(
    'takes anything for a block of checksum %i, off, whose words are zero, and nothing else',
    (checksum) => {
      const sound = (words: readonly bigint[], crypt = false) =>
        blockCheck(pointer({ stored: bytes, checksum, words, crypt }), checksums).matches(bytes);
      expect(sound([0n, 0n, 0n, 0n])).toBe(true);
      for (const at of [0, 1, 2, 3]) expect(sound([0n, 0n, 0n, 0n].with(at, 1n))).toBe(false);
      expect(sound([0n, 0n, 5n, 6n], true)).toBe(true);
    },
  );

  /** Ends in the sum over itself that has `seed` in the place of the sum. */
  function sealed(seed: readonly bigint[], magic: boolean): Uint8Array {
    const block = noise(4096, 11);
    const view = new DataView(block.buffer);
    const trailer = block.length - 40;
    if (magic) view.setBigUint64(trailer, 0x0210da7ab10c7a11n, true);
    for (const [i, word] of seed.entries()) view.setBigUint64(trailer + 8 + i * 8, word, true);
    for (const [i, word] of pureEngine.checksum('sha256', block, true).entries()) {
      view.setBigUint64(trailer + 8 + i * 8, word, true);
    }
    return block;
  }

  it.each([true, false])('computes the checksum of labels over a block that says so, with trailer %s', (magic) => {
    const block = sealed([0x404000n, 0n, 0n, 0n], magic);
    const check = blockCheck(pointer({ stored: block, checksum: 3, words: [1n, 2n, 3n, 4n] }), checksums);
    expect(check.matches(block, 0x404000)).toBe(true);
    expect(check.matches(block, 0x404200)).toBe(false);
    expect(check.matches(block)).toBe(false);
  });

  it('computes the checksum of gang headers over a block that says so, from its address and physical birth', () => {
    const block = sealed([2n, 0x8000n, 70n, 0n], true);
    const spec = { stored: block, checksum: 4, dvas: [{ vdev: 2, offset: 0x8000 }], birth: 60n, physicalBirth: 70n };
    expect(blockCheck(pointer(spec), checksums).matches(block)).toBe(true);
    expect(blockCheck(pointer({ ...spec, physicalBirth: 0n }), checksums).matches(block)).toBe(false);
  });

  it('takes a log block without a trailer, or with more used bytes than it has, for wrong', () => {
    const check = blockCheck(pointer({ stored: bytes, checksum: 9, words: [0n, 0n, 0n, 0n] }), checksums);
    expect(check.matches(bytes)).toBe(false);
    expect(check.matches(bytes.subarray(0, 100))).toBe(false);
    const long = bytes.slice();
    const view = new DataView(long.buffer);
    view.setBigUint64(144, 0x0210da7ab10c7a11n, true);
    for (const used of [8193n, 2n ** 63n, 2n ** 64n - 1n]) {
      view.setBigUint64(136, used, true);
      expect(check.matches(long)).toBe(false);
    }
  });
});
