import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AllocatedRuns, MetaslabSpace, UnitSet } from '../../src/dataset/metaslabSpace.ts';

const SIZE = 200;
const range = fc.record({ offset: fc.integer({ min: -3, max: SIZE }), run: fc.integer({ min: 0, max: 90 }) });
const kind = fc.constantFrom<'alloc' | 'free'>('alloc', 'free');

const rangesOf = (set: UnitSet): { offset: number; run: number }[] => {
  const bounds = [...set.bounds()];
  return bounds.flatMap((offset, i) => (i % 2 === 0 ? [{ offset, run: (bounds[i + 1] ?? 0) - offset }] : []));
};

const unitsOf = ({ offset, run }: { offset: number; run: number }): number[] =>
  Array.from({ length: run }, (_, i) => offset + i);

/** A tree of ranges as a set of units: a range is taken whole or not at all. */
class Slow {
  readonly units = new Set<number>();
  add(offset: number, run: number): boolean {
    const all = unitsOf({ offset, run });
    const fits = run > 0 && all.every((unit) => unit >= 0 && unit < SIZE && !this.units.has(unit));
    if (fits) for (const unit of all) this.units.add(unit);
    return fits;
  }
  remove(offset: number, run: number): boolean {
    const all = unitsOf({ offset, run });
    const fits = run > 0 && all.every((unit) => this.units.has(unit));
    if (fits) for (const unit of all) this.units.delete(unit);
    return fits;
  }
}

describe('UnitSet', () => {
  it('takes and refuses what a set of units does, also in memory that was used before', () => {
    const set = new UnitSet();
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, range), { maxLength: 30 }), (steps) => {
        set.begin(SIZE);
        const slow = new Slow();
        for (const [what, { offset, run }] of steps) {
          const method = what === 'alloc' ? 'add' : 'remove';
          expect(set[method](offset, run)).toBe(slow[method](offset, run));
        }
        expect(rangesOf(set).flatMap(unitsOf)).toEqual([...slow.units].sort((a, b) => a - b));
      }),
    );
  });
});

describe('AllocatedRuns', () => {
  it('tells of any range whether all or nothing of it is allocated', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), range, (allocated, { offset, run }) => {
        const set = new UnitSet();
        set.begin(SIZE);
        for (const each of allocated) set.add(each.offset, each.run);
        const runs = new AllocatedRuns(set.bounds());
        const units = new Set(rangesOf(set).flatMap(unitsOf));
        const asked = unitsOf({ offset, run: run + 1 });
        expect(runs.hasAll(offset, run + 1)).toBe(asked.every((unit) => units.has(unit)));
        expect(runs.hasNone(offset, run + 1)).toBe(!asked.some((unit) => units.has(unit)));
      }),
    );
  });
});

describe('MetaslabSpace', () => {
  const begun = (): MetaslabSpace => {
    const space = new MetaslabSpace();
    space.begin(SIZE);
    return space;
  };

  it('counts its work, which ranges that come again and again make large', () => {
    const space = begun();
    for (let i = 0; i < 100; i++) space.take(i % 2 === 0 ? 'alloc' : 'free', 0, SIZE);
    expect(space.work).toBeGreaterThan(1000);
    space.begin(SIZE);
    expect(space.work).toBe(0);
  });

  it('refuses what is allocated twice, freed twice, or outside', () => {
    const space = begun();
    expect(space.take('alloc', 10, 40)).toBe(true);
    expect(space.take('alloc', 49, 1)).toBe(false);
    expect(space.take('free', 20, 31)).toBe(false);
    expect(space.take('free', 20, 30)).toBe(true);
    expect(space.take('free', 20, 1)).toBe(false);
    expect(space.take('alloc', SIZE - 1, 2)).toBe(false);
  });

  it('takes back in the logs what a log did before, and refuses what it does twice', () => {
    const space = begun();
    expect(space.take('alloc', 0, 100)).toBe(true);
    expect(space.takeLogged('free', 10, 10)).toBe(true);
    expect(space.takeLogged('alloc', 15, 10)).toBe(true);
    expect(space.takeLogged('alloc', 22, 10)).toBe(false);
  });

  it('says which range of the logs does not fit what the space map has', () => {
    const space = begun();
    space.take('alloc', 0, 50);
    space.takeLogged('alloc', 45, 10);
    expect(space.merge(space.allocated())).toEqual({ kind: 'alloc', offset: 45, run: 10 });
    const other = begun();
    other.take('alloc', 0, 50);
    other.takeLogged('alloc', 50, 10);
    other.takeLogged('free', 60, 3);
    expect(other.merge(other.allocated())).toEqual({ kind: 'free', offset: 60, run: 3 });
  });

  it('adds up to the same whether it is told by the map or by the logs', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, range), { maxLength: 30 }), (steps) => {
        const slow = new Slow();
        const sound = steps.filter(([what, { offset, run }]) => slow[what === 'alloc' ? 'add' : 'remove'](offset, run));
        for (const split of [0, Math.floor(sound.length / 2), sound.length]) {
          const space = begun();
          for (const [i, [what, { offset, run }]] of sound.entries()) {
            expect(i < split ? space.take(what, offset, run) : space.takeLogged(what, offset, run)).toBe(true);
          }
          expect(space.merge(space.allocated())).toBeNull();
        }
      }),
    );
  });
});
