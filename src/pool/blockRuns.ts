import type { StoredBlock } from '../block/engine.ts';
import type { Leg } from './wholeDevices.ts';

/** Bytes of one request to a device: beyond this size larger requests are no faster. */
const RUN = 1024 * 1024;
/** Those of which a processor sums several side by side in hardly more time than one: large blocks are read by so many. */
const SIDE_BY_SIDE: ReadonlySet<StoredBlock['algorithm']> = new Set(['sha512', 'skein', 'edonr']);
const LANES = 4;

/** A block of a batch, where it is to be read. */
export interface Placed {
  readonly index: number;
  readonly legs: readonly Leg[];
  readonly top: number;
  /** In bytes, of the top-level vdev. */
  readonly offset: number;
  readonly size: number;
  readonly algorithm: StoredBlock['algorithm'];
}

/**
 * What is read by one request each: blocks that lie side by side.
 *
 * @param placed by vdev and offset
 * @param gap bytes between two blocks that are read and thrown away
 */
export function runsOf<Part extends Placed>(placed: readonly Part[], gap: number): Part[][] {
  const runs: Part[][] = [];
  let run: Part[] = [];
  let [start, end, top] = [0, 0, -1];
  for (const each of placed) {
    const last = each.offset + each.size;
    const few = run.length < LANES && SIDE_BY_SIDE.has(each.algorithm);
    if (each.top !== top || each.offset > end + gap || last - start > (few ? LANES * RUN : RUN)) {
      run = [];
      runs.push(run);
      [start, end, top] = [each.offset, last, each.top];
    }
    run.push(each);
    end = Math.max(end, last);
  }
  return runs;
}
