import type { HistoryRecord } from '../format/history.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { contentKey, type UberblockCopy, uberblockCopies } from '../pool/uberblockCopies.ts';
import { jsonSafe } from './jsonSafe.ts';
import { printable } from './text/printable.ts';

/** How a timeline is written: for mactime of The Sleuth Kit, for log2timeline's tools, or a JSON object a line. */
export type TimelineFormat = 'bodyfile' | 'l2tcsv' | 'jsonl';

/** One thing that happened to a pool. Texts are raw: the formats escape them. */
export interface TimelineEvent {
  readonly kind: 'uberblock' | 'heartbeat' | 'label' | 'history';
  /** Seconds since 1970 by the writer's clock; null when nothing tells. */
  readonly time: bigint | null;
  readonly pool: string;
  readonly txg: bigint | null;
  readonly message: string;
  /** Source that it was found on; null for what stands in the pool itself. */
  readonly source: string | null;
  readonly user: string | null;
  readonly host: string | null;
}

/** Every sound uberblock and every label text of the pool's devices, each once a device. */
export function ringEvents(pool: Pool): TimelineEvent[] {
  const name = pool.name ?? pool.guid.toString();
  const times = new Map<bigint, bigint>();
  const events: TimelineEvent[] = [];
  const own = { pool: name, user: null };
  for (const device of pool.devices) {
    const source = device.source.name;
    for (const copies of distinctCopies(device)) {
      const [first] = copies;
      if (first === undefined) continue;
      const { txg, timestamp, mmp } = first.uberblock;
      const kind = first.heartbeat ? 'heartbeat' : 'uberblock';
      const labels = [...new Set(copies.map(({ label }) => label))].join(' ');
      const what = first.heartbeat ? `multihost heartbeat ${mmp?.sequence ?? ''}`.trimEnd() : 'uberblock written';
      const message = `${what}: txg ${txg} of pool ${name}, slot ${first.slot} of labels ${labels}`;
      if (!first.heartbeat) times.set(txg, timestamp);
      events.push({ ...own, kind, time: timestamp, txg, message, source, host: null });
    }
  }
  for (const device of pool.devices) {
    const labels = new Map<bigint, number[]>();
    for (const { config, index, status } of device.labels) {
      if (status !== 'ok' || config?.txg == null) continue;
      labels.set(config.txg, [...(labels.get(config.txg) ?? []), index]);
    }
    for (const [txg, indexes] of labels) {
      const message = `label text written: txg ${txg} of pool ${name}, labels ${indexes.join(' ')}`;
      // A label has no time of its own: that of the uberblock of its txg is it.
      const time = times.get(txg) ?? null;
      const host = device.config?.hostname ?? null;
      events.push({ ...own, kind: 'label', time, txg, message, source: device.source.name, host });
    }
  }
  return events;
}

function distinctCopies(device: DeviceSurvey): UberblockCopy[][] {
  const groups = new Map<string, UberblockCopy[]>();
  for (const copy of uberblockCopies(device)) {
    const key = `${copy.slot} ${copy.heartbeat} ${sequenceOf(copy.uberblock)} ${copy.uberblock.timestamp} ${contentKey(copy.uberblock)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [copy]);
    else group.push(copy);
  }
  return [...groups.values()];
}

const sequenceOf = ({ mmp }: Uberblock): number => mmp?.sequence ?? 0;

export function historyEvent(pool: string, record: HistoryRecord): TimelineEvent {
  const { kind, text, dataset, detail, txg, time, user, hostname } = record;
  const parts = kind === 'command' ? [text] : [kind === 'ioctl' ? 'ioctl' : 'event', text, dataset ?? '', detail ?? ''];
  const message = parts.filter((part) => part !== '').join(' ');
  return { kind: 'history', time, pool, txg, message, source: null, user: user?.toString() ?? null, host: hostname };
}

/** Oldest first; what has no time comes first. The order of equals is kept. */
export function inTime(events: readonly TimelineEvent[]): TimelineEvent[] {
  return [...events].sort((a, b) => {
    const [x, y] = [a.time ?? -1n, b.time ?? -1n];
    return x < y ? -1 : x > y ? 1 : 0;
  });
}

/** The lines of a timeline, each with its line end. Whatever a name holds, it is one line and one field. */
export function* timelineLines(format: TimelineFormat, events: Iterable<TimelineEvent>): Generator<string> {
  if (format === 'l2tcsv') yield `${L2T_FIELDS}\n`;
  const write = { bodyfile, l2tcsv, jsonl }[format];
  for (const event of events) yield `${write(event)}\n`;
}

/** Later is no time: the year 9999. */
const LAST = 253402300799n;
const secondsOf = ({ time }: TimelineEvent): number => (time === null || time > LAST ? 0 : Number(time));

/** MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime; 0 is no value. Source: wiki.sleuthkit.org, Body file */
function bodyfile(event: TimelineEvent): string {
  const where = event.source === null ? '' : ` (${event.source})`;
  const name = printable(`[zfs ${event.kind}] ${event.message}${where}`).replaceAll('|', '\\x7c');
  const user = event.user !== null && /^[0-9]+$/.test(event.user) ? event.user : '0';
  return `0|${name}|${event.txg ?? 0}|0|${user}|0|0|0|${secondsOf(event)}|0|0`;
}

/** Source: plaso.readthedocs.io, l2tcsv output format */
const L2T_FIELDS =
  'date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,filename,inode,notes,format,extra';

function l2tcsv(event: TimelineEvent): string {
  const at = new Date(secondsOf(event) * 1000).toISOString();
  const known = secondsOf(event) > 0;
  const fields = [
    known ? `${at.slice(5, 7)}/${at.slice(8, 10)}/${at.slice(0, 4)}` : '00/00/0000',
    known ? at.slice(11, 19) : '--:--:--',
    'UTC',
    'M...',
    'ZFS',
    `ZFS ${event.kind}`,
    known ? 'Content Modification Time' : 'Not a time',
    event.user ?? '-',
    event.host ?? '-',
    event.message,
    event.message,
    '2',
    event.source ?? '-',
    `${event.txg ?? '-'}`,
    `pool ${event.pool}`,
    'zfs-uber',
    '-',
  ];
  // The format knows no quotes: its own tools put a space in place of a comma.
  return fields.map((field) => printable(field).replaceAll(',', ' ')).join(',');
}

function jsonl({ kind, time, pool, txg, message, source, user, host }: TimelineEvent): string {
  const seconds = time === null || time > LAST ? null : Number(time);
  const line = {
    schema: 'zfs-uber/timeline/1',
    datetime: seconds === null ? null : new Date(seconds * 1000).toISOString(),
    // Microseconds, as Timesketch takes them.
    timestamp: seconds === null ? null : seconds * 1e6,
    timestamp_desc: kind === 'history' ? 'Event Logged' : 'Content Modification Time',
    data_type: `zfs:${kind}`,
    message,
    pool,
    txg: txg?.toString() ?? null,
    source,
    user,
    host,
  };
  return jsonSafe(JSON.stringify(line));
}
