import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import {
  BSD_ENTRIES_AT,
  BSD_ENTRY,
  BSD_LABEL,
  BSD_MAGIC,
  BSD_MOST_ENTRIES,
  BSD_RAW_ENTRY,
  BSD_UNUSED,
  GPT_TYPE_FREEBSD,
  MBR_TYPE_FREEBSD,
  MBR_TYPES_BSD,
  MBR_TYPES_SOLARIS,
  SOLARIS_SLICE,
  SOLARIS_VTOC,
  SUN_LABEL,
  SUN_MAGIC,
  SUN_SLICE,
  VTOC_SANE,
} from './disklabel.layout.ts';
import { fromEnds, type SourceEnds } from './ends.ts';
import { type Partition, placePartition } from './partition.ts';
import { type ByteSource, SourceError } from './source.ts';

/** Bytes of a label that are read: 16 entries end before. */
const LABEL_BYTES = 512;

/**
 * Partitions of BSD labels and of the tables of contents of Solaris: in the partitions of an MBR or a GPT that are of
 * their type, and on a disk that has no other table. Entries that stand for all of what the label is in are left out.
 *
 * Reads a sector for each partition of such a type.
 *
 * @param partitions of MBR and GPT
 */
export async function readDisklabels(
  source: ByteSource,
  ends: SourceEnds,
  partitions: readonly Partition[],
  sectorSize: number,
  signal?: AbortSignal,
): Promise<Partition[]> {
  const whole: Outer = { offset: 0, length: source.size, sectorSize, type: null, kind: null };
  const found: Partition[] = [
    ...sunSlices(source, ends, whole),
    ...bsdOf(source, fromEnds(ends, sectorSize, LABEL_BYTES), whole),
  ];
  // As Linux numbers them: behind the logical partitions, in the order of the table.
  let next = Math.max(4, ...partitions.filter(({ kind }) => kind === 'mbr').map(({ index }) => index)) + 1;
  for (const outer of partitions) {
    const readSlices = readerFor(outer);
    if (readSlices === null || outer.length < 2 * outer.sectorSize) continue;
    const sector = await readSector(source, ends, outer.offset + outer.sectorSize, signal);
    for (const slice of readSlices(source, sector, outer)) {
      const index = isNumbered(slice, outer) ? next++ : slice.index;
      found.push({ ...slice, index });
    }
  }
  return found.filter((slice) => !isAllOf(slice, slice.within === null ? whole : outerOf(slice, partitions)));
}

/** Linux gives a number to each slice of Solaris, and to those of BSD that are a part of their partition. */
function isNumbered(slice: Partition, outer: Partition): boolean {
  if (outer.kind !== 'mbr' || outer.index > PRIMARY) return false;
  return slice.kind === 'vtoc' || (!isAllOf(slice, outer) && isInside(slice, outer));
}

const isAllOf = (slice: Partition, outer: Pick<Partition, 'offset' | 'length'> | undefined): boolean =>
  outer !== undefined && slice.offset === outer.offset && slice.length >= outer.length;

const outerOf = ({ within }: Partition, partitions: readonly Partition[]) =>
  partitions.find(({ offset }) => offset === within);

/** Linux passes over a BSD partition that is not. */
export const isInside = (slice: Partition, outer: Partition): boolean =>
  slice.offset >= outer.offset && slice.offset + slice.length <= outer.offset + outer.length;

/** Partitions in the boot record itself: Linux looks for slices in no logical one. */
export const PRIMARY = 4;

type Outer = Pick<Partition, 'offset' | 'length' | 'sectorSize'> & {
  readonly type: string | null;
  readonly kind: Partition['kind'] | null;
};

function readerFor({ kind, type }: Partition) {
  if (kind === 'gpt') return type === GPT_TYPE_FREEBSD ? bsdOf : null;
  if (MBR_TYPES_BSD.some((each) => each === Number(type))) return bsdOf;
  return MBR_TYPES_SOLARIS.some((each) => each === Number(type)) ? solarisOf : null;
}

async function readSector(source: ByteSource, ends: SourceEnds, offset: number, signal?: AbortSignal) {
  const known = fromEnds(ends, offset, LABEL_BYTES);
  if (known !== null || offset + LABEL_BYTES > source.size) return known;
  try {
    return await source.read(offset, LABEL_BYTES, signal);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return null;
  }
}

/** Source: FreeBSD sys/geom/part/g_part_bsd.c, g_part_bsd_read; Linux, block/partitions/msdos.c, parse_bsd */
function bsdOf(source: ByteSource, sector: Uint8Array | null, outer: Outer): Partition[] {
  if (sector === null) return [];
  const place = placeOf(source, outer, 'BSD label');
  const label = read(BSD_LABEL, sector, true, place);
  if (label.magic !== BSD_MAGIC || label.magic2 !== BSD_MAGIC) return [];
  const entries = Array.from({ length: Math.min(label.partitionCount, BSD_MOST_ENTRIES) }, (_, i) =>
    read(BSD_ENTRY, sector.subarray(BSD_ENTRIES_AT + i * BSD_ENTRY.size), true, place),
  );
  const begin = BigInt(outer.offset / outer.sectorSize);
  // FreeBSD counts from the partition unless the raw entry says otherwise; the others count from the disk.
  const relative =
    entries[BSD_RAW_ENTRY]?.first === 0 && (outer.kind !== 'mbr' || Number(outer.type) === MBR_TYPE_FREEBSD);
  return entries.flatMap(({ type, first, size }, i) => {
    if (type === BSD_UNUSED || size === 0) return [];
    const from = BigInt(first) + (relative ? begin : 0n);
    return sliceOf(source, outer, 'bsd', i, String.fromCharCode(97 + i), `${type}`, from, size);
  });
}

/** Source: Linux, block/partitions/msdos.c, parse_solaris_x86 */
function solarisOf(source: ByteSource, sector: Uint8Array | null, outer: Outer): Partition[] {
  if (sector === null) return [];
  const place = placeOf(source, outer, 'Solaris VTOC');
  const vtoc = read(SOLARIS_VTOC, sector, true, place);
  if (vtoc.sanity !== VTOC_SANE || vtoc.version !== 1) return [];
  const begin = BigInt(outer.offset / outer.sectorSize);
  return Array.from({ length: vtoc.sliceCount > 8 ? 16 : 8 }, (_, i) => {
    const slice = read(SOLARIS_SLICE, sector.subarray(SOLARIS_VTOC.size + i * SOLARIS_SLICE.size), true, place);
    if (slice.size === 0) return [];
    return sliceOf(source, outer, 'vtoc', i, `s${i}`, `${slice.tag}`, begin + BigInt(slice.first), slice.size);
  }).flat();
}

/** Source: Linux, block/partitions/sun.c, sun_partition */
function sunSlices(source: ByteSource, ends: SourceEnds, whole: Outer): Partition[] {
  const sector = fromEnds(ends, 0, SUN_LABEL.size);
  if (sector === null) return [];
  const place = placeOf(source, whole, 'Sun label');
  const label = read(SUN_LABEL, sector, false, place);
  if (label.magic !== SUN_MAGIC || !xorIsZero(sector)) return [];
  const cylinder = BigInt(label.tracks * label.sectors);
  return Array.from({ length: 8 }, (_, i) => {
    const { firstCylinder, size } = read(SUN_SLICE, label.slices.subarray(i * SUN_SLICE.size), false, place);
    if (size === 0) return [];
    return sliceOf(source, whole, 'vtoc', i, `s${i}`, '', BigInt(firstCylinder) * cylinder, size);
  }).flat();
}

function xorIsZero(sector: Uint8Array): boolean {
  let [even, odd] = [0, 0];
  for (let i = 0; i < 512; i += 2) [even, odd] = [even ^ (sector[i] ?? 0), odd ^ (sector[i + 1] ?? 0)];
  return even === 0 && odd === 0;
}

function sliceOf(
  source: ByteSource,
  outer: Outer,
  kind: Partition['kind'],
  at: number,
  name: string,
  type: string,
  first: bigint,
  count: number,
): Partition[] {
  const extent = placePartition(source, outer.sectorSize, first, BigInt(count), [
    ...placeOf(source, outer, kind).path,
    name,
  ]);
  if (extent.length === 0) return [];
  const within = outer.kind === null ? null : outer.offset;
  return [{ kind, index: at + 1, name, type, from: 'primary', hidden: null, within, ...extent }];
}

const placeOf = (source: ByteSource, outer: Outer, what: string): Place => ({
  source: source.name,
  offset: outer.offset,
  path: [what],
});
