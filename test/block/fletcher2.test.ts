import { expect, it } from 'vitest';
import { fletcher2 } from '../../src/block/fletcher2.ts';

it('keeps the two streams apart', () => {
  const bytes = new Uint8Array(48);
  bytes[0] = 1;
  bytes[8] = 7;
  expect(fletcher2(bytes, true)).toEqual([1n, 7n, 3n, 21n]);
});

it('ignores a remainder of fewer than sixteen bytes', () => {
  const bytes = new Uint8Array(31).fill(5);
  expect(fletcher2(bytes, false)).toEqual(fletcher2(bytes.subarray(0, 16), false));
});

it('wraps at 64 bits and not before, over several runs', () => {
  const pairs = 5000n;
  const top = 2n ** 64n - 1n;
  const wrap = (n: bigint) => BigInt.asUintN(64, n);
  const first = wrap(pairs * top);
  const second = wrap(((pairs * (pairs + 1n)) / 2n) * top);
  expect(fletcher2(new Uint8Array(16 * 5000).fill(0xff), true)).toEqual([first, first, second, second]);
});
