import type { OpenedSource, SourceDisk } from '../node/openedSource.ts';
import type { Extent } from '../pool/searchRanges.ts';
import { findShiftedVdevs, type ShiftedVdev } from '../pool/shiftedVdevs.ts';
import type { DeviceShift, DeviceSurvey } from '../pool/survey.ts';
import { dataStart } from '../source/innerEnd.ts';
import { linearSegments } from '../source/lvm.ts';
import { partitionName } from '../source/partition.ts';
import { type ByteSource, slice } from '../source/source.ts';
import { joinVolumes } from './joinedVolumes.ts';
import { isSettled } from './settled.ts';
import type { SurveyedSource } from './surveyedSource.ts';

export interface ShiftedChoice {
  readonly survey: (opened: OpenedSource) => Promise<SurveyedSource>;
  readonly signal?: AbortSignal | undefined;
}

/** An entry that was surveyed. */
interface Entry extends SurveyedSource {
  readonly disk: SourceDisk;
  readonly survey: DeviceSurvey;
}

/**
 * Looks for vdevs on those disks of which some entry has nothing that verifies at its place, and puts what it finds in
 * the place of that entry; and for vdevs on logical volumes that several parts of disks make up, which stand behind the entry
 * of the first. An entry whose own labels name another pool than those that were found stays beside them.
 *
 * @param given in their order; the same comes back where nothing is found
 */
export async function withShifted(given: readonly SurveyedSource[], choice: ShiftedChoice): Promise<SurveyedSource[]> {
  const { surveyed, volumes, taken } = await joinVolumes(given, choice);
  const disks = new Map<string, Entry[]>();
  for (const each of surveyed) {
    const { opened, survey } = each;
    if (opened.disk === null || survey === null) continue;
    const entries = disks.get(opened.disk.id) ?? [];
    disks.set(opened.disk.id, [...entries, { opened, survey, disk: opened.disk }]);
  }
  const replaced = new Map<OpenedSource, SurveyedSource[]>();
  for (const entries of disks.values()) {
    const lost = entries.filter(({ survey }) => !isSettled(survey));
    if (lost.length === 0) continue;
    for (const [opened, found] of await searchDisk(entries, lost, taken, choice)) replaced.set(opened, found);
  }
  return surveyed.flatMap((each) => [...(replaced.get(each.opened) ?? [each]), ...(volumes.get(each.opened) ?? [])]);
}

/** @param entries of one disk @param lost those of them to look for; at least one @param taken by volumes, of each disk */
async function searchDisk(
  entries: readonly Entry[],
  lost: readonly Entry[],
  taken: ReadonlyMap<string, readonly Extent[]>,
  choice: ShiftedChoice,
) {
  const settled = entries.filter((entry) => !lost.includes(entry));
  const known = new Set(settled.map(({ disk, opened }) => disk.offset + opened.offset));
  const replaced = new Map<OpenedSource, SurveyedSource[]>();
  for (const searched of searchesOf(lost, settled)) {
    const { disk, focus } = searched;
    const found = await findShiftedVdevs(disk.source, {
      focus,
      known: [...settled.map((entry) => extentOf(entry, disk)), ...(taken.get(disk.id) ?? [])],
      partitions: lost.flatMap(({ opened }) => (opened.partition === null ? [] : [opened.offset])),
      starts: await innerStarts(disk.source, lost, choice.signal),
      signal: choice.signal,
    });
    const inVolume = (at: number) => taken.get(disk.id)?.some(({ from, to }) => from <= at && at < to) ?? false;
    const fresh = found.filter(({ start }) => !known.has(disk.offset + start) && !inVolume(start));
    if (fresh.length === 0) continue;
    for (const { start } of fresh) known.add(disk.offset + start);
    const entriesFound: SurveyedSource[] = [];
    for (const vdev of fresh) entriesFound.push(await choice.survey(openedAs(vdev, searched)));
    const pools = new Set(entriesFound.map(({ survey }) => survey?.config?.poolGuid));
    const [first, ...others] = searched.entries.filter(({ survey }) => {
      const own = survey.config?.poolGuid ?? null;
      return own === null || pools.has(own);
    });
    // Closed with the last of them: an entry that stays is closed by itself.
    const closers = [first, ...others].flatMap((entry) => (entry === undefined ? [] : [entry.opened.close]));
    const closing = closeWithLast(entriesFound, closers);
    const anchor = first ?? searched.entries[0];
    if (anchor === undefined) continue;
    replaced.set(anchor.opened, first === undefined ? [anchor, ...closing] : closing);
    for (const { opened } of others) replaced.set(opened, []);
  }
  return replaced;
}

/** Where layers around the vdev say that what is in them begins, in bytes of the disk. A label has to prove it. */
async function innerStarts(disk: ByteSource, lost: readonly Entry[], signal?: AbortSignal): Promise<number[]> {
  const starts = new Set<number>();
  for (const { opened } of lost) {
    for (const { kind, name, offset, holder } of opened.foreign) {
      const { start, length } = holder;
      if (start < 0 || start + length > disk.size) continue;
      const inside = slice(disk, start, length);
      const begins =
        kind === 'lvm'
          ? (await linearSegments(inside, signal)).flatMap((each) => (each.at === 0 ? [each.offset] : []))
          : [await dataStart(inside, { kind, name, offset: offset - start }, signal)];
      for (const begin of begins) if (begin !== null) starts.add(start + begin);
    }
  }
  return [...starts];
}

interface Search {
  readonly disk: SourceDisk;
  readonly focus: Extent;
  /** What the search is for, the one whose path is told first. */
  readonly entries: readonly Entry[];
}

/** One search of a whole disk that nothing is known of; else one for each part that is lost. */
function searchesOf(lost: readonly Entry[], settled: readonly Entry[]): Search[] {
  const parts = lost.filter(isPart);
  const wholes = lost.filter((entry) => !isPart(entry));
  const [whole] = wholes;
  if (whole !== undefined && settled.length === 0) {
    // A part that was asked for by itself may lie where the search of the whole does not come.
    const asked = parts.filter(({ opened }) => opened.kind === 'slice');
    const entries = [...wholes, ...parts.filter((entry) => !asked.includes(entry))];
    return [...asked.map(searchOf), { disk: whole.disk, focus: { from: 0, to: whole.disk.source.size }, entries }];
  }
  return (whole === undefined ? parts : [...parts, whole]).map(searchOf);
}

const searchOf = (entry: Entry): Search => ({
  disk: entry.disk,
  focus: extentOf(entry, entry.disk),
  entries: [entry],
});

const isPart = ({ opened }: Entry): boolean => opened.kind === 'slice' || opened.partition !== null;

/** Where the entry lies on its disk as `disk`, another path to it perhaps, counts. */
function extentOf({ opened, disk: own }: Entry, disk: SourceDisk): Extent {
  const from = own.offset + opened.offset - disk.offset;
  return { from, to: from + opened.size };
}

function openedAs({ start, source }: ShiftedVdev, { disk, entries }: Search): OpenedSource {
  const near = nearest(start, disk, entries);
  const { path, kind } = near.opened;
  const whole = disk.block ? 'block' : 'raw';
  const shift: DeviceShift = {
    path,
    pathSize: disk.source.size,
    start,
    expected: near.opened.offset,
    expectedBy: nameOf(near.opened),
    inPartition: near.opened.partition !== null,
  };
  return {
    path,
    kind: kind === 'gpt' || kind === 'mbr' ? whole : kind,
    offset: start,
    size: source.size,
    source,
    error: null,
    partition: null,
    disk,
    shift,
    bundle: near.opened.bundle,
    foreign: near.opened.foreign,
    troubles: near.opened.troubles,
    madeOf: near.opened.madeOf,
    close: async () => undefined,
  };
}

/** The entry that the vdev was meant to be: the partition or slice that begins nearest, when it overlaps it. */
function nearest(start: number, disk: SourceDisk, entries: readonly Entry[]): Entry {
  const [first] = entries;
  if (first === undefined) throw new RangeError('a search for nothing');
  const far = (entry: Entry): number => Math.abs(extentOf(entry, disk).from - start);
  const fitting = entries.filter((entry) => isPart(entry) && start < extentOf(entry, disk).to);
  return fitting.sort((a, b) => far(a) - far(b))[0] ?? first;
}

function nameOf({ kind, partition, path, offset }: OpenedSource): string | null {
  if (partition !== null) return partitionName(partition);
  return kind === 'slice' ? `${path}@${offset}` : null;
}

function closeWithLast(
  entries: readonly SurveyedSource[],
  closers: readonly (() => Promise<void>)[],
): SurveyedSource[] {
  let left = entries.length;
  return entries.map(({ opened, survey }) => {
    let open = true;
    const close = async (): Promise<void> => {
      if (!open) return;
      open = false;
      if (--left === 0) for (const each of closers) await each();
    };
    return { survey, opened: { ...opened, close } };
  });
}
