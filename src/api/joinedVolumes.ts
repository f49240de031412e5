import { printable } from '../bytes/printable.ts';
import type { DiskImage, OpenedSource } from '../node/openedSource.ts';
import { countedClose } from '../node/openTargets.ts';
import type { Extent } from '../pool/searchRanges.ts';
import type { PlacedSignature } from '../source/foreign.ts';
import { type LogicalVolume, type PhysicalVolume, physicalVolume } from '../source/lvm.ts';
import { joinedVolume } from '../source/lvmVolume.ts';
import { type ByteSource, SourceError, slice } from '../source/source.ts';
import { findVdevTrace } from '../source/vdevTrace.ts';
import { isSettled } from './settled.ts';
import type { SurveyedSource } from './surveyedSource.ts';

export interface JoinedVolumes {
  /** The same in the same order; each stays open as long as a volume on it. */
  readonly surveyed: readonly SurveyedSource[];
  /** Vdevs on logical volumes of several parts, by the entry that has the first of them. */
  readonly volumes: ReadonlyMap<OpenedSource, readonly SurveyedSource[]>;
  /** What of a disk, by its id, these volumes have. */
  readonly taken: ReadonlyMap<string, readonly Extent[]>;
}

interface JoinChoice {
  readonly survey: (opened: OpenedSource) => Promise<SurveyedSource>;
  readonly signal?: AbortSignal | undefined;
}

/** An entry that LVM has signed. */
interface Signed {
  readonly opened: OpenedSource;
  readonly disk: NonNullable<OpenedSource['disk']>;
  readonly signature: PlacedSignature;
  readonly source: ByteSource;
  readonly physical: PhysicalVolume;
}

/** Volumes of which a trace of ZFS is looked for. */
const MOST_VOLUMES = 1024;

/**
 * Vdevs on logical volumes of LVM2 that lie in several parts, on physical volumes among what was given and nowhere else. The
 * newest text of a group counts; a volume is accepted by a checksum of a label at its place in it.
 */
export async function joinVolumes(
  surveyed: readonly SurveyedSource[],
  { survey, signal }: JoinChoice,
): Promise<JoinedVolumes> {
  const signed: Signed[] = [];
  for (const each of surveyed) {
    const found = each.survey === null || isSettled(each.survey) ? null : await signedByLvm(each.opened, signal);
    if (found !== null && !signed.some(({ physical }) => physical.id === found.physical.id)) signed.push(found);
  }
  const disks = new Map(signed.map(({ physical, source }) => [physical.id, source]));
  const found: { readonly on: readonly Signed[]; readonly first: Signed; readonly entry: SurveyedSource }[] = [];
  const taken = new Map<string, Extent[]>();
  for (const { volume, group } of volumesOf(signed)) {
    const on = signed.filter(({ physical }) => volume.parts.some((part) => part.on?.disk === physical.id));
    const begin = volume.parts.find((part) => part.on !== null && disks.has(part.on.disk))?.on;
    const first = on.find(({ physical }) => physical.id === begin?.disk);
    const source = joinedVolume(`${first?.opened.path ?? ''} ${printable(volume.name)}`, volume, disks);
    if (!begin || first === undefined || source === null) continue;
    if ((await findVdevTrace(source, signal)).labels.length === 0) continue;
    const entry = await survey(openedAs(volume, group, source, first, begin.offset, on));
    if (entry.survey === null || !isSettled(entry.survey)) continue;
    found.push({ on, first, entry });
    for (const { disk, signature, physical } of on) {
      const own = volume.parts.flatMap(({ length, on: place }) => {
        if (place?.disk !== physical.id) return [];
        const from = signature.holder.start + place.offset;
        return [{ from, to: from + length }];
      });
      taken.set(disk.id, [...(taken.get(disk.id) ?? []), ...own]);
    }
  }
  return { ...keptOpen(surveyed, found), taken };
}

async function signedByLvm(opened: OpenedSource, signal?: AbortSignal): Promise<Signed | null> {
  const { disk, foreign } = opened;
  const signature = foreign.find(({ kind }) => kind === 'lvm');
  if (disk === null || signature === undefined) return null;
  const { start, length } = signature.holder;
  if (start < 0 || start + length > disk.source.size) return null;
  const source = slice(disk.source, start, length);
  const physical = await physicalVolume(source, signal);
  return physical && { opened, disk, signature, source, physical };
}

/** Of each group by its newest text the volumes of several parts, in their order in the volume. */
function volumesOf(signed: readonly Signed[]): { readonly group: string; readonly volume: LogicalVolume }[] {
  const newest = new Map<string, PhysicalVolume>();
  for (const { physical } of signed) {
    const known = newest.get(physical.group);
    if (known === undefined || known.generation < physical.generation) newest.set(physical.group, physical);
  }
  return [...newest.values()]
    .flatMap(({ group, volumes }) => volumes.map((volume) => ({ group, volume })))
    .filter(({ volume }) => volume.parts.length > 1)
    .map(({ group, volume }) => ({
      group,
      volume: { ...volume, parts: [...volume.parts].sort((a, b) => a.at - b.at) },
    }))
    .slice(0, MOST_VOLUMES);
}

function openedAs(
  volume: LogicalVolume,
  group: string,
  source: ByteSource,
  { opened, signature }: Signed,
  begin: number,
  on: readonly Signed[],
): OpenedSource {
  const missing = new Set(volume.parts.flatMap(({ on: place }) => (place === null ? [] : [place.disk])));
  for (const each of on) missing.delete(each.physical.id);
  const place = { source: opened.path, offset: signature.offset, path: [`volume ${printable(volume.name)}`] };
  const troubles = [...missing].map((id) => {
    const said = `the physical volume ${printable(id)} is missing: give its disk too`;
    return new SourceError('needs-file', said, place);
  });
  return {
    path: opened.path,
    kind: 'slice',
    offset: signature.holder.start + begin,
    size: source.size,
    source,
    error: null,
    partition: null,
    disk: {
      source,
      block: false,
      sectorSize: null,
      origin: on.some(({ disk }) => disk.origin !== 'path') ? 'given' : 'path',
      image: {
        format: 'volume',
        snapshot: null,
        pieces: [],
        shards: null,
        grown: null,
        byQemu: 'writes',
        parts: mappedParts(volume, on),
      },
      map: null,
      kept: null,
      id: `volume ${group} ${volume.name}`,
      offset: 0,
    },
    shift: null,
    bundle: opened.bundle,
    foreign: [],
    troubles,
    madeOf: [...new Set(on.flatMap((each) => [each.opened.path, ...each.opened.madeOf]))].filter(
      (path) => path !== opened.path,
    ),
    close: async () => undefined,
  };
}

/** With what lies between its parts as one that lies nowhere. */
function mappedParts({ parts }: LogicalVolume, on: readonly Signed[]): DiskImage['parts'] {
  const mapped: DiskImage['parts'][number][] = [];
  let end = 0;
  for (const { at, length, on: place } of parts) {
    if (at > end) mapped.push({ length: at - end, on: null });
    const disk = on.find(({ physical }) => physical.id === place?.disk);
    const offset = (disk?.signature.holder.start ?? 0) + (place?.offset ?? 0);
    mapped.push({ length, on: disk === undefined ? null : { opened: disk.opened, offset } });
    end = at + length;
  }
  return mapped;
}

/** Closes each disk with the last of what is read from it. */
function keptOpen(
  surveyed: readonly SurveyedSource[],
  found: readonly { readonly on: readonly Signed[]; readonly first: Signed; readonly entry: SurveyedSource }[],
): Pick<JoinedVolumes, 'surveyed' | 'volumes'> {
  const shares = new Map<OpenedSource, () => () => Promise<void>>();
  const same = surveyed.map((each): SurveyedSource => {
    const users = found.filter(({ on }) => on.some(({ opened }) => opened === each.opened)).length;
    if (users === 0) return each;
    const share = countedClose(each.opened.close, users + 1);
    shares.set(each.opened, share);
    return { ...each, opened: { ...each.opened, close: share() } };
  });
  const volumes = new Map<OpenedSource, SurveyedSource[]>();
  for (const { on, first, entry } of found) {
    const closers = on.flatMap(({ opened }) => shares.get(opened)?.() ?? []);
    const close = async (): Promise<void> => {
      for (const each of closers) await each();
    };
    const anchor = same[surveyed.findIndex(({ opened }) => opened === first.opened)];
    if (anchor === undefined) continue;
    const joined = { ...entry, opened: { ...entry.opened, close } };
    volumes.set(anchor.opened, [...(volumes.get(anchor.opened) ?? []), joined]);
  }
  return { surveyed: same, volumes };
}
