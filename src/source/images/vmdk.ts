import type { ZfsUberError } from '../../bytes/errors.ts';
import { printable } from '../../bytes/printable.ts';
import type { ByteSource } from '../source.ts';
import { ImageFile, type OpenedImage } from './imageFile.ts';
import { type Extent, mappedSource } from './mapped.ts';
import { openParent, type Parent } from './parent.ts';
import type { ImageFolder } from './siblings.ts';
import { VMDK_MAGIC } from './vmdk.layout.ts';
import { parseVmdkDescriptor, type VmdkDescriptor, type VmdkExtent } from './vmdkDescriptor.ts';
import { openCowdExtent, openSeSparseExtent, openSparseExtent, type SparseExtent } from './vmdkExtents.ts';

const SECTOR = 512;
/** A descriptor of its own file; hundreds of extents fit. */
const LONGEST_DESCRIPTOR = 1024 * 1024;
const HOST_DEVICES = ['fullDevice', 'partitionedDevice', 'vmfsRaw', 'vmfsPassthroughRawDeviceMap', 'vmfsRawDeviceMap'];

/** A part of the disk; `extentAt` counts from its own beginning. */
interface Piece {
  readonly start: number;
  readonly length: number;
  extentAt(offset: number, wanted: number): Promise<Extent>;
}

/**
 * The disk of a VMDK: an extent with its descriptor inside, or a descriptor and the extents that it names beside it; flat,
 * sparse, compressed, and the deltas of snapshots with their parents.
 *
 * @throws FormatError for a header that contradicts itself; UnsupportedError for descriptors of host devices
 * Source: VMware, Virtual Disk Format 5.0; QEMU, block/vmdk.c
 */
export async function openVmdk(source: ByteSource, folder: ImageFolder): Promise<OpenedImage> {
  const file = new ImageFile(source, 'VMDK image');
  const inner = await sparseExtent(file);
  if (inner === null) {
    const bytes = await file.bytes(0, Math.min(source.size, LONGEST_DESCRIPTOR), 'descriptor');
    return openDescriptor(file, parseVmdkDescriptor(new TextDecoder().decode(bytes)), folder);
  }
  const { descriptor } = inner;
  // An extent of several says nothing of the others; given alone, it is what it holds.
  const parent = descriptor === null ? null : await parentOf(file, descriptor, folder);
  const disk = mappedSource(source.name, {
    size: inner.size,
    extentAt: (offset, wanted) => inner.extentAt(offset, wanted, parent, 0),
  });
  return {
    disk,
    troubles: [...inner.troubles, ...(parent?.troubles ?? [])],
    byQemu: inner.readOnly ? 'reads' : 'writes',
  };
}

async function sparseExtent(file: ImageFile): Promise<SparseExtent | null> {
  const head = await file.table(0, 4);
  const magic = head?.getUint32(0, true);
  if (magic === VMDK_MAGIC.sparse) return openSparseExtent(file);
  if (magic === VMDK_MAGIC.cowd) return openCowdExtent(file);
  if (magic === VMDK_MAGIC.seSparse) return openSeSparseExtent(file);
  return null;
}

async function parentOf(file: ImageFile, { parent }: VmdkDescriptor, folder: ImageFolder): Promise<Parent | null> {
  return parent === null ? null : openParent(file, folder, parent, 'vmdk');
}

async function openDescriptor(file: ImageFile, descriptor: VmdkDescriptor, folder: ImageFolder): Promise<OpenedImage> {
  if (HOST_DEVICES.includes(descriptor.createType)) {
    throw file.unsupported(`it stands for a device of the host (${descriptor.createType}): give the device itself`);
  }
  if (descriptor.extents.length === 0) throw file.wrong('descriptor', 0, 'lines of extents', 'none');
  const parent = await parentOf(file, descriptor, folder);
  const troubles: ZfsUberError[] = [...(parent?.troubles ?? [])];
  const pieces: Piece[] = [];
  let start = 0;
  let readOnly = false;
  for (const extent of descriptor.extents) {
    const length = extent.sectors * SECTOR;
    if (!Number.isSafeInteger(start + length)) throw file.wrong('extent', 0, 'a disk below 2^53 bytes', extent.sectors);
    const piece = await pieceOf(file, extent, folder, parent, start);
    troubles.push(...piece.troubles);
    pieces.push({ start, length, extentAt: piece.extentAt });
    readOnly ||= piece.readOnly;
    start += length;
  }
  const disk = mappedSource(file.source.name, {
    size: start,
    extentAt: (offset, wanted) => atPiece(pieces, offset, wanted),
  });
  return { disk, troubles, byQemu: readOnly ? 'reads' : 'writes' };
}

async function atPiece(pieces: readonly Piece[], offset: number, wanted: number): Promise<Extent> {
  const piece = pieces.find(({ start, length }) => offset >= start && offset < start + length);
  if (piece === undefined) return { kind: 'zero', length: 1 };
  const within = offset - piece.start;
  const extent = await piece.extentAt(within, wanted);
  return { ...extent, length: Math.min(extent.length, piece.length - within) };
}

interface OpenedPiece {
  extentAt(offset: number, wanted: number): Promise<Extent>;
  readonly troubles: readonly ZfsUberError[];
  readonly readOnly: boolean;
}

const PLAIN = { troubles: [], readOnly: false } as const;

async function pieceOf(
  file: ImageFile,
  { type, file: name, offset, sectors }: VmdkExtent,
  folder: ImageFolder,
  parent: Parent | null,
  start: number,
): Promise<OpenedPiece> {
  const length = sectors * SECTOR;
  if (type === 'ZERO') return { ...PLAIN, extentAt: async (at) => ({ kind: 'zero', length: length - at }) };
  const found = name === null ? null : await folder.file(name);
  if (found === null) {
    const why = `it lies in ${printable(name ?? 'an extent without a file')}, which was not given and is not in the same folder`;
    const trouble = file.lacks(`a part of its disk lies in ${printable(name ?? 'no file')}: give that file too`);
    return { ...PLAIN, troubles: [trouble], extentAt: async (at) => ({ kind: 'unread', why, length: length - at }) };
  }
  if (type === 'FLAT' || type === 'VMFS')
    return { ...PLAIN, extentAt: async (at) => flat(found, offset * SECTOR, length, at) };
  const sparse = await sparseExtent(new ImageFile(found, 'VMDK image'));
  if (sparse === null) throw file.wrong('extent', 0, `a file of type ${printable(type)}`, found.name);
  const { troubles, readOnly } = sparse;
  return { troubles, readOnly, extentAt: (at, wanted) => sparse.extentAt(at, wanted, parent, start) };
}

function flat(source: ByteSource, base: number, length: number, at: number): Extent {
  const there = Math.min(length, source.size - base);
  if (at < there) return { kind: 'data', source, at: base + at, length: there - at };
  return { kind: 'unread', why: `${source.name} ends before its extent does`, length: length - at };
}
