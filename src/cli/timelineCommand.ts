import { describeOpened } from '../api/describeOpened.ts';
import { unlessStopped, untilStopped } from '../api/unlessStopped.ts';

import { ZfsUberError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import {
  creationEvent,
  historyEvent,
  inTime,
  RingTxgs,
  ringEvents,
  type TimelineEvent,
  type TimelineFormat,
  timelineLines,
} from '../document/timeline.ts';
import { EXIT } from './exitStatus.ts';
import type { Library } from './library.ts';
import { sendParts } from './sendParts.ts';
import type { Terminal } from './terminal.ts';

/** Records of one history, datasets and snapshots: sorting needs them all. */
const MAX_RECORDS = 500_000;

/**
 * Prints the timeline of every pool in place of a report: uberblocks, label texts, and of the newest txg that opens the
 * history and the creation of datasets and snapshots.
 *
 * @returns the exit status
 */
export async function printTimeline(
  sources: readonly string[],
  asked: { readonly format: TimelineFormat; readonly pool: string | null },
  terminal: Terminal,
  library: Library,
): Promise<number> {
  const signal = terminal.stopped();
  const opened = await library.openPools(sources, { signal });
  try {
    let whole = opened.sources.every((source) => source.opened.error === null);
    const trouble = (error: ZfsUberError): void => {
      whole = false;
      terminal.err(`${printable(`zfs-uber: ${error.message}`, false)}\n`);
    };
    const pools = opened.pools.filter(
      ({ name, guid }) => asked.pool === null || asked.pool === name || asked.pool === guid.toString(),
    );
    const events: TimelineEvent[] = [];
    for (const one of pools) {
      events.push(...ringEvents(one.pool));
      let count = 0;
      const name = one.name ?? one.guid.toString();
      const candidates = new RingTxgs(one.pool);
      try {
        const view = await unlessStopped(
          signal,
          () => one.at(null, { signal }),
          () => null,
        );
        if (view === null) continue;
        const options = { signal, onTrouble: trouble };
        for await (const record of untilStopped(signal, view.history(options))) {
          if (++count > MAX_RECORDS) break;
          events.push(historyEvent(name, record, candidates));
        }
        for await (const dataset of untilStopped(signal, view.datasets(options))) {
          if (++count > MAX_RECORDS) break;
          events.push(creationEvent(name, dataset, candidates));
          for await (const snapshot of untilStopped(signal, view.snapshots(dataset, options))) {
            if (++count > MAX_RECORDS) break;
            events.push(creationEvent(name, snapshot, candidates));
          }
        }
      } catch (error) {
        if (!(error instanceof ZfsUberError)) throw error;
        trouble(error);
      }
    }
    await sendParts(terminal, timelineLines(asked.format, inTime(events)));
    if (signal.aborted) terminal.err('zfs-uber: stopped before the end: there may be more\n');
    const unread = opened.sources.some((source) => describeOpened(source.opened).error !== null);
    if (!whole || unread || signal.aborted) return EXIT.partial;
    return pools.length > 0 ? EXIT.done : EXIT.noZfs;
  } finally {
    await opened.close();
  }
}
