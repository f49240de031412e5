import { inflate } from '../../block/gzip.ts';
import { unpackFrame } from '../../block/zstd.ts';
import { zstdFrameLength } from '../../block/zstdFrameLength.ts';
import { FormatError } from '../../bytes/errors.ts';
import type { ByteSource } from '../source.ts';
import { type ImageFile, NOT_IN_FILE } from './imageFile.ts';
import type { DiskMap, Extent } from './mapped.ts';
import { type Parent, parentExtent } from './parent.ts';
import { QCOW2_ENTRY } from './qcow2.layout.ts';

/** What of the header the mapping needs. */
export interface Qcow2 {
  readonly file: ImageFile;
  /** Where clusters lie that are not compressed. */
  readonly data: ByteSource;
  readonly clusterBits: number;
  readonly extendedL2: boolean;
  readonly zstd: boolean;
  readonly l1: { readonly offset: number; readonly entries: number };
  /** Bytes of the disk. */
  readonly size: number;
  readonly parent: Parent | null;
}

/** Entries of an L2 table looked at in one go. */
const L2_AHEAD = 512;
const SUBCLUSTERS = 32;

/** Where the bytes of the disk lie by L1 and L2. Source: QEMU, docs/interop/qcow2.rst, "Cluster mapping" */
export function qcow2Map(image: Qcow2): DiskMap {
  const { file, clusterBits, extendedL2, l1, size } = image;
  const cluster = 2 ** clusterBits;
  const entrySize = extendedL2 ? 16 : 8;
  const perL2 = cluster / entrySize;
  return {
    size,
    async extentAt(offset) {
      const index = Math.floor(offset / cluster);
      const outer = Math.floor(index / perL2);
      const restOfL2 = Math.min((outer + 1) * perL2 * cluster, size) - offset;
      const isListed = outer < l1.entries && file.has(l1.offset + outer * 8, 8);
      // Behind the end of the table, or of the file, none of it is there.
      if (!isListed) return { kind: 'unread', why: NOT_IN_FILE, length: size - offset };
      const l1Entry = await file.table(l1.offset + outer * 8, 8);
      if (l1Entry === null) return { kind: 'unread', why: NOT_IN_FILE, length: restOfL2 };
      const l2Offset = Number(l1Entry.getBigUint64(0) & QCOW2_ENTRY.offset);
      if (l2Offset === 0) return absent(image, offset, restOfL2);
      const inner = index % perL2;
      const count = Math.min(L2_AHEAD, perL2 - inner);
      const entries = await file.table(l2Offset + inner * entrySize, count * entrySize);
      const from = offset - index * cluster;
      if (entries === null)
        return { kind: 'unread', why: NOT_IN_FILE, length: Math.min(cluster - from, size - offset) };
      const found = entryExtent(image, entries, from);
      if (found !== null) return { ...found, length: Math.min(found.length, size - offset) };
      const length = absentRun(image, entries, count, from);
      return absent(image, offset, Math.min(length, size - offset));
    },
  };
}

/** What the first entry of `entries` says of the byte `from` of its cluster; null where it has nothing of its own. */
function entryExtent(image: Qcow2, entries: DataView, from: number): Extent | null {
  const { data, clusterBits, extendedL2 } = image;
  const cluster = 2 ** clusterBits;
  const entry = entries.getBigUint64(0);
  if ((entry & QCOW2_ENTRY.compressed) !== 0n) return packedCluster(image, entry, from);
  const host = Number(entry & QCOW2_ENTRY.offset);
  const stored = (length: number): Extent => {
    const fits = host % cluster === 0 && host + from + length <= data.size;
    if (fits) return { kind: 'data', source: data, at: host + from, length };
    // The last cluster of a file may be cut where the disk ends.
    const there = host % cluster === 0 ? Math.max(0, data.size - host - from) : 0;
    return there > 0
      ? { kind: 'data', source: data, at: host + from, length: there }
      : { kind: 'unread', why: NOT_IN_FILE, length };
  };
  if (!extendedL2) {
    if ((entry & QCOW2_ENTRY.zero) !== 0n) return { kind: 'zero', length: cluster - from };
    return entry === 0n ? null : stored(cluster - from);
  }
  const [zeros, stores] = [entries.getUint32(8), entries.getUint32(12)];
  const which = Math.floor((from * SUBCLUSTERS) / cluster);
  const isSet = (bitmap: number): boolean => ((bitmap >>> which) & 1) === 1;
  const length = subclusterRun(zeros, stores, which) * (cluster / SUBCLUSTERS) - from;
  if (isSet(zeros)) return { kind: 'zero', length };
  return isSet(stores) ? stored(length) : null;
}

/** Bytes from `from` of the first cluster on of which the image has nothing of its own. */
function absentRun({ clusterBits, extendedL2 }: Qcow2, entries: DataView, count: number, from: number): number {
  const cluster = 2 ** clusterBits;
  if (extendedL2) {
    const which = Math.floor((from * SUBCLUSTERS) / cluster);
    const end = subclusterRun(entries.getUint32(8), entries.getUint32(12), which);
    return (end * cluster) / SUBCLUSTERS - from;
  }
  let absents = 1;
  while (absents < count && entries.getBigUint64(absents * 8) === 0n) absents++;
  return absents * cluster - from;
}

/** End of the run of subclusters from `which` on of which both bitmaps say the same. */
function subclusterRun(zeros: number, stores: number, which: number): number {
  const state = (at: number): number => (((zeros >>> at) & 1) << 1) | ((stores >>> at) & 1);
  let end = which + 1;
  while (end < SUBCLUSTERS && state(end) === state(which)) end++;
  return end;
}

function packedCluster({ file, clusterBits, zstd }: Qcow2, entry: bigint, from: number): Extent {
  const cluster = 2 ** clusterBits;
  const width = BigInt(62 - (clusterBits - 8));
  const host = Number(entry & ((1n << width) - 1n));
  const sectors = Number((entry & (QCOW2_ENTRY.compressed - 1n)) >> width) + 1;
  const length = cluster - from;
  const stored = Math.min(sectors * 512 - (host % 512), file.source.size - host);
  if (stored <= 0) return { kind: 'unread', why: NOT_IN_FILE, length };
  const unit = async (): Promise<Uint8Array> => {
    const bytes = await file.source.read(host, stored);
    const place = file.place(host, 'compressed cluster');
    if (!zstd) return whole(inflate(bytes, cluster, 'raw', place), cluster, file, host);
    const frame = zstdFrameLength(bytes);
    if (frame === null) throw file.wrong('compressed cluster', host, 'a whole zstd frame', 'something else');
    return unpackFrame(bytes.subarray(0, frame), cluster, place);
  };
  return { kind: 'packed', key: host, from, unit, length };
}

/** @throws FormatError when a cluster unpacks to less than it holds */
function whole(bytes: Uint8Array, cluster: number, file: ImageFile, host: number): Uint8Array {
  if (bytes.length === cluster) return bytes;
  const place = file.place(host, 'compressed cluster');
  throw new FormatError('format-bounds', 'compressed cluster', `${cluster} bytes`, `${bytes.length}`, place);
}

/** Where the image has nothing of its own: its parent's bytes, and zeros behind the end of that. */
function absent({ parent }: Qcow2, offset: number, length: number): Extent {
  return parent === null ? { kind: 'zero', length } : parentExtent(parent, offset, length);
}
