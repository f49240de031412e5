import { printable } from '../bytes/printable.ts';
import type { Dataset } from '../dataset/dsl.ts';
import type { HistoryRecord } from '../format/history.ts';
import type { TxgTime } from '../format/txgLog.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { contentKey, type UberblockCopy, uberblockCopies } from '../pool/uberblockCopies.ts';
import { jsonSafe } from './jsonSafe.ts';
import type { DocumentError, ToolInfo } from './parts.types.ts';
import type { SourceEntry } from './source.types.ts';

/** How a timeline is written: for mactime of The Sleuth Kit, for log2timeline's tools, or a JSON object a line. */
export type TimelineFormat = 'bodyfile' | 'l2tcsv' | 'jsonl';

/** One thing that happened to a pool. Texts are raw: the formats escape them. */
export interface TimelineEvent {
  readonly kind: 'uberblock' | 'heartbeat' | 'label' | 'history' | 'txg-time' | 'dataset' | 'snapshot';
  /** Seconds since 1970 by the writer's clock; null when nothing tells. */
  readonly time: bigint | null;
  readonly pool: string;
  readonly txg: bigint | null;
  /** The oldest txg in the rings that has it: what can be gone back to with it. Null when none has, or nothing tells. */
  readonly candidate: bigint | null;
  readonly message: string;
  /** Source that it was found on; null for what stands in the pool itself. */
  readonly source: string | null;
  readonly user: string | null;
  readonly host: string | null;
}

/** When what was written to the pools of some sources. */
export interface Timeline {
  readonly tool: ToolInfo;
  readonly sources: readonly Omit<SourceEntry, 'labels' | 'uberblocks'>[];
  readonly pools: readonly { readonly name: string | null; readonly guid: string }[];
  /** Oldest first; before them what has no time. */
  readonly events: readonly TimelineEvent[];
  /** What could not be read: events may be lacking. */
  readonly troubles: readonly DocumentError[];
  /** Ended by a signal: there may be more. */
  readonly stopped: boolean;
}

/** Every sound uberblock and every label text of the pool's devices, each once a device. */
export function ringEvents(pool: Pool): TimelineEvent[] {
  const name = pool.name ?? pool.guid.toString();
  const times = new Map<bigint, bigint>();
  const events: TimelineEvent[] = [];
  const own = { pool: name, user: null };
  const candidates = new RingTxgs(pool);
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
      const candidate = first.heartbeat ? null : txg;
      events.push({ ...own, kind, time: timestamp, txg, candidate, message, source, host: null });
    }
  }
  for (const device of pool.devices) {
    const labels = new Map<bigint, number[]>();
    for (const { config, index, status } of device.labels) {
      if (status !== 'ok' || config?.txg == null) continue;
      labels.set(config.txg, [...(labels.get(config.txg) ?? []), index]);
    }
    for (const [txg, indexes] of labels) {
      // A label has no time of its own: what was written in its txg, or next, tells it.
      const candidate = candidates.from(txg);
      const time = candidate === null ? null : (times.get(candidate) ?? null);
      const bound = candidate === null || candidate === txg ? '' : `; by the time of txg ${candidate} at the latest`;
      const message = `label text written: txg ${txg} of pool ${name}, labels ${indexes.join(' ')}${bound}`;
      const host = device.config?.hostname ?? null;
      events.push({ ...own, kind: 'label', time, txg, candidate, message, source: device.source.name, host });
    }
  }
  // Many are of one second.
  return events.sort((a, b) => ((a.txg ?? 0n) < (b.txg ?? 0n) ? -1 : a.txg === b.txg ? 0 : 1));
}

/** The txgs of all sound uberblocks of a pool. */
export class RingTxgs {
  readonly #ascending: readonly bigint[];

  constructor(pool: Pool) {
    const txgs = new Set<bigint>();
    for (const device of pool.devices) {
      for (const { heartbeat, uberblock } of uberblockCopies(device)) if (!heartbeat) txgs.add(uberblock.txg);
    }
    this.#ascending = [...txgs].sort((a, b) => (a < b ? -1 : 1));
  }

  /** The oldest at or above `txg`: the first state that has what happened in it. */
  from(txg: bigint | null): bigint | null {
    if (txg === null) return null;
    let [low, high] = [0, this.#ascending.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ascending[middle] ?? 0n) < txg) low = middle + 1;
      else high = middle;
    }
    return this.#ascending[low] ?? null;
  }
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

/** @param candidates of the pool */
export function historyEvent(pool: string, record: HistoryRecord, candidates: RingTxgs): TimelineEvent {
  const { kind, text, dataset, detail, txg, time, user, hostname } = record;
  const parts = kind === 'command' ? [text] : [kind === 'ioctl' ? 'ioctl' : 'event', text, dataset ?? '', detail ?? ''];
  const message = parts.filter((part) => part !== '').join(' ');
  const who = { user: user?.toString() ?? null, host: hostname };
  return { kind: 'history', time, pool, txg, candidate: candidates.from(txg), message, source: null, ...who };
}

/** What the pool noted of the time, which tells of txgs that no ring has any more. */
export function txgTimeEvent(pool: string, { time, txg }: TxgTime, candidates: RingTxgs): TimelineEvent {
  const message = `pool ${pool} noted that it is at txg ${txg}`;
  const candidate = candidates.from(txg);
  return { kind: 'txg-time', time, pool, txg, candidate, message, source: null, user: null, host: null };
}

/** The creation of a dataset or snapshot, as it says itself. */
export function creationEvent(pool: string, { name, phys }: Dataset, candidates: RingTxgs): TimelineEvent {
  const { snapshot, creationTime, creationTxg } = phys;
  const kind = snapshot ? 'snapshot' : 'dataset';
  const message = `${kind} ${name} created: txg ${creationTxg}`;
  const candidate = candidates.from(creationTxg);
  return { kind, time: creationTime, pool, txg: creationTxg, candidate, message, source: null, user: null, host: null };
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

/** A line that begins with `#` is left out by those who read it: no time, no event. */
const NO_EVENT = '# ';

/**
 * MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime; 0 is no value. The txg stands for the inode.
 *
 * Source: wiki.sleuthkit.org, Body file
 */
function bodyfile(event: TimelineEvent): string {
  const where = event.source === null ? '' : ` (${event.source})`;
  const state = firstState(event);
  const about = `[zfs ${event.kind}] ${event.message}${state === null ? '' : `; ${state}`}${where}`;
  const name = printable(about).replaceAll('|', '\\x7c');
  const user = event.user !== null && /^[0-9]+$/.test(event.user) ? event.user : '0';
  const seconds = secondsOf(event);
  const times = isCreation(event) ? `0|0|0|${seconds}` : `0|${seconds}|0|0`;
  return `${seconds === 0 ? NO_EVENT : ''}0|${name}|${event.txg ?? 0}|0|${user}|0|0|${times}`;
}

const isCreation = ({ kind }: TimelineEvent): boolean => kind === 'dataset' || kind === 'snapshot';

/** Of what is no state itself. */
const firstState = ({ kind, candidate }: TimelineEvent): string | null =>
  candidate === null || kind === 'uberblock' || kind === 'label' ? null : `in the states from txg ${candidate} on`;

/** What the time says, in the words of plaso. Source: plaso/lib/definitions.py, TIME_DESCRIPTION_* */
function timeMeaning(event: TimelineEvent): { readonly words: string; readonly macb: string } {
  if (secondsOf(event) === 0) return { words: 'Not a time', macb: '....' };
  if (isCreation(event)) return { words: 'Creation Time', macb: '...B' };
  if (event.kind === 'history' || event.kind === 'txg-time') return { words: 'Recorded Time', macb: '....' };
  return { words: 'Content Modification Time', macb: 'M...' };
}

/** Source: forensics.wiki, L2T CSV; plaso/output/l2t_csv.py */
const L2T_FIELDS =
  'date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,filename,inode,notes,format,extra';

function l2tcsv(event: TimelineEvent): string {
  const at = new Date(secondsOf(event) * 1000).toISOString();
  const known = secondsOf(event) > 0;
  const fields = [
    known ? `${at.slice(5, 7)}/${at.slice(8, 10)}/${at.slice(0, 4)}` : '00/00/0000',
    known ? at.slice(11, 19) : NO_TIME,
    'UTC',
    timeMeaning(event).macb,
    'ZFS',
    `ZFS ${event.kind}`,
    timeMeaning(event).words,
    event.user ?? '-',
    event.host ?? '-',
    event.message,
    event.message,
    '2',
    event.source ?? '-',
    `${event.txg ?? '-'}`,
    `pool ${event.pool}`,
    'zfs-uber',
    firstState(event) ?? '-',
  ];
  return fields.map(csvField).join(',');
}

/** In the form of log2timeline. */
const NO_TIME = '--:--:--';
/** What a spreadsheet takes for a formula at the beginning of a field. Source: owasp.org, CSV Injection */
const FORMULA = /^[=+\-@](?=.)/;

/**
 * Printable text is one line. Quoted where a comma or a quote is in it; an apostrophe comes before what a spreadsheet would
 * compute.
 *
 * Source: RFC 4180, 2
 */
function csvField(field: string): string {
  const text = field === NO_TIME ? field : printable(field).replace(FORMULA, "'$&");
  return /[",]|^ | $/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A line of `scan --timeline jsonl`.
 *
 * Source: timesketch.org, Import from JSON or CSV: message, datetime and timestamp_desc have to be there
 */
export interface TimelineLine {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/timeline/1';
  /** ISO 8601, UTC; of what has no time the first second of 1970. */
  readonly datetime: string;
  /**
   * As Timesketch takes it.
   *
   * @unit µs since 1970
   */
  readonly timestamp: number;
  /** What the time is of. */
  readonly timestamp_desc: string;
  /** `zfs:` and the kind of the event. */
  readonly data_type: string;
  /** The event in words. */
  readonly message: string;
  /** Name of the pool, or its guid. */
  readonly pool: string;
  /** In which it happened; null when nothing tells. */
  readonly txg: string | null;
  /** The oldest txg in the rings that has it: what can be gone back to with it. */
  readonly candidate_txg: string | null;
  /** Source that it was found on; null for what stands in the pool itself. */
  readonly source: string | null;
  /** Who did it, by number. */
  readonly user: string | null;
  /** On which host. */
  readonly host: string | null;
}

function jsonl(event: TimelineEvent): string {
  const { kind, pool, txg, candidate, message, source, user, host } = event;
  const seconds = secondsOf(event);
  const line: TimelineLine = {
    schema: 'zfs-uber/timeline/1',
    datetime: new Date(seconds * 1000).toISOString(),
    timestamp: seconds * 1e6,
    timestamp_desc: timeMeaning(event).words,
    data_type: `zfs:${kind}`,
    message,
    pool,
    txg: txg?.toString() ?? null,
    candidate_txg: candidate?.toString() ?? null,
    source,
    user,
    host,
  };
  return jsonSafe(JSON.stringify(line));
}
