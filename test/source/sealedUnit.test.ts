import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SealedUnit } from '../../src/source/sealedUnit.ts';

const MAGIC = 0x0210da7ab10c7a11n;

function seal(content: Uint8Array, offset: number, littleEndian: boolean): Uint8Array {
  const unit = content.slice();
  const view = new DataView(unit.buffer);
  const at = unit.length - 40;
  const words = (values: readonly bigint[]) => {
    for (const [i, value] of values.entries()) view.setBigUint64(at + 8 + i * 8, value, littleEndian);
  };
  view.setBigUint64(at, MAGIC, littleEndian);
  words([BigInt(offset), 0n, 0n, 0n]);
  const digest = createHash('sha256').update(unit).digest();
  words([0, 8, 16, 24].map((word) => digest.readBigUInt64BE(word)));
  return unit;
}

describe('a sealed unit', () => {
  const content = fc
    .integer({ min: 1, max: 40 })
    .chain((blocks) => fc.uint8Array({ minLength: blocks * 64, maxLength: blocks * 64 }));
  const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

  it('is for the offset it was sealed for and for no other', () => {
    fc.assert(
      fc.property(content, offset, offset, fc.boolean(), (bytes, own, other, littleEndian) => {
        const unit = SealedUnit.of(seal(bytes, own, littleEndian));
        expect(unit?.isFor(other)).toBe(other === own);
        expect(unit?.isFor(own)).toBe(true);
        expect(unit?.isFor(-own - 1)).toBe(false);
      }),
    );
  });

  it('is none when a byte differs, or without its magic', () => {
    fc.assert(
      fc.property(content, offset, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, own, where, change) => {
        const unit = seal(bytes, own, true);
        const at = where % unit.length;
        unit[at] = (unit[at] ?? 0) ^ change;
        expect(SealedUnit.of(unit)?.isFor(own) ?? false).toBe(false);
      }),
    );
    expect(SealedUnit.of(new Uint8Array(1024))).toBeNull();
    expect(SealedUnit.of(new Uint8Array(40))).toBeNull();
  });
});
