import { read } from '../bytes/struct.ts';
import { SECTOR } from '../bytes/units.ts';
import type { ForeignSignature } from './foreign.ts';
import { BCACHE, BCACHE_MAGIC_AT, DRBD, DRBD_MAGIC_AT, MD_0_90, MD_1, MD_RAID1 } from './layers.layout.ts';
import { readOrNull } from './readOrNull.ts';
import type { ByteSource } from './source.ts';

/**
 * Where the device ends that another layer makes of `source`, whose metadata stands behind it: DRBD with internal metadata,
 * a leg of an md RAID1 with its superblock at the end, a gmirror or glabel of FreeBSD. Such a device begins where the source
 * does, and a vdev on it has its last labels there.
 *
 * @param signatures of the source itself, their offsets counted in it
 * @returns bytes; null where there is no such layer, or what it says cannot be
 */
export async function innerEnd(
  source: ByteSource,
  signatures: readonly ForeignSignature[],
  signal?: AbortSignal,
): Promise<number | null> {
  for (const signature of signatures) {
    const end = await endBy(source, signature, signal);
    // What is said is a stranger's word.
    if (end !== null && end > 0n && end < BigInt(source.size) && end <= BigInt(signature.offset)) return Number(end);
  }
  return null;
}

async function endBy(source: ByteSource, { kind, name, offset }: ForeignSignature, signal?: AbortSignal) {
  const place = { source: source.name, offset, path: [name] };
  const bytesAt = (at: number, length: number) => readOrNull(source, at, length, signal);
  const sectors = (count: bigint): bigint => count * BigInt(SECTOR);
  switch (kind) {
    case 'drbd': {
      const bytes = await bytesAt(offset - DRBD_MAGIC_AT, DRBD.size);
      return bytes && sectors(read(DRBD, bytes, false, place).sectors);
    }
    case 'geom':
      return /gmirror|glabel/.test(name) ? BigInt(offset) : null;
    case 'md':
      if (name.endsWith('0.90')) {
        const bytes = await bytesAt(offset, MD_0_90.size);
        if (bytes === null) return null;
        // The first byte of the magic, which is known, tells the byte order.
        const { level, size } = read(MD_0_90, bytes, bytes[0] === 0xfc, place);
        return level === MD_RAID1 ? BigInt(size) * 1024n : null;
      } else {
        const bytes = await bytesAt(offset, MD_1.size);
        if (bytes === null) return null;
        const { level, dataOffset, dataSize } = read(MD_1, bytes, true, place);
        return level === MD_RAID1 && dataOffset === 0n ? sectors(dataSize) : null;
      }
    default:
      return null;
  }
}

/**
 * Where the data begins of a layer whose metadata stands in front: md RAID1 of versions 1.1 and 1.2, bcache.
 *
 * @returns bytes of `source`; null where there is no such layer, or what it says cannot be
 */
export async function dataStart(
  source: ByteSource,
  { kind, name, offset }: ForeignSignature,
  signal?: AbortSignal,
): Promise<number | null> {
  const place = { source: source.name, offset, path: [name] };
  let sectors: bigint | null = null;
  if (kind === 'md' && !name.endsWith('0.90')) {
    const bytes = await readOrNull(source, offset, MD_1.size, signal);
    const { level, dataOffset } = bytes === null ? { level: null, dataOffset: 0n } : read(MD_1, bytes, true, place);
    sectors = level === MD_RAID1 ? dataOffset : null;
  } else if (kind === 'bcache') {
    const bytes = await readOrNull(source, offset - BCACHE_MAGIC_AT, BCACHE.size, signal);
    sectors = bytes && read(BCACHE, bytes, true, place).dataOffset;
  }
  const start = (sectors ?? 0n) * BigInt(SECTOR);
  return start > 0n && start < BigInt(source.size) ? Number(start) : null;
}
