import type { Engine } from '../block/engine.ts';
import type { BlockCheck } from '../block/verifyBlock.ts';
import { GangHeaderCheck, OLD_GANG_HEADER } from '../block/verifyBlock.ts';
import { FormatError, LimitError } from '../bytes/errors.ts';
import { inside } from '../bytes/place.ts';
import { Blkptr, type Dva } from '../format/blkptr.ts';

/** Headers of one gang tree, one below another. OpenZFS has no limit; a tree this deep was never made by a full disk. */
const MAX_GANG_DEPTH = 16;
const TRAILER = 40;

/** What a gang tree needs of the reader. */
export interface GangReads {
  readonly engine: Engine;
  /** Bytes of the smallest allocation of a top-level vdev: what a header written there may fill. */
  headerSize(dva: Dva): number;
  /** Bytes at the copies of `bp` for which `check` holds. @throws UnavailableBlockError when there are none */
  readCopies(bp: Blkptr, size: number, check: BlockCheck): Promise<Uint8Array>;
  /** As {@link readCopies}, of a member that is no gang block itself, after checking its pointer. */
  readMember(bp: Blkptr): Promise<Uint8Array>;
  /** @throws FormatError for a pointer that cannot be followed */
  checkPointer(bp: Blkptr): void;
}

/**
 * Puts together a block that was written in pieces because no free space was large enough: a header with block pointers
 * stands in its place, and pieces can again be such blocks.
 *
 * Each piece has its own checksum. That of `bp` over the whole is not looked at, as OpenZFS does not.
 *
 * @returns `psize` bytes
 * @throws UnavailableBlockError for the header or piece that nothing supplies; FormatError when sizes do not add up;
 *   LimitError beyond {@link MAX_GANG_DEPTH}, or when `reads` is tired of them
 * Source: module/zfs/zio.c, zio_gang_tree_assemble and zio_gang_tree_issue
 */
export async function readGang(bp: Blkptr, reads: GangReads): Promise<Uint8Array> {
  const whole = new Uint8Array(bp.psize);
  await assemble(bp, whole, reads, new Set());
  return whole;
}

/**
 * Fills `into` with the members of `bp`, each header's in turn.
 *
 * @param headers addresses of those that were read: a header has one place in one block, and few of them that lead to
 *   each other by all their members would make millions of pieces
 */
async function assemble(
  bp: Blkptr,
  into: Uint8Array,
  reads: GangReads,
  headers: Set<string>,
  depth = 0,
): Promise<void> {
  if (depth >= MAX_GANG_DEPTH) throw new LimitError(`gang headers nested deeper than ${MAX_GANG_DEPTH}`, bp.place);
  for (const { vdev, offset } of bp.dvas) {
    const address = `${vdev}:${offset}`;
    if (headers.has(address)) {
      throw new LimitError(`gang header ${address} is met twice in one block`, bp.place);
    }
    headers.add(address);
  }
  const members = await readHeader(bp, reads);
  let at = 0;
  for (const member of members) {
    if (member.hole) continue;
    const size = member.psize;
    if (member.embedded || at + size > into.length) {
      const found = member.embedded ? 'an embedded block' : `${at + size} bytes`;
      throw new FormatError('format-bounds', 'members of a gang block', `${into.length} bytes`, found, member.place);
    }
    reads.checkPointer(member);
    const piece = into.subarray(at, at + size);
    if (member.gang) await assemble(member, piece, reads, headers, depth + 1);
    else piece.set(await reads.readMember(member));
    at += size;
  }
  if (at !== into.length) {
    throw new FormatError('format-bounds', 'members of a gang block', `${into.length} bytes`, `${at}`, bp.place);
  }
}

async function readHeader(bp: Blkptr, reads: GangReads): Promise<Blkptr[]> {
  const size = Math.max(OLD_GANG_HEADER, Math.min(...bp.dvas.map((dva) => reads.headerSize(dva))));
  const check = new GangHeaderCheck(bp, size, reads.engine);
  const header = await reads.readCopies(bp, size, check);
  const count = Math.floor((check.size - TRAILER) / Blkptr.SIZE);
  return Array.from({ length: count }, (_, i) => {
    const at = i * Blkptr.SIZE;
    const place = inside(bp.place, `gang member ${i}`);
    return new Blkptr(header.subarray(at, at + Blkptr.SIZE), check.littleEndian, place);
  });
}
