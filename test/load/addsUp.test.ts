import { describe, expect, it } from 'vitest';
import { AddsUp } from '../../src/load/addsUp.ts';

const log = () => new Map([[0, new Float64Array(3)]]);

describe('a metaslab whose accounts added up at one txg', () => {
  const [first, second, other] = [log(), log(), log()];
  const answer = new AddsUp();
  answer.note(1024, 4096, [first, second]);

  it('is answered for a txg with the same logs', () => {
    expect(answer.holds(1024, 4096, [first, second])).toBe(true);
  });

  it.each([
    ['another log in the place of one', [first, other]],
    ['a log more', [first, second, other]],
    ['a log less', [first]],
    ['no log', []],
  ])('is asked again with %s', (_, logs) => {
    expect(answer.holds(1024, 4096, logs)).toBe(false);
  });

  it('is asked again where it begins elsewhere or has another size', () => {
    expect(answer.holds(1024, 8192, [first, second])).toBe(false);
    expect(answer.holds(2048, 4096, [first, second])).toBe(false);
  });

  it('is asked of first where nothing was found out yet', () => {
    expect(new AddsUp().holds(1024, 4096, [])).toBe(false);
  });
});
