import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { type ErrorLogEntry, parseErrorLogName } from '../format/errorLog.ts';
import type { WalkOptions } from './block.ts';
import type { Mos } from './mos.ts';

/** A block that is damaged by the pool's own record. */
export interface LoggedError extends ErrorLogEntry {
  /** Which log: errors since the last scrub, or those that the scrub found. */
  readonly log: 'last' | 'scrub';
  /** Head dataset where the log is kept by those; null elsewhere. */
  readonly head: bigint | null;
}

/**
 * The errors that the pool has logged. Streams.
 *
 * @throws FormatError for an entry that is none; what Zap.entries throws
 * Source: module/zfs/spa_errlog.c, process_error_log
 */
export async function* readErrorLog(mos: Mos, options: WalkOptions = {}): AsyncGenerator<LoggedError> {
  for (const [log, key] of [
    ['last', 'errlog_last'],
    ['scrub', 'errlog_scrub'],
  ] as const) {
    const zap = await mos.zapNamed(key, options.signal);
    if (zap === null) continue;
    for await (const entry of zap.entries(options)) {
      // By head dataset a name is a single number, and the value another ZAP.
      if (entry.name.includes(':')) {
        yield { ...parsed(entry.name, false, entry.place), log, head: null };
        continue;
      }
      if (!/^[0-9a-f]{1,16}$/.test(entry.name)) {
        throw new FormatError('format-value', 'error log entry', 'numbers in hexadecimal', entry.name, entry.place);
      }
      const head = BigInt(`0x${entry.name}`);
      for await (const inner of (await mos.zap(entry.integer, options.signal)).entries(options)) {
        yield { ...parsed(inner.name, true, inner.place), log, head };
      }
    }
  }
}

function parsed(name: string, byHead: boolean, place: Place): ErrorLogEntry {
  const entry = parseErrorLogName(name, byHead);
  if (entry !== null) return entry;
  throw new FormatError('format-value', 'error log entry', 'four numbers in hexadecimal', name, place);
}
