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
  // One for what is short, and two for the rest.
  expect(seen.size).toBe(3);
});

/** Borrows so many pieces of 2 MiB, and gives them back. */
function borrowed(memory: LentMemory, count: number): ArrayBufferLike[] {
  const loan = memory.borrow();
  const buffers = Array.from({ length: count }, () => loan.lend(2 * MIB).buffer);
  loan.giveBack();
  return buffers;
}

it('keeps no more than 32 MiB that nobody borrows', () => {
  const memory = new LentMemory();
  const before = borrowed(memory, 40);
  expect(borrowed(memory, 40).filter((buffer) => before.includes(buffer))).toHaveLength(16);
});

it('lets go of what nobody has needed for long', () => {
  const memory = new LentMemory();
  const before = borrowed(memory, 8);
  for (let round = 0; round < 100; round++) borrowed(memory, 2);
  expect(borrowed(memory, 8).filter((buffer) => before.includes(buffer))).toHaveLength(2);
});

it('lends little memory to many who need little', () => {
  const memory = new LentMemory();
  const lent = Array.from({ length: 20 }, () => memory.borrow().lend(1000).buffer.byteLength);
  expect(lent.reduce((sum, each) => sum + each, 0)).toBe(20 * 128 * 1024);
});
