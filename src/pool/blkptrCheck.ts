import { FormatError } from '../bytes/errors.ts';
import { DVA_WORD0 } from '../format/blkptr.layout.ts';
import type { Blkptr, Dva } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import { compressionKind } from '../format/compressionKinds.ts';
import { isKnownObjectType } from '../format/objectTypes.ts';
import type { VdevNode } from './pool.ts';

/** Source: include/sys/fs/zfs.h, SPA_MAXBLOCKSIZE */
const MAX_BLOCK = 16 * 1024 * 1024;
/** Source: include/sys/spa.h, BPE_PAYLOAD_SIZE and NUM_BP_EMBEDDED_TYPES */
const EMBEDDED_PAYLOAD = 112;
const EMBEDDED_KINDS = 3;

/**
 * Refuses a pointer that OpenZFS would not follow. A pointer that fails here although its block's checksum holds was
 * written that way: it is corrupted, not destroyed.
 *
 * @param tops the top-level vdevs, at the index of their id
 * @returns the copies to read; empty for holes and embedded blocks
 * @throws FormatError `format-value` for a field, `format-bounds` for a size or an address beyond its vdev
 * Source: module/zfs/zio.c, zfs_blkptr_verify
 */
export function checkBlkptr(bp: Blkptr, tops: readonly VdevNode[]): readonly Dva[] {
  if (!isKnownObjectType(bp.type)) throw wrong(bp, 'object type', 'one that OpenZFS has', bp.type);
  if (compressionKind(bp.compression) === null) throw wrong(bp, 'compression', 'one that OpenZFS has', bp.compression);
  if (bp.lsize > MAX_BLOCK) throw tooLarge(bp, 'logical size', bp.lsize, MAX_BLOCK);
  if (bp.embedded) {
    if (bp.checksum >= EMBEDDED_KINDS) throw wrong(bp, 'kind of embedded block', 'below 3', bp.checksum);
    if (bp.psize > EMBEDDED_PAYLOAD) throw tooLarge(bp, 'size of embedded block', bp.psize, EMBEDDED_PAYLOAD);
    return [];
  }
  if (bp.hole) return [];
  const kind = checksumKind(bp.checksum);
  // The first four are settings or belong to labels and gang headers: no function computes them over a block.
  if (kind === null || kind === 'inherit' || kind === 'on' || kind === 'label' || kind === 'gang_header') {
    throw wrong(bp, 'checksum', 'one that blocks have', kind ?? bp.checksum);
  }
  if (bp.psize > MAX_BLOCK) throw tooLarge(bp, 'physical size', bp.psize, MAX_BLOCK);
  const { dvas } = bp;
  // The first address must be set, whatever the others are.
  if (dvas.length === 0 || DVA_WORD0.asize(bp.word(0)) === 0n) throw wrong(bp, 'addresses', 'at least one', 'none');
  for (const dva of dvas) checkDva(bp, dva, tops);
  return dvas;
}

function checkDva(bp: Blkptr, dva: Dva, tops: readonly VdevNode[]): void {
  const top = tops[dva.vdev];
  if (top === undefined) throw wrong(bp, 'vdev of an address', `below ${tops.length}`, dva.vdev);
  const { type, asize } = top.config;
  if (type === 'hole') throw wrong(bp, 'vdev of an address', 'one that was not removed', dva.vdev);
  if (type === 'missing') return;
  // What a gang address allocates is the sum over its members, which lie elsewhere.
  const end = dva.offset * 512n + BigInt(dva.gang ? 512 : dva.asize);
  const limit = asize ?? BigInt(Number.MAX_SAFE_INTEGER);
  if (end > limit || end > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new FormatError(
      'format-bounds',
      'end of a block',
      `at most ${limit} on vdev ${dva.vdev}`,
      `${end}`,
      bp.place,
    );
  }
}

const wrong = (bp: Blkptr, what: string, expected: string, found: string | number): FormatError =>
  new FormatError('format-value', `${what} in block pointer`, expected, `${found}`, bp.place);

const tooLarge = (bp: Blkptr, what: string, size: number, limit: number): FormatError =>
  new FormatError('format-bounds', `${what} in block pointer`, `at most ${limit} bytes`, `${size}`, bp.place);
