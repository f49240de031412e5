import { ZfsUberError } from '../bytes/errors.ts';
import { AllocatedRuns, MetaslabSpace, MOST_UNITS, type SpaceContradiction } from '../dataset/metaslabSpace.ts';
import type { DmuObject } from '../dataset/object.ts';
import { orNull } from '../dataset/orNull.ts';
import { readAhead } from '../dataset/readAhead.ts';
import { SpaceMap, type SpaceMapWords } from '../dataset/spaceMap.ts';
import { eachSpaceMapEntry, type OnSpaceMapEntry } from '../format/spaceMap.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { VdevNode } from '../pool/pool.ts';
import { vdevName } from '../pool/vdevHealth.ts';
import { AddsUp, type LogEntries } from './addsUp.ts';
import type { LoadMemo } from './loadMemo.ts';
import type { LoadState } from './loadState.ts';
import { readLogSpaceMapList, readMetaslabWords, readUnflushedTxgs } from './logSpaceMaps.ts';
import type { Trouble } from './predict.ts';
import { step } from './step.ts';
import { metaslabCount } from './vdevSteps.ts';
import { viewOf } from './viewOf.ts';

/**
 * Space maps and their logs, added up as an import does that writes: OpenZFS halts the machine where they contradict each
 * other, and nothing else that a load looks at tells it. A damaged block of them is left to the traversal.
 */
export const ADD_UP_SPACE = step('metaslab_load', 'read-write-only', addUpSpace);

/** Space maps read at once. */
const MAPS_AHEAD = 8;
/** What a log counts in. Source: module/zfs/spa_log_spacemap.c, SPA_MINBLOCKSHIFT in spa_ld_log_sm_data */
const LOG_UNIT = 512;
/** Metaslabs of one vdev, so that vdev and metaslab are one number. */
const MOST_METASLABS = 2 ** 21;

interface Log {
  readonly txg: bigint;
  readonly entries: LogEntries;
}

/** A metaslab of a top-level vdev, in bytes of that vdev. */
interface Metaslab {
  readonly top: VdevNode;
  readonly index: number;
  readonly start: number;
  /** log2 of bytes. */
  readonly unitShift: number;
  readonly units: number;
  readonly object: bigint;
  /** Since when its changes stand in the logs alone. */
  readonly unflushed: bigint;
}

interface Found extends SpaceContradiction {
  readonly said: 'space map' | 'space map logs';
}

async function addUpSpace(state: LoadState): Promise<Trouble | undefined> {
  try {
    const logs = logsOfEach(await readLogs(state));
    const add = async (metaslab: Metaslab): Promise<Trouble | null> => {
      const found = await addUp(state, metaslab, logs);
      return found === null ? null : troubleIn(metaslab, found);
    };
    for await (const trouble of readAhead(unanswered(state, logs), MAPS_AHEAD, add)) {
      if (trouble !== null) return trouble;
    }
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
  }
  return undefined;
}

/** The logs that have entries of each metaslab. */
type LogsOfEach = ReadonlyMap<number, readonly Log[]>;

function logsOfEach(logs: readonly Log[]): LogsOfEach {
  const found = new Map<number, Log[]>();
  for (const log of logs) {
    for (const key of log.entries.keys()) {
      const those = found.get(key);
      if (those === undefined) found.set(key, [log]);
      else those.push(log);
    }
  }
  return found;
}

function troubleIn({ top, index, start, unitShift }: Metaslab, { kind, offset, run, said }: Found): Trouble {
  const unit = 2 ** unitShift;
  const at = { offset: BigInt(start + offset * unit), length: BigInt(run * unit) };
  const reason = { code: 'space-contradicts', vdev: vdevName(top), metaslab: index, kind, ...at, said } as const;
  return { reason, because: 'damage' };
}

/** The metaslabs of which is not known that they add up. */
async function* unanswered(state: LoadState, logs: LogsOfEach): AsyncGenerator<Metaslab> {
  for (const top of viewOf(state).root.children) {
    const { metaslabArray, metaslabShift, ashift, zapTop } = top.config;
    const count = Math.min(metaslabCount(top), MOST_METASLABS);
    if (!metaslabArray || metaslabShift === null || !ashift || ashift > metaslabShift || count === 0) continue;
    // Object of the space map of each, 0 where none was written yet.
    const objects = await readMetaslabWords(state, metaslabArray, count);
    const unflushed = await readUnflushedTxgs(state, zapTop, count);
    for (const [index, object] of objects.entries()) {
      const { start, size } = rangeOf(top.config, index, 2 ** metaslabShift, 2 ** ashift);
      const units = size / 2 ** ashift;
      if (units < 1 || units > MOST_UNITS) continue;
      const metaslab = { top, index, start, units, unitShift: ashift, object, unflushed: unflushed?.[index] ?? 0n };
      if (!isAnswered(state, metaslab, logsOf(metaslab, logs))) yield metaslab;
    }
  }
}

/** In bytes. Source: module/zfs/metaslab.c, metaslab_init; module/zfs/vdev_draid.c, vdev_draid_metaslab_init */
function rangeOf({ draid, nparity }: VdevConfig, index: number, size: number, sector: number) {
  const start = index * size;
  if (draid === null) return { start, size };
  const group = (draid.ndata + (nparity ?? 0)) * sector;
  const begin = Math.ceil(start / group) * group;
  return { start: begin, size: Math.floor((size - (begin - start)) / group) * group };
}

/** What the accounts of a metaslab contradict first; null where they do not, or are too long to be added up. */
async function addUp({ memo, view, signal }: LoadState, metaslab: Metaslab, logs: LogsOfEach): Promise<Found | null> {
  const { object: id, units, start } = metaslab;
  const own = logsOf(metaslab, logs);
  if (id === 0n || view === null) return own.length === 0 ? null : logged(memo, metaslab, own, NOTHING_ALLOCATED);
  const object = await view.mos.object(id, signal);
  const given = await orNull(async () => new SpaceMap(object));
  if (given === null) return null;
  // An entry of a word becomes a range, at most.
  const most = Number(given.header.length);
  const map = await memo.of(`space map ${units}`, object, most, () => addUpMap(memo, given, units));
  const found = map === null || map.found !== null || own.length === 0 ? null : await laidOver(map.allocated);
  if (map?.found == null && found === null) memo.once(object, () => new AddsUp()).note(units, start, own);
  return map?.found ?? found;

  /** An answer is of the map and of the logs beside it: most txgs change neither. */
  function laidOver(allocated: AllocatedRuns): Promise<Found | null> | Found | null {
    const kind = ['space', units, start, ...own.map((log) => memo.numberOf(log))].join(' ');
    return memo.of(kind, object, 0, () => logged(memo, metaslab, own, allocated));
  }
}

/** Entries of the logs since a metaslab was flushed, oldest first. */
const logsOf = ({ top, index, unflushed }: Metaslab, logs: LogsOfEach): readonly LogEntries[] =>
  (logs.get(metaslabKey(top.config.id, index)) ?? NO_LOGS).flatMap(({ txg, entries }) =>
    txg >= unflushed ? [entries] : [],
  );

const NO_LOGS: readonly Log[] = [];

/** It adds up, and nothing of it is another than when that was found out. */
function isAnswered(
  { memo, view }: LoadState,
  { object: id, units, start }: Metaslab,
  logs: readonly LogEntries[],
): boolean {
  if (id === 0n) return logs.length === 0;
  const object = view?.mos.objset.peek(id);
  return object != null && memo.once(object, () => new AddsUp()).holds(units, start, logs);
}

/** What a space map comes to, as far as it does not contradict itself. */
interface AddedUp {
  readonly found: Found | null;
  readonly allocated: AllocatedRuns;
}

/** @returns null where it does not read, or is too long */
async function addUpMap(memo: LoadMemo, map: SpaceMap, units: number): Promise<AddedUp | null> {
  try {
    if (!memo.takeSpace(Number(map.header.length))) return null;
    const words = map.words();
    return sumOf(memo, units, words instanceof Promise ? await words : words);
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}

/** @throws FormatError for a block that is broken off, whatever the entries before it say */
function sumOf(memo: LoadMemo, units: number, blocks: readonly SpaceMapWords[]): AddedUp | null {
  const space = memo.once(SCRATCH, () => new MetaslabSpace());
  space.begin(units);
  const most = memo.workLeft;
  try {
    const found: Found[] = [];
    const take: OnSpaceMapEntry = (kind, offset, run) => {
      if (space.work > most) return false;
      if (found.length === 0 && !space.take(kind, offset, run)) found.push({ kind, offset, run, said: 'space map' });
      return true;
    };
    for (const { words, littleEndian, place } of blocks) {
      if (!eachSpaceMapEntry(words, littleEndian, place, take)) return null;
    }
    const [first = null] = found;
    return { found: first, allocated: first === null ? space.allocated() : NOTHING_ALLOCATED };
  } finally {
    memo.spendWork(space.work);
  }
}

/** What the logs of a metaslab contradict first, laid over what its map has allocated. */
function logged(
  memo: LoadMemo,
  { top, index, start, unitShift, units }: Metaslab,
  logs: readonly LogEntries[],
  allocated: AllocatedRuns,
): Found | null {
  const key = metaslabKey(top.config.id, index);
  if (!memo.takeSpace(logs.reduce((sum, log) => sum + (log.get(key)?.byteLength ?? 0), 0))) return null;
  const space = memo.once(SCRATCH, () => new MetaslabSpace());
  space.begin(units);
  const most = memo.workLeft;
  try {
    const unit = 2 ** unitShift;
    for (const log of logs) {
      const entries = log.get(key) ?? [];
      for (let i = 0; i < entries.length; i += ENTRY) {
        if (space.work > most) return null;
        const kind = entries[i] === 0 ? 'alloc' : 'free';
        const offset = ((entries[i + 1] ?? 0) - start) / unit;
        const run = (entries[i + 2] ?? 0) / unit;
        if (!space.takeLogged(kind, offset, run)) return { kind, offset, run, said: 'space map logs' };
      }
    }
    const found = space.merge(allocated);
    return found === null ? null : { ...found, said: 'space map logs' };
  } finally {
    memo.spendWork(space.work);
  }
}

const NOTHING_ALLOCATED = new AllocatedRuns(new Uint32Array(0));

/** Memory in which one metaslab after the other is added up. */
const SCRATCH = {};

const metaslabKey = (vdev: number | null, index: number): number => (vdev ?? 0) * MOST_METASLABS + index;

/** Oldest first. */
async function readLogs(state: LoadState): Promise<Log[]> {
  const { mos, root } = viewOf(state);
  const shifts = new Map<number, number>();
  for (const { config } of root.children) {
    if (config.id !== null && config.metaslabShift !== null) shifts.set(config.id, config.metaslabShift);
  }
  const kind = ['log', ...[...shifts].flat()].join(' ');
  const list = [...((await readLogSpaceMapList(state)) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const objects: { readonly txg: bigint; readonly object: DmuObject; readonly length: number }[] = [];
  for (const [txg, id] of list) {
    const object = await mos.object(id, state.signal);
    objects.push({ txg, object, length: Number(new SpaceMap(object).header.length) });
  }
  // The maps may contradict themselves all the same.
  if (!state.memo.takesLogs(objects.reduce((sum, { length }) => sum + length, 0))) return [];
  const read = async ({ txg, object, length }: (typeof objects)[number]): Promise<Log> => ({
    txg,
    entries: await state.memo.of(kind, object, length * LOG_GROWTH, () => entriesOf(object, shifts)),
  });
  const logs: Log[] = [];
  for await (const log of readAhead(objects, MAPS_AHEAD, read)) logs.push(log);
  return logs;
}

/** An entry of two words is three numbers here. */
const LOG_GROWTH = 3 / 2;

/** Source: module/zfs/spa_log_spacemap.c, spa_ld_log_sm_cb */
async function entriesOf(object: DmuObject, shifts: ReadonlyMap<number, number>): Promise<LogEntries> {
  const found = new Map<number, EntryList>();
  await new SpaceMap(object).each((kind, offset, run, vdev) => {
    const shift = shifts.get(vdev);
    if (shift === undefined) return true;
    const at = offset * LOG_UNIT;
    const key = metaslabKey(vdev, Math.floor(at / 2 ** shift));
    const those = found.get(key) ?? new EntryList();
    if (those.isEmpty) found.set(key, those);
    those.push(kind, at, run * LOG_UNIT);
    return true;
  });
  return new Map([...found].map(([key, list]) => [key, list.entries()]));
}

/** Entries of a metaslab as they come: an array of V8 is copied to another kind of array when it grows. */
class EntryList {
  #numbers = new Float64Array(FIRST_ENTRIES * ENTRY);
  #used = 0;

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  push(kind: SpaceContradiction['kind'], at: number, length: number): void {
    if (this.#used === this.#numbers.length) {
      const numbers = new Float64Array(this.#used * 2);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    this.#numbers[this.#used++] = kind === 'alloc' ? 0 : 1;
    this.#numbers[this.#used++] = at;
    this.#numbers[this.#used++] = length;
  }

  entries(): Float64Array {
    return this.#numbers.slice(0, this.#used);
  }
}

/** Numbers of an entry. */
const ENTRY = 3;
const FIRST_ENTRIES = 16;
