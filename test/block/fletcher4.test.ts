import { expect, it } from 'vitest';
import { fletcher4 } from '../../src/block/fletcher4.ts';

it('weighs each word by its distance from the end', () => {
  const bytes = new Uint8Array(64 * 4 * 5);
  new DataView(bytes.buffer).setUint32(0, 1, true);
  // 320 words: the first counts (320), (321 over 2) and (322 over 3) times.
  expect(fletcher4(bytes, true)).toEqual([1n, 320n, 51_360n, 5_512_640n]);
});

it('ignores a remainder of fewer than four bytes', () => {
  expect(fletcher4(Uint8Array.of(1, 0, 0, 0, 9, 9, 9), true)).toEqual(fletcher4(Uint8Array.of(1, 0, 0, 0), true));
});

it('wraps at 64 bits and not before', () => {
  // The fourth sum of 2^16 words of 2^32 - 1 is (2^16 + 3 over 4) (2^32 - 1), above 2^91.
  const n = 2n ** 16n;
  const fourth = (((n + 3n) * (n + 2n) * (n + 1n) * n) / 24n) * (2n ** 32n - 1n);
  expect(fletcher4(new Uint8Array(4 * 2 ** 16).fill(0xff), false)[3]).toBe(BigInt.asUintN(64, fourth));
});
