import { describe, expect, it } from 'vitest';
import type { SourceEntry } from '../../src/document/source.types.ts';
import { ABSENT, type RingGrid, ringGrid } from '../../src/page/ringGrid.ts';
import { candidate, finding, label, pool, source, uberblock } from '../document/sampleDocuments.ts';

/** A device with an uberblock in each of the first slots. */
const device = (path: string, txgs: readonly number[], maps: readonly string[]): SourceEntry =>
  source(path, {
    labels: maps.map((map, index) => label(index, map)),
    uberblocks: txgs.map((txg, slot) =>
      uberblock(
        txg,
        slot,
        maps.flatMap((map, at) => (map[slot] === 'v' ? at : [])),
      ),
    ),
  });

const txgsOf = ({ columns }: RingGrid) => columns.map(({ txg, slot }) => txg ?? `slot ${slot}`);
const rowsOf = ({ tracks }: RingGrid) =>
  tracks.map(({ rows }) => rows.map(({ source, labels, cells }) => `${source} ${labels.join('')} ${cells}`));

describe('ringGrid', () => {
  it('has a column for each txg, the oldest first, and one row for labels that are alike', () => {
    const own = pool({ sources: [0], candidates: [candidate(12, 1)] });
    const grid = ringGrid(own, [device('a', [12, 10, 11], ['vvve', 'vvve', 'vvve', 'vvve'])], ['d0']);
    expect(txgsOf(grid)).toEqual(['10', '11', '12']);
    expect(rowsOf(grid)).toEqual([['0 0123 vvv']]);
  });

  it('puts a damaged slot where the txg stands that other labels have in it, and a wiped one too', () => {
    const own = pool({ sources: [0], candidates: [] });
    const grid = ringGrid(own, [device('a', [10, 11, 12], ['vcvv', 'vvvv', 'eeee', 'vvvv'])], ['d0']);
    expect(rowsOf(grid)).toEqual([['0 0 vcv', '0 1 vvv', '0 2 eee', '0 3 vvv']]);
  });

  it('gives a damaged slot that nothing tells of a column of its own, and an empty one none', () => {
    const own = pool({ sources: [0], candidates: [] });
    const grid = ringGrid(own, [device('a', [10], ['vexe', 'veee', 'veee', 'veee'])], ['d0']);
    expect(txgsOf(grid)).toEqual(['slot 2', '10']);
    expect(rowsOf(grid)).toEqual([['0 0 xv', `0 123 ${ABSENT}v`]]);
  });

  it('shows histories that parted as tracks, each with the verdicts of its own txgs', () => {
    const both = { sources: [0, 1] };
    const candidates = [
      candidate(13, 1, { sources: [0] }),
      candidate(12, 2, { sources: [1], verdict: 'damaged' }),
      candidate(10, 3, both),
    ];
    const own = pool({ ...both, candidates, findings: [finding('history-diverged', 'error', 'They parted.')] });
    const devices = [device('a', [10, 13], ['vv', 'vv', 'vv', 'vv']), device('b', [10, 12], ['vv', 'vv', 'vv', 'vv'])];
    const { tracks } = ringGrid(own, devices, ['d0', 'd1']);
    expect(
      tracks.map(({ name, verdicts, rows }) => [
        name,
        verdicts.map((each) => each?.verdict ?? null),
        rows.map(({ source, cells }) => `${source} ${cells}`),
      ]),
    ).toEqual([
      ['d0', ['importable', null, 'importable'], [`0 v${ABSENT}v`]],
      ['d1', ['importable', 'damaged', null], [`1 vv${ABSENT}`]],
    ]);
  });
});
