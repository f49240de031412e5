import { describe, expect, it } from 'vitest';
import { UnderWay } from '../../src/traverse/underWay.ts';
import { LEAF, type Mark, SUBTREE } from '../../src/traverse/walkNode.ts';

const mark = (part: Partial<Mark> = {}): Mark => ({ kind: SUBTREE, slot: 1, high: 2, low: 3, keep: true, ...part });

describe('UnderWay', () => {
  it('calls those who want the same once it is answered, in the order in which they came', () => {
    const underWay = new UnderWay();
    const asked = mark();
    underWay.ask(asked, 'object');
    const called: number[] = [];
    for (const each of [1, 2]) underWay.of(mark({ keep: false }), 'object')?.waiting.push(() => called.push(each));
    expect(called).toEqual([]);
    underWay.answered(asked);
    expect(called).toEqual([1, 2]);
    expect(underWay.of(mark(), 'object')).toBeNull();
  });

  it('tells apart what differs in a part of the mark, in what is asked, or in the tree, as a circle needs', () => {
    const underWay = new UnderWay();
    underWay.ask(mark(), 'dnodes');
    for (const other of [mark({ slot: 9 }), mark({ low: 9 }), mark({ kind: LEAF }), mark({ high: 9 })]) {
      expect(underWay.of(other, 'dnodes')).toBeNull();
    }
    expect(underWay.of(mark(), 'object')).toBeNull();
    expect(underWay.of(mark(), 'dnodes')).not.toBeNull();
  });

  it('keeps the first of two questions that share a key, and takes its answer from nobody else', () => {
    const underWay = new UnderWay();
    const [first, second] = [mark(), mark({ low: 9 })];
    underWay.ask(first, 'object');
    underWay.ask(second, 'object');
    let called = 0;
    underWay.of(first, 'object')?.waiting.push(() => called++);
    underWay.answered(second);
    underWay.answered(mark());
    expect(called).toBe(0);
    underWay.answered(first);
    expect(called).toBe(1);
  });

  it('lets all go on who wait for what nobody finds out', () => {
    const underWay = new UnderWay();
    underWay.ask(mark(), 'object');
    let called = 0;
    underWay.of(mark(), 'object')?.waiting.push(() => {
      called++;
      // Whoever goes on asks it himself.
      expect(underWay.of(mark(), 'object')).toBeNull();
      underWay.ask(mark(), 'object');
    });
    underWay.giveUp();
    expect(called).toBe(1);
    expect(underWay.of(mark(), 'object')).not.toBeNull();
  });
});
