import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LentMemory, type Loan } from '../../src/pool/lentMemory.ts';

const MIB = 1024 * 1024;

const endsBefore = (a: Uint8Array, b: Uint8Array): boolean => a.byteOffset + a.length <= b.byteOffset;

it('lends as much as is asked for, and to nobody what another has', () => {
  const steps = fc.array(fc.record({ size: fc.integer({ min: 0, max: 5 * MIB }), loan: fc.nat(2), back: fc.nat(9) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (list) => {
      const memory = new LentMemory();
      const loans = new Map<number, { readonly loan: Loan; readonly parts: Uint8Array[] }>();
      for (const { size, loan, back } of list) {
        const one = loans.get(loan) ?? { loan: memory.borrow(), parts: [] };
        loans.set(loan, one);
        const part = one.loan.lend(size);
        expect(part.length).toBe(size);
        for (const { parts } of loans.values()) {
          for (const other of parts) {
            expect(other.buffer !== part.buffer || endsBefore(other, part) || endsBefore(part, other)).toBe(true);
          }
        }
        one.parts.push(part);
        if (back > 0) continue;
        one.loan.giveBack();
        loans.delete(loan);
      }
    }),
    { numRuns: 50 },
  );
});

it('makes nothing new for who borrows again and again, whatever the sizes are', () => {
  const memory = new LentMemory();
  const seen = new Set<unknown>();
  for (let round = 0; round < 20; round++) {
    const loan = memory.borrow();
    for (const size of [40_000, 300_000 + round * 1000, 131_072, 900_000, 40_000]) seen.add(loan.lend(size).buffer);
    loan.giveBack();
  }
  expect(seen.size).toBe(1);
});

it('keeps no more than 16 MiB that nobody borrows', () => {
  const memory = new LentMemory();
  const all = () => {
    const loan = memory.borrow();
    const buffers = Array.from({ length: 20 }, () => loan.lend(2 * MIB).buffer);
    loan.giveBack();
    return buffers;
  };
  const before = all();
  expect(all().filter((buffer) => before.includes(buffer))).toHaveLength(8);
});
