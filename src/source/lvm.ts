import { read } from '../bytes/struct.ts';
import { SECTOR } from '../bytes/units.ts';
import { AREA, MDA_HEADER, MDA_HEADER_BYTES, MDA_MAGIC, PV_HEADER, PV_LABEL } from './lvm.layout.ts';
import { type ByteSource, SourceError } from './source.ts';

/** A stretch of a logical volume that lies on the disk in one piece. */
export interface LinearSegment {
  /** Name of the logical volume: the words of a stranger. */
  readonly volume: string;
  /** Bytes of the volume at which it begins. */
  readonly at: number;
  /** Bytes of the disk. */
  readonly offset: number;
  readonly length: number;
}

/** A stretch of a logical volume, by what the text says, which nothing here proves. */
export interface VolumePart {
  /** Bytes of the volume. */
  readonly at: number;
  readonly length: number;
  /** Id of the physical volume, and the byte of it; null where the part is in no one piece (striped, mirrored, thin). */
  readonly on: { readonly disk: string; readonly offset: number } | null;
}

/** Names and ids are the words of a stranger. */
export interface LogicalVolume {
  readonly name: string;
  /** As listed: they may overlap, or leave gaps. */
  readonly parts: readonly VolumePart[];
}

/** What a physical volume says of itself and of its group. */
export interface PhysicalVolume {
  readonly id: string;
  readonly group: string;
  /** Grows with each change of the group. */
  readonly generation: number;
  readonly volumes: readonly LogicalVolume[];
}

/** Text that is read of one area; a group of thousands of volumes has some MiB. */
const LONGEST = 4 * 1024 * 1024;
const MOST_SEGMENTS = 4096;
const MOST_AREAS = 8;
/** Sectors in which a label can stand. */
const LABEL_SECTORS = 4;
const DEEPEST = 8;

/**
 * Where logical volumes lie on an LVM2 physical volume, as far as they are in one piece there.
 *
 * @param disk that begins where the physical volume does
 * @returns by volume and place; none where there is no label, or its text cannot be read
 */
export async function linearSegments(disk: ByteSource, signal?: AbortSignal): Promise<LinearSegment[]> {
  const physical = await physicalVolume(disk, signal);
  if (physical === null) return [];
  return physical.volumes.flatMap(({ name, parts }) =>
    parts.flatMap(({ at, length, on }) =>
      on?.disk === physical.id && on.offset + length <= disk.size
        ? [{ volume: name, at, offset: on.offset, length }]
        : [],
    ),
  );
}

/**
 * The newest text of the metadata on an LVM2 physical volume.
 *
 * @param disk that begins where the physical volume does
 * @returns null where there is no label, or no text that lists volumes
 * Source: LVM2, lib/format_text/import_vsn1.c; lib/format_text/layout.h
 */
export async function physicalVolume(disk: ByteSource, signal?: AbortSignal): Promise<PhysicalVolume | null> {
  const take = async (offset: number, length: number): Promise<Uint8Array | null> => {
    if (!(offset >= 0 && length >= 0 && offset + length <= disk.size)) return null;
    try {
      return await disk.read(offset, length, signal);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return null;
    }
  };
  const head = await take(0, LABEL_SECTORS * SECTOR);
  const volume = head && headerIn(head, disk.name);
  if (volume === null) return null;
  for (const area of volume.metadata) {
    const text = await textOf(take, area, disk.name);
    const group = text === null ? null : groupIn(parse(text));
    if (group !== null && group.volumes.length > 0) return { id: volume.uuid, ...group };
  }
  return null;
}

interface Area {
  readonly offset: number;
  readonly size: number;
}

function headerIn(head: Uint8Array, source: string): { uuid: string; metadata: Area[] } | null {
  for (let sector = 0; sector < LABEL_SECTORS; sector++) {
    const at = sector * SECTOR;
    const place = { source, offset: at, path: ['LVM label'] };
    const label = read(PV_LABEL, head.subarray(at, at + SECTOR), true, place);
    if (ascii(label.id) !== 'LABELONE' || ascii(label.type) !== 'LVM2 001') continue;
    const begin = at + label.offset;
    if (begin + PV_HEADER.size > head.length) return null;
    const { uuid } = read(PV_HEADER, head.subarray(begin, begin + PV_HEADER.size), true, place);
    const areas: Area[][] = [[], []];
    let [next, list] = [begin + PV_HEADER.size, 0];
    for (; list < 2 && next + AREA.size <= head.length; next += AREA.size) {
      const { offset, size } = read(AREA, head.subarray(next, next + AREA.size), true, place);
      if (offset === 0n && size === 0n) list++;
      else areas[list]?.push({ offset: Number(offset), size: Number(size) });
    }
    return { uuid: ascii(uuid), metadata: (areas[1] ?? []).slice(0, MOST_AREAS) };
  }
  return null;
}

async function textOf(
  take: (offset: number, length: number) => Promise<Uint8Array | null>,
  { offset }: Area,
  source: string,
): Promise<string | null> {
  const bytes = await take(offset, MDA_HEADER.size);
  if (bytes === null) return null;
  const header = read(MDA_HEADER, bytes, true, { source, offset, path: ['LVM metadata area'] });
  if (ascii(header.magic) !== MDA_MAGIC) return null;
  const [start, size] = [Number(header.start), Number(header.size)];
  const [at, length] = [Number(header.textOffset), Number(header.textSize)];
  if (length === 0 || length > LONGEST || length > size || at >= size || at < MDA_HEADER_BYTES) return null;
  const first = await take(start + at, Math.min(length, size - at));
  const rest = length > size - at ? await take(start + MDA_HEADER_BYTES, length - (size - at)) : new Uint8Array();
  return first && rest && new TextDecoder().decode(first) + new TextDecoder().decode(rest);
}

type Value = string | number | Value[] | Section;
interface Section extends Map<string, Value> {}

/** The text as sections of sections; what does not fit ends it, and what came before is kept. */
function parse(text: string): Section {
  const root: Section = new Map();
  const open: Section[] = [root];
  const tokens = text.matchAll(/#[^\n]*|"((?:[^"\\]|\\.)*)"|[{}[\]=,]|[^\s{}[\]=,"#]+/g);
  let name = '';
  let list: Value[] | null = null;
  let assigning = false;
  for (const [token, quoted] of tokens) {
    const here = open.at(-1);
    if (here === undefined) break;
    if (token.startsWith('#') || token === ',') continue;
    if (token === '{') {
      if (open.length > DEEPEST) break;
      const section: Section = new Map();
      here.set(name, section);
      open.push(section);
    } else if (token === '}') open.pop();
    else if (token === '=') assigning = true;
    else if (token === '[') list = [];
    else if (token === ']') {
      if (list !== null) here.set(name, list);
      [list, assigning] = [null, false];
    } else {
      const value = quoted ?? (/^-?\d+$/.test(token) ? Number(token) : token);
      if (list !== null) list.push(value);
      else if (assigning) {
        here.set(name, value);
        assigning = false;
      } else name = token;
    }
  }
  return root;
}

function groupIn(root: Section): Omit<PhysicalVolume, 'id'> | null {
  const [named] = sectionsOf(root);
  if (named === undefined) return null;
  const [, group] = named;
  const extent = numberOf(group, 'extent_size') * SECTOR;
  if (!(extent > 0)) return null;
  const disks = new Map(
    sectionsOf(sectionOf(group, 'physical_volumes')).map(([name, each]) => [
      name,
      { id: String(each.get('id')).replaceAll('-', ''), begin: numberOf(each, 'pe_start') * SECTOR },
    ]),
  );
  let left = MOST_SEGMENTS;
  const volumes = sectionsOf(sectionOf(group, 'logical_volumes')).map(([name, each]): LogicalVolume => {
    const parts: VolumePart[] = [];
    for (const [, segment] of sectionsOf(each)) {
      const at = numberOf(segment, 'start_extent') * extent;
      const length = numberOf(segment, 'extent_count') * extent;
      if (!isExtent(at, length) || left-- <= 0) continue;
      parts.push({ at, length, on: placeOf(segment, extent, length, disks) });
    }
    return { name, parts };
  });
  return { group: String(group.get('id')), generation: numberOf(group, 'seqno'), volumes };
}

function placeOf(
  segment: Section,
  extent: number,
  length: number,
  disks: ReadonlyMap<string, { readonly id: string; readonly begin: number }>,
): VolumePart['on'] {
  const stripes = segment.get('stripes');
  if (segment.get('type') !== 'striped' || segment.get('stripe_count') !== 1 || !Array.isArray(stripes)) return null;
  const [name, first] = stripes;
  const disk = typeof name === 'string' ? disks.get(name) : undefined;
  if (disk === undefined || typeof first !== 'number') return null;
  const offset = disk.begin + first * extent;
  return isExtent(offset, length) ? { disk: disk.id, offset } : null;
}

const isExtent = (offset: number, length: number): boolean =>
  offset >= 0 && length > 0 && Number.isSafeInteger(offset + length);

const sectionsOf = (section: Section): (readonly [string, Section])[] =>
  [...section].flatMap(([name, value]) => (value instanceof Map ? [[name, value] as const] : []));

function sectionOf(section: Section, name: string): Section {
  const value = section.get(name);
  return value instanceof Map ? value : new Map();
}

function numberOf(section: Section, name: string): number {
  const value = section.get(name);
  return typeof value === 'number' ? value : Number.NaN;
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
