import { inflate } from '../../block/gzip.ts';
import type { ZfsUberError } from '../../bytes/errors.ts';
import { diskSize, type ImageFile, NOT_IN_FILE } from './imageFile.ts';
import type { Extent } from './mapped.ts';
import { type Parent, parentExtent } from './parent.ts';
import {
  VMDK_COWD,
  VMDK_COWD_ENTRIES,
  VMDK_FLAGS,
  VMDK_FOOTER,
  VMDK_FOOTER_AT,
  VMDK_GRAIN,
  VMDK_SESPARSE,
  VMDK_SESPARSE_VERSION,
  VMDK_SPARSE,
} from './vmdk.layout.ts';
import { parseVmdkDescriptor, type VmdkDescriptor } from './vmdkDescriptor.ts';

/** A file of grains, found through a directory of tables. */
export interface SparseExtent {
  /** Bytes of the part of the disk. */
  readonly size: number;
  /** The text inside the file; null where there is none. */
  readonly descriptor: VmdkDescriptor | null;
  readonly troubles: readonly ZfsUberError[];
  /** Nothing writes into it where it lies. Source: QEMU, block/vmdk.c, vmdk_open_se_sparse, vmdk_pwritev */
  readonly readOnly: boolean;
  /**
   * @param offset from the beginning of the extent
   * @param wanted bytes that are asked for
   * @param start bytes of the disk in front of the extent, for the parent, which is asked by the offset in the disk
   */
  extentAt(offset: number, wanted: number, parent: Parent | null, start: number): Promise<Extent>;
}

const SECTOR = 512;
const LONGEST_DESCRIPTOR = 1024 * 1024;
const LARGEST_GRAIN = 64 * 1024 * 1024;
const MOST_ENTRIES = 65536;
/** Source: QEMU, block/vmdk.c, the check of the version in vmdk_open_vmdk4 */
const NEWEST = 3;

/** What an entry says of a grain, and of how many grains from it on the same holds, as far as was looked. */
interface Grain {
  readonly is: 'absent' | 'zero' | 'unread' | { readonly at: number };
  readonly alike: number;
}

interface Grains {
  readonly size: number;
  readonly grain: number;
  /** @param most grains that are asked for */
  grainAt(index: number, most: number): Promise<Grain>;
  readonly packed: boolean;
}

/** @throws FormatError for a header that contradicts itself; UnsupportedError for a newer version */
export async function openSparseExtent(file: ImageFile): Promise<SparseExtent> {
  let header = await file.structure(VMDK_SPARSE, 0, true);
  const troubles: ZfsUberError[] = [];
  if (header.directory === VMDK_FOOTER) {
    header = await file.structure(VMDK_SPARSE, file.source.size - VMDK_FOOTER_AT, true);
    if (header.directory === VMDK_FOOTER) throw file.wrong('grain directory', 56, 'its sector', 'no footer either');
  }
  const { version, flags, entriesPerTable } = header;
  if (version < 1 || version > NEWEST) throw file.unsupported(`it is a VMDK of version ${version}; 1 to 3 are known`);
  if ((flags & VMDK_FLAGS.newlineTest) !== 0 && !sameBytes(header.newlines, [10, 32, 13, 10])) {
    troubles.push(file.wrong('newline test', 73, '0a 20 0d 0a', 'a file that was copied as text'));
  }
  const size = diskSize(file, header.capacity * BigInt(SECTOR));
  const grain = grainOf(file, header.grainSize);
  if (entriesPerTable < 1 || entriesPerTable > MOST_ENTRIES) {
    throw file.wrong('entries of a grain table', 44, `1 to ${MOST_ENTRIES}`, entriesPerTable);
  }
  const directory = Number(header.directory) * SECTOR;
  const redundant = (flags & VMDK_FLAGS.redundantDirectory) !== 0 ? Number(header.redundantDirectory) * SECTOR : null;
  const tables = { file, size, grain, perTable: entriesPerTable };
  const differs = redundant === null ? null : await differenceOf(tables, directory, redundant);
  if (differs !== null) troubles.push(differs);
  const grainAt = async (index: number, most: number): Promise<Grain> => {
    let { entry, alike } = await entryOf(tables, directory, index, most);
    if (redundant !== null && (entry === null || !file.has(entry * SECTOR, 1))) {
      const copy = await entryOf(tables, redundant, index, 1);
      if (copy.entry !== null && file.has(copy.entry * SECTOR, 1)) [entry, alike] = [copy.entry, 1];
    }
    if (entry === null) return { is: 'unread', alike };
    if (entry === 0) return { is: 'absent', alike };
    if (entry === 1 && (flags & VMDK_FLAGS.zeroedGrains) !== 0) return { is: 'zero', alike };
    return { is: { at: entry * SECTOR }, alike: 1 };
  };
  const grains = { size, grain, grainAt, packed: (flags & VMDK_FLAGS.compressed) !== 0 };
  const descriptor = await innerDescriptor(file, header);
  return { size, descriptor, troubles, readOnly: grains.packed, ...lookedUp(file, grains) };
}

interface GrainTables {
  readonly file: ImageFile;
  /** Bytes of the extent, and of a grain. */
  readonly size: number;
  readonly grain: number;
  readonly perTable: number;
}

/** Entries of the directory that are compared with the other one. */
const COMPARED = 16384;

/**
 * Where the two directories differ: in which tables there are, or in what the first and the last table say, where the
 * labels of a vdev are. All of them are too many to be read before anything is asked for. The first directory counts.
 */
async function differenceOf(tables: GrainTables, directory: number, redundant: number): Promise<ZfsUberError | null> {
  const { file, size, grain, perTable } = tables;
  const count = Math.ceil(size / grain / perTable);
  const isThere = async (at: number, index: number) => (await file.table(at + index * 4, 4))?.getUint32(0, true);
  const found = 'another: where it leads out of the file, the redundant one counts';
  const told = (at: number) => file.wrong('grain directory', at, 'the same as the redundant one', found);
  for (let index = 0; index < Math.min(count, COMPARED); index++) {
    const [own, other] = [await isThere(directory, index), await isThere(redundant, index)];
    if (own === undefined && other === undefined) break;
    if (own === undefined || other === undefined || (own === 0) !== (other === 0)) return told(directory + index * 4);
  }
  for (const index of new Set([0, count - 1])) {
    const [own, other] = [await isThere(directory, index), await isThere(redundant, index)];
    if (!own || !other) continue;
    const [table, copy] = [
      await file.table(own * SECTOR, perTable * 4),
      await file.table(other * SECTOR, perTable * 4),
    ];
    if (table === null && copy === null) continue;
    const same = table !== null && copy !== null && sameBytes(bytesOf(table), bytesOf(copy));
    if (!same) return told(directory + index * 4);
  }
  return null;
}

/** An entry; null where table or directory is not in the file, 0 where there is no table; and how many are alike. */
async function entryOf(
  { file, size, grain, perTable }: GrainTables,
  directory: number,
  index: number,
  most: number,
): Promise<{ readonly entry: number | null; readonly alike: number }> {
  const [table, inner] = [Math.floor(index / perTable), index % perTable];
  const outer = (await file.table(directory + table * 4, 4))?.getUint32(0, true);
  const rest = perTable - inner;
  if (outer === undefined) return { entry: null, alike: rest };
  if (outer === 0) {
    const tables = Math.min(Math.ceil(size / grain / perTable) - table, Math.ceil((inner + most) / perTable));
    const none = await file.alike(directory + table * 4, 4, tables, (view, at) => view.getUint32(at, true) === 0);
    return { entry: 0, alike: rest + (none - 1) * perTable };
  }
  const at = outer * SECTOR + inner * 4;
  const entry = (await file.table(at, 4))?.getUint32(0, true) ?? null;
  // What is stored lies where its own entry says.
  if (entry === null || entry > 1) return { entry, alike: 1 };
  return {
    entry,
    alike: await file.alike(at, 4, Math.min(rest, most), (view, each) => view.getUint32(each, true) === entry),
  };
}

async function innerDescriptor(
  file: ImageFile,
  { descriptorOffset, descriptorSize }: { readonly descriptorOffset: bigint; readonly descriptorSize: bigint },
): Promise<VmdkDescriptor | null> {
  const length = Number(descriptorSize) * SECTOR;
  if (descriptorOffset === 0n || length === 0 || length > LONGEST_DESCRIPTOR) return null;
  const text = await file.table(Number(descriptorOffset) * SECTOR, length);
  return text === null ? null : parseVmdkDescriptor(new TextDecoder().decode(bytesOf(text)).split('\0')[0] ?? '');
}

/** @throws FormatError for a header that contradicts itself */
export async function openCowdExtent(file: ImageFile): Promise<SparseExtent> {
  const header = await file.structure(VMDK_COWD, 0, true);
  const size = header.sectors * SECTOR;
  const grain = grainOf(file, BigInt(header.granularity));
  const directory = header.directory * SECTOR;
  const grainAt = async (index: number, most: number): Promise<Grain> => {
    const { entry, alike } = await entryOf({ file, size, grain, perTable: VMDK_COWD_ENTRIES }, directory, index, most);
    if (entry === null) return { is: 'unread', alike };
    if (entry === 0) return { is: 'absent', alike };
    return { is: entry === 1 ? 'zero' : { at: entry * SECTOR }, alike };
  };
  return {
    size,
    descriptor: null,
    troubles: [],
    readOnly: false,
    ...lookedUp(file, { size, grain, grainAt, packed: false }),
  };
}

/**
 * Deltas of vSphere 6.5 and newer. An entry of the directory is 1 in its top four bits and the number of a table below; one
 * of a table says in its top four bits what the grain is, and its number in nibbles that are turned around.
 *
 * @throws FormatError for a header that contradicts itself; UnsupportedError for another version
 */
export async function openSeSparseExtent(file: ImageFile): Promise<SparseExtent> {
  const header = await file.structure(VMDK_SESPARSE, 0, true);
  if (header.version !== VMDK_SESPARSE_VERSION) {
    throw file.unsupported(`it is a seSparse VMDK of version 0x${header.version.toString(16)}, which is not known`);
  }
  const size = diskSize(file, header.capacity * BigInt(SECTOR));
  const grain = grainOf(file, header.grainSize);
  const tableBytes = Number(header.tableSize) * SECTOR;
  if (tableBytes < SECTOR || tableBytes > MOST_ENTRIES * 8)
    throw file.wrong('grain table size', 32, '1 to 1024', header.tableSize);
  const perTable = tableBytes / 8;
  const [directory, tables, grains] = [header.directoryOffset, header.tablesOffset, header.grainsOffset].map(
    (sector) => Number(sector) * SECTOR,
  );
  const grainAt = async (index: number, most: number): Promise<Grain> => {
    const [above, inner] = [Math.floor(index / perTable), index % perTable];
    const outerAt = (directory ?? 0) + above * 8;
    const rest = perTable - inner;
    const outer = (await file.table(outerAt, 8))?.getBigUint64(0, true);
    if (outer === undefined) return { is: 'unread', alike: rest };
    if (outer === 0n) {
      const tablesLeft = Math.min(Math.ceil(size / grain / perTable) - above, Math.ceil((inner + most) / perTable));
      const none = await file.alike(outerAt, 8, tablesLeft, (view, at) => view.getBigUint64(at, true) === 0n);
      return { is: 'absent', alike: rest + (none - 1) * perTable };
    }
    if (outer >> 32n !== 0x10000000n) return { is: 'unread', alike: rest };
    const at = (tables ?? 0) + Number(outer & 0xffffffffn) * tableBytes + inner * 8;
    const entry = (await file.table(at, 8))?.getBigUint64(0, true);
    if (entry === undefined) return { is: 'unread', alike: 1 };
    const kind = entry >> 60n;
    const isSame = (view: DataView, each: number): boolean => view.getUint32(each + 4, true) >>> 28 === Number(kind);
    if (kind < 3n) {
      return { is: kind === 0n ? 'absent' : 'zero', alike: await file.alike(at, 8, Math.min(rest, most), isSame) };
    }
    if (kind !== 3n) return { is: 'unread', alike: 1 };
    const number = ((entry & 0x0fff000000000000n) >> 48n) | ((entry & 0x0000ffffffffffffn) << 12n);
    return { is: { at: (grains ?? 0) + Number(number) * grain }, alike: 1 };
  };
  return {
    size,
    descriptor: null,
    troubles: [],
    readOnly: true,
    ...lookedUp(file, { size, grain, grainAt, packed: false }),
  };
}

function grainOf(file: ImageFile, sectors: bigint): number {
  const grain = Number(sectors) * SECTOR;
  if (grain >= SECTOR && grain <= LARGEST_GRAIN) return grain;
  throw file.wrong('grain size', 20, `1 to ${LARGEST_GRAIN / SECTOR} sectors`, sectors);
}

function lookedUp(file: ImageFile, { size, grain, grainAt, packed }: Grains): Pick<SparseExtent, 'extentAt'> {
  return {
    async extentAt(offset, wanted, parent, start) {
      const index = Math.floor(offset / grain);
      const from = offset - index * grain;
      const { is: found, alike } = await grainAt(index, Math.ceil((from + wanted) / grain));
      const length = Math.min(alike * grain - from, size - offset);
      if (found === 'unread') return { kind: 'unread', why: NOT_IN_FILE, length };
      if (found === 'zero') return { kind: 'zero', length };
      if (found === 'absent') return parent ? parentExtent(parent, start + offset, length) : { kind: 'zero', length };
      if (packed)
        return { kind: 'packed', key: found.at, from, unit: () => unpackGrain(file, found.at, index, grain), length };
      const at = found.at + from;
      if (at >= file.source.size) return { kind: 'unread', why: NOT_IN_FILE, length };
      return { kind: 'data', source: file.source, at, length: Math.min(length, file.source.size - at) };
    },
  };
}

/** The marker in front says whose grain it is, so that a table that leads elsewhere is seen. */
async function unpackGrain(file: ImageFile, at: number, index: number, grain: number): Promise<Uint8Array> {
  const { lba, size } = await file.structure(VMDK_GRAIN, at, true);
  if (Number(lba) !== (index * grain) / SECTOR)
    throw file.wrong('grain marker', at, `sector ${(index * grain) / SECTOR}`, lba);
  if (size > grain + SECTOR * 16) throw file.wrong('grain marker', at + 8, `up to ${grain} bytes`, size);
  const bytes = await file.source.read(
    at + VMDK_GRAIN.size,
    Math.min(size, Math.max(0, file.source.size - at - VMDK_GRAIN.size)),
  );
  const out = new Uint8Array(grain);
  // The last grain of a disk may be packed as far as the disk goes.
  out.set(inflate(bytes, grain, 'zlib', file.place(at, 'grain')));
  return out;
}

const sameBytes = (bytes: Uint8Array, wanted: ArrayLike<number>): boolean =>
  Array.from(wanted).every((byte, i) => bytes[i] === byte);

const bytesOf = ({ buffer, byteOffset, byteLength }: DataView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
