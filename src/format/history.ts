import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import { HISTORY, HISTORY_EVENTS } from './history.layout.ts';
import type { NvList } from './nvlist.ts';
import { lookup } from './nvlist.ts';

/** Where the records lie. Logical offsets only grow; those past `createEnd` wrap around in `createEnd` to `physicalEnd`. */
export interface HistoryOffsets {
  /** End of the records of the pool's creation, which stand at the start for ever. */
  readonly createEnd: bigint;
  /** Physical end of the ring. */
  readonly physicalEnd: bigint;
  /** Logical offset of the oldest record that is not overwritten. */
  readonly begin: bigint;
  /** Logical offset behind the youngest. */
  readonly end: bigint;
  readonly recordsLost: bigint;
}

/** One record of the pool's history. */
export interface HistoryRecord {
  /** Seconds since 1970. */
  readonly time: bigint | null;
  /** Known for internal events; commands have none. */
  readonly txg: Txg | null;
  readonly kind: 'command' | 'ioctl' | 'internal' | 'other';
  /** The command line, the name of the ioctl or of the event. Raw text: escape it before it reaches a terminal. */
  readonly text: string;
  /** What an internal event adds; null without. */
  readonly detail: string | null;
  readonly dataset: string | null;
  readonly user: bigint | null;
  readonly hostname: string | null;
  readonly nvlist: NvList;
}

/**
 * Decodes the bonus of the history object.
 *
 * @throws FormatError `format-bounds` below 40 bytes; `format-value` when the offsets are out of order
 * Source: module/zfs/spa_history.c, spa_history_get
 */
export function decodeHistoryOffsets(bonus: Uint8Array, littleEndian: boolean, place: Place): HistoryOffsets {
  const phys = read(HISTORY, bonus, littleEndian, place);
  const ordered = phys.createEnd <= phys.begin && phys.begin <= phys.end && phys.createEnd < phys.physicalEnd;
  const ring = phys.physicalEnd - phys.createEnd;
  if (!ordered || phys.end - phys.begin > ring) {
    const found = `${phys.createEnd}, ${phys.begin}, ${phys.end} and a ring of ${ring}`;
    throw new FormatError('format-value', 'history offsets', 'rising ones within the ring', found, place);
  }
  return phys;
}

/**
 * Gives a record its meaning. Never fails: what is absent is null.
 *
 * Source: include/sys/fs/zfs.h, ZPOOL_HIST_*
 */
export function describeHistoryRecord(nvlist: NvList): HistoryRecord {
  const integer = (name: string): bigint | null => {
    const value = lookup(nvlist, name, 'uint64');
    return typeof value === 'bigint' ? value : null;
  };
  const text = (name: string): string | null => {
    const value = lookup(nvlist, name, 'string');
    return typeof value === 'string' ? value : null;
  };
  const txg = integer('history txg');
  const [command, ioctl, internal] = [text('history command'), text('ioctl'), text('internal_name')];
  const event = integer('history internal event');
  const kindOf = (): HistoryRecord['kind'] => {
    if (command !== null) return 'command';
    if (ioctl !== null) return 'ioctl';
    return internal !== null || event !== null ? 'internal' : 'other';
  };
  return {
    time: integer('history time'),
    txg: txg === null ? null : asTxg(txg),
    kind: kindOf(),
    text: command ?? ioctl ?? internal ?? (event === null ? '' : eventName(event)),
    detail: text('history internal str'),
    dataset: text('dsname'),
    user: integer('history who'),
    hostname: text('history hostname'),
    nvlist,
  };
}

const eventName = (event: bigint): string =>
  (event < BigInt(HISTORY_EVENTS.length) ? HISTORY_EVENTS[Number(event)] : undefined) ?? `event ${event}`;
