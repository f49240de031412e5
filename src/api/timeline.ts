import { ZfsUberError } from '../bytes/errors.ts';
import { unlessStopped, untilStopped } from '../bytes/stopping.ts';
import type { Txg } from '../bytes/units.ts';
import { describeSource } from '../document/sourceEntry.ts';
import {
  creationEvent,
  historyEvent,
  inTime,
  RingTxgs,
  ringEvents,
  type Timeline,
  type TimelineEvent,
  txgTimeEvent,
} from '../document/timeline.ts';
import { errorEntry } from '../document/viewHead.ts';
import { describeOpened } from './describeOpened.ts';
import type { OpenedPool, OpenPoolOptions } from './openPool.ts';
import { type Sources, withPools } from './session.ts';
import { toolInfo } from './toolInfo.ts';

/** Records of one history, datasets and snapshots: sorting needs them all. */
const MAX_RECORDS = 500_000;

/**
 * When what was written to the pools: every sound uberblock, every label text, and of the newest txg that opens the history,
 * the times that the pool noted and the creation of datasets and snapshots.
 *
 * @param options `pool` is the name or guid of the only pool to tell of
 * @returns what `scan --timeline` prints: `timelineLines` makes the lines of it
 * @throws UsageError when a path makes no sense
 */
export function timeline(sources: Sources, options: OpenPoolOptions = {}): Promise<Timeline> {
  const { pool: only = null, signal } = options;
  return withPools(sources, options, async (opened) => {
    const troubles: ZfsUberError[] = [];
    const events: TimelineEvent[] = [];
    const pools = opened.pools.filter(({ name, guid }) => only === null || only === name || only === guid.toString());
    for (const pool of pools) {
      events.push(...ringEvents(pool.pool));
      try {
        for await (const event of untilStopped(signal, writtenEvents(pool, null, troubles, signal))) events.push(event);
      } catch (error) {
        if (!(error instanceof ZfsUberError)) throw error;
        troubles.push(error);
      }
    }
    return {
      tool: toolInfo(opened.engine),
      sources: opened.sources.map((source) => describeSource(describeOpened(source.opened))),
      pools: pools.map(({ name, guid }) => ({ name, guid: guid.toString() })),
      events: inTime(events),
      troubles: troubles.map(errorEntry),
      stopped: signal?.aborted ?? false,
    };
  });
}

/**
 * What a pool tells at one txg, as far as it reads: oldest first.
 *
 * @param txg of its rings; null for the newest that opens
 */
export async function toldEvents(
  pool: OpenedPool,
  txg: Txg | null,
  signal: AbortSignal | undefined,
): Promise<TimelineEvent[]> {
  const events: TimelineEvent[] = [];
  try {
    for await (const event of untilStopped(signal, writtenEvents(pool, txg, [], signal))) events.push(event);
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
  }
  return inTime(events);
}

/** What the pool tells at one txg, or at the newest that opens. */
async function* writtenEvents(
  pool: OpenedPool,
  txg: Txg | null,
  troubles: ZfsUberError[],
  signal: AbortSignal | undefined,
): AsyncGenerator<TimelineEvent> {
  const name = pool.name ?? pool.guid.toString();
  const candidates = new RingTxgs(pool.pool);
  const view = await unlessStopped(
    signal,
    () => pool.at(txg, { signal }),
    () => null,
  );
  if (view === null) return;
  const options = { signal, onTrouble: (trouble: ZfsUberError) => void troubles.push(trouble) };
  let count = 0;
  for await (const record of view.history(options)) {
    if (++count > MAX_RECORDS) break;
    yield historyEvent(name, record, candidates);
  }
  for (const noted of await view.txgTimes(options)) yield txgTimeEvent(name, noted, candidates);
  for await (const dataset of view.datasets(options)) {
    if (++count > MAX_RECORDS) break;
    yield creationEvent(name, dataset, candidates);
    for await (const snapshot of view.snapshots(dataset, options)) {
      if (++count > MAX_RECORDS) break;
      yield creationEvent(name, snapshot, candidates);
    }
  }
}
