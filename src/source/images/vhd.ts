import type { FormatError, ZfsUberError } from '../../bytes/errors.ts';
import type { Place } from '../../bytes/place.ts';
import { type Decoded, read } from '../../bytes/struct.ts';
import { type ByteSource, slice } from '../source.ts';
import { diskSize, ImageFile, NOT_IN_FILE, type OpenedImage } from './imageFile.ts';
import { type Extent, mappedSource } from './mapped.ts';
import { openParent, type Parent, parentExtent } from './parent.ts';
import type { ImageFolder } from './siblings.ts';
import { VHD_CHECKSUM_AT, VHD_DYNAMIC, VHD_DYNAMIC_CHECKSUM_AT, VHD_FOOTER, VHD_FREE, VHD_TYPE } from './vhd.layout.ts';

type Footer = Decoded<typeof VHD_FOOTER.fields>;

const SECTOR = 512;
const LARGEST_BLOCK = 256 * 1024 * 1024;
/** Those whose guests saw the size that cylinders, heads and sectors make. Source: QEMU, block/vpc.c, vpc_open */
const BY_GEOMETRY = ['vpc ', 'vs  '];
/** The largest geometry stands for all larger disks. */
const MOST_SECTORS = 65535 * 16 * 255;
/** Not made until there is such an image: what decodes takes time to set up. */
const ascii = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

/**
 * The disk in a VHD: fixed, dynamic, or differencing with its parent. The two footers are compared, and the sound one is
 * used. Bitmaps of sectors count in differencing disks only: in dynamic ones writers do not keep them.
 *
 * @throws FormatError when no footer is sound, or the header behind it contradicts itself
 */
export async function openVhd(source: ByteSource, folder: ImageFolder): Promise<OpenedImage> {
  const file = new ImageFile(source, 'VHD image');
  const { footer, trouble } = await soundFooter(file);
  const troubles: ZfsUberError[] = trouble === null ? [] : [trouble];
  const size = shownSize(footer, diskSize(file, footer.size));
  if (footer.type === VHD_TYPE.fixed) {
    const disk = slice(source, 0, Math.min(size, source.size - VHD_FOOTER.size));
    return { disk: { ...disk, name: source.name }, troubles };
  }
  if (footer.type !== VHD_TYPE.dynamic && footer.type !== VHD_TYPE.differencing) {
    throw file.wrong('disk type', 60, '2, 3 or 4', footer.type);
  }
  const header = await file.structure(VHD_DYNAMIC, Number(footer.dataOffset), false);
  const { blockSize, entries } = header;
  if (blockSize < SECTOR || blockSize > LARGEST_BLOCK || (blockSize & (blockSize - 1)) !== 0) {
    throw file.wrong('block size', Number(footer.dataOffset) + 32, 'a power of two from 512 to 256 MiB', blockSize);
  }
  const bytes = await file.bytes(Number(footer.dataOffset), VHD_DYNAMIC.size, VHD_DYNAMIC.name);
  if (header.checksum !== sumOf(bytes, VHD_DYNAMIC_CHECKSUM_AT)) {
    troubles.push(
      file.wrong('dynamic header checksum', Number(footer.dataOffset) + 36, 'the sum of the header', 'another'),
    );
  }
  const differs = footer.type === VHD_TYPE.differencing;
  const parent = differs ? await openParent(file, folder, parentName(header.parentName), null) : null;
  troubles.push(...(parent?.troubles ?? []));
  const bitmap = Math.ceil(blockSize / SECTOR / 8 / SECTOR) * SECTOR;
  const map = { file, tableOffset: Number(header.tableOffset), entries, blockSize, bitmap, parent };
  const disk = mappedSource(source.name, { size, extentAt: (offset, wanted) => extentAt(map, offset, size, wanted) });
  // It takes one for dynamic, and zeros for what is the parent's. Asked of QEMU 10.0
  return { disk, troubles, byQemu: differs ? 'shows-none' : 'writes' };
}

interface VhdMap {
  readonly file: ImageFile;
  readonly tableOffset: number;
  readonly entries: number;
  /** Bytes. */
  readonly blockSize: number;
  /** Bytes in front of each block. */
  readonly bitmap: number;
  readonly parent: Parent | null;
}

async function extentAt(map: VhdMap, offset: number, size: number, wanted: number): Promise<Extent> {
  const { file, tableOffset, entries, blockSize, bitmap, parent } = map;
  const index = Math.floor(offset / blockSize);
  const from = offset - index * blockSize;
  const entryAt = tableOffset + index * 4;
  // Behind its end, or that of the file, nothing of the table is there.
  if (index >= entries || !file.has(entryAt, 4)) return { kind: 'unread', why: NOT_IN_FILE, length: size - offset };
  const entry = (await file.table(entryAt, 4))?.getUint32(0);
  const isFree = (view: DataView, at: number): boolean => view.getUint32(at) === VHD_FREE;
  const most = Math.min(entries - index, Math.ceil((from + wanted) / blockSize));
  const alike = entry === VHD_FREE ? await file.alike(entryAt, 4, most, isFree) : 1;
  const length = Math.min(alike * blockSize - from, size - offset);
  if (entry === VHD_FREE) return parent ? parentExtent(parent, offset, length) : { kind: 'zero', length };
  const start = (entry ?? 0) * SECTOR;
  const at = start + bitmap + from;
  if (entry === undefined || at >= file.source.size) return { kind: 'unread', why: NOT_IN_FILE, length };
  const there = Math.min(length, file.source.size - at);
  if (parent === null) return { kind: 'data', source: file.source, at, length: there };
  const bits = await file.table(start, bitmap);
  if (bits === null) return { kind: 'unread', why: NOT_IN_FILE, length };
  const isOwn = (sector: number): boolean => ((bits.getUint8(sector >> 3) >> (7 - (sector & 7))) & 1) === 1;
  const first = Math.floor(from / SECTOR);
  let end = first + 1;
  while (end * SECTOR < from + there && isOwn(end) === isOwn(first)) end++;
  const run = Math.min(end * SECTOR - from, there);
  return isOwn(first) ? { kind: 'data', source: file.source, at, length: run } : parentExtent(parent, offset, run);
}

/** The footer at the end, else its copy at the front. Old Virtual PC wrote one of 511 bytes. */
async function soundFooter(
  file: ImageFile,
): Promise<{ readonly footer: Footer; readonly trouble: FormatError | null }> {
  const places = [file.source.size - VHD_FOOTER.size, 0, file.source.size - VHD_FOOTER.size + 1];
  let trouble: FormatError | null = null;
  for (const place of places) {
    const there = Math.min(VHD_FOOTER.size, file.source.size - place);
    if (!file.has(place, there)) continue;
    const bytes = new Uint8Array(VHD_FOOTER.size);
    bytes.set(await file.bytes(place, there, VHD_FOOTER.name));
    const footer = decodeFooter(bytes, file.place(place, VHD_FOOTER.name));
    if (footer !== null) return { footer, trouble: trouble ?? (await copyTrouble(file, place, bytes, footer)) };
    trouble ??= file.wrong(VHD_FOOTER.name, place, 'a footer with a sound checksum', 'none');
  }
  throw trouble ?? file.wrong(VHD_FOOTER.name, 0, 'a footer', 'a file that is too short');
}

/** The copy in front of any disk but a fixed one, where it is not what the footer at the end is. */
async function copyTrouble(
  file: ImageFile,
  place: number,
  footer: Uint8Array,
  { type }: Footer,
): Promise<FormatError | null> {
  if (place === 0 || type === VHD_TYPE.fixed) return null;
  const copy = await file.bytes(0, VHD_FOOTER.size, VHD_FOOTER.name);
  if (copy.every((byte, i) => byte === footer[i])) return null;
  return file.wrong(VHD_FOOTER.name, 0, 'a copy of the footer at the end', 'another: that at the end counts');
}

function decodeFooter(bytes: Uint8Array, place: Place): Footer | null {
  const footer = read(VHD_FOOTER, bytes, false, place);
  const sound = ascii(footer.cookie) === 'conectix' && footer.checksum === sumOf(bytes, VHD_CHECKSUM_AT);
  return sound ? footer : null;
}

function shownSize({ creator, cylinders, heads, sectorsPerTrack }: Footer, size: number): number {
  const sectors = cylinders * (heads[0] ?? 0) * (sectorsPerTrack[0] ?? 0);
  const byGeometry = BY_GEOMETRY.includes(ascii(creator)) && sectors > 0 && sectors < MOST_SECTORS;
  return byGeometry ? Math.min(sectors * SECTOR, size) : size;
}

/** Ones' complement of the sum of all bytes but those of the checksum itself. */
function sumOf(bytes: Uint8Array, checksumAt: number): number {
  let sum = 0;
  for (const [i, byte] of bytes.entries()) if (i < checksumAt || i >= checksumAt + 4) sum += byte;
  return ~sum >>> 0;
}

function parentName(bytes: Uint8Array): string {
  const [name = ''] = new TextDecoder('utf-16be').decode(bytes).split('\0');
  return name;
}
