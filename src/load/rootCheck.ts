import { ChecksumError, FormatError, UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import { unread } from '../dataset/openMos.ts';
import type { PoolReaders } from '../dataset/poolReaders.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { decodeObjset } from '../format/objset.ts';
import { type Attempt, type BlockReader, UnavailableBlockError } from '../pool/blockRead.ts';
import { type ErrorCause, errorCause } from '../pool/errorCause.ts';
import type { Candidate } from './candidates.ts';
import type { MatchedTree } from './mosTree.ts';
import type { RootCheck, RootState } from './rootState.ts';

export { NOT_CHECKED, type RootCheck, type RootState } from './rootState.ts';

/** Root blocks read at once: enough to keep a disk busy, few enough to hold in memory. */
const AT_ONCE = 8;

/**
 * Reads the root block of every candidate, each distinct one once, the newest candidate's first.
 *
 * @param onChecked after each root block: done and all, for a progress line
 * @returns by `Candidate.rootKey`
 */
export async function checkRoots(
  candidates: readonly Candidate[],
  reader: BlockReader,
  options: { readonly signal?: AbortSignal; readonly onChecked?: (done: number, all: number) => void } = {},
): Promise<ReadonlyMap<string, RootCheck>> {
  const roots = new Map<string, Blkptr>();
  for (const { rootKey, uberblock } of candidates) if (!roots.has(rootKey)) roots.set(rootKey, uberblock.rootbp);
  const checks = new Map<string, RootCheck>();
  const queue = roots.entries();
  const work = async (): Promise<void> => {
    for (const [key, bp] of queue) {
      options.signal?.throwIfAborted();
      checks.set(key, await checkRoot(bp, reader, options.signal));
      options.onChecked?.(checks.size, roots.size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return checks;
}

/** Who reads the root blocks of a load that starts from that tree. */
export const readerFor = (
  startsFrom: MatchedTree | null,
  labels: BlockReader,
  readers: PoolReaders | null,
): BlockReader => (startsFrom === null || readers === null ? labels : readers.open(unread(startsFrom.root)).reader);

/**
 * Reads one root block and recognises the meta-object set in it. Says nothing about what that points to.
 *
 * Source: module/zfs/spa.c, spa_ld_open_rootbp; module/zfs/dmu_objset.c, dmu_objset_open_impl
 */
export async function checkRoot(bp: Blkptr, reader: BlockReader, signal?: AbortSignal): Promise<RootCheck> {
  const copies = bp.dvas.map(({ vdev, offset }) => `${vdev}:${(offset * 512n).toString(16)}`);
  const failed = (state: RootState, error: ZfsUberError, attempts: readonly Attempt[] = []): RootCheck => ({
    state,
    attempts,
    copies,
    error,
  });
  try {
    checkPointer(bp);
    const { bytes, attempts } = await reader.read(bp, signal);
    try {
      const { type } = decodeObjset(bytes, bp.littleEndian, bp.place);
      if (type !== 'meta') throw new FormatError('format-value', 'type of the object set', 'meta', type, bp.place);
    } catch (error) {
      if (error instanceof FormatError) return failed('corrupted', error, attempts);
      throw error;
    }
    return { state: 'reads', attempts, copies, error: null };
  } catch (error) {
    if (error instanceof UnavailableBlockError) {
      return failed(LOST[errorCause(error)], error, error.attempts);
    }
    if (error instanceof ChecksumError) return failed('destroyed', error);
    if (error instanceof FormatError) return failed('corrupted', error);
    if (error instanceof UnsupportedError) return failed('unsupported', error);
    // Any other trouble that has a name, a limit or a source that failed, leaves the question open.
    if (error instanceof ZfsUberError) return failed('unsupported', error);
    throw error;
  }
}

/** What became of a block of which no copy is sound, by why. */
const LOST: Readonly<Record<ErrorCause, RootState>> = {
  'missing-device': 'missing-devices',
  'failed-read': 'unread',
  damage: 'destroyed',
  unsupported: 'unsupported',
};

/** A root block pointer leads to an object set on disk; there is no other kind. */
function checkPointer(bp: Blkptr): void {
  if (bp.hole) throw new FormatError('format-value', 'root block pointer', 'a block', 'a hole', bp.place);
  if (bp.type !== OBJECT_TYPE.objset || bp.level !== 0) {
    const expected = `type ${OBJECT_TYPE.objset} (DMU objset), level 0`;
    const found = `type ${bp.type}, level ${bp.level}`;
    throw new FormatError('format-value', 'root block pointer', expected, found, bp.place);
  }
}
