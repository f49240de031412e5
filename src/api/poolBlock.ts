import type { BlockCheck } from '../block/verifyBlock.ts';
import { ChecksumError, type ChecksumWords, UsageError } from '../bytes/errors.ts';
import { asTxg, SECTOR, type Txg } from '../bytes/units.ts';
import { type Attempt, UnavailableBlockError } from '../pool/blockRead.ts';
import type { VdevNode } from '../pool/pool.ts';
import { type LayoutState, openLayouts } from '../pool/vdevLayouts.ts';

/** An address as `zdb -R` takes it. */
export interface RawBlockPlace {
  /** Id of the top-level vdev, then of the children on the way down: `[0]`, `[0, 1]` for one leg of a mirror. */
  readonly vdev: readonly number[];
  /** Byte offset from the start of the allocatable space, a multiple of 512. */
  readonly offset: bigint;
  /** Bytes as stored, a multiple of 512, at most 16 MiB. */
  readonly size: number;
  /** Txg in which the block was written: how wide an expanded raidz was then. Default: the txg of the view. */
  readonly birth?: bigint | null | undefined;
}

export interface RawBlock {
  readonly bytes: Uint8Array;
  /** Where the bytes came from and what was missing. */
  readonly attempts: readonly Attempt[];
  /** At which the address was understood. */
  readonly txg: Txg;
}

/** Source: include/sys/spa.h, SPA_MAXBLOCKSIZE */
const MAX_RAW = 16 * 1024 * 1024;

/** Nothing says what the bytes have to be. */
const ANY: BlockCheck = {
  matches: () => true,
  mismatch: (place) => new ChecksumError('no', NO_WORDS, NO_WORDS, place),
};
const NO_WORDS: ChecksumWords = [0n, 0n, 0n, 0n];

export async function readRawBlock(
  { vdev, offset, size, birth }: RawBlockPlace,
  root: VdevNode,
  state: LayoutState,
  txg: Txg,
  signal: AbortSignal | undefined,
): Promise<RawBlock> {
  const what = `${vdev.join('.')}:${offset.toString(16)}:${size.toString(16)}`;
  if (!(size >= SECTOR && size <= MAX_RAW && size % SECTOR === 0)) {
    throw new UsageError(`${what}: the size has to be a multiple of 0x200, at most 0x${MAX_RAW.toString(16)}`);
  }
  if (offset < 0n || offset % BigInt(SECTOR) !== 0n || offset > BigInt(Number.MAX_SAFE_INTEGER - size)) {
    throw new UsageError(`${what}: the offset has to be a multiple of 0x200 below 2^53`);
  }
  const layout = openLayouts(below(root, vdev, what), state)[vdev.length === 1 ? (vdev[0] ?? 0) : 0];
  const attempts: Attempt[] = [];
  const task = { check: ANY, birth: asTxg(birth ?? txg), scrub: false, signal, attempts };
  const bytes = await layout?.read(Number(offset), size, task);
  if (bytes == null) {
    const place = { source: layout?.name ?? what, offset: Number(offset), path: [] };
    throw new UnavailableBlockError(`nothing supplies the ${size} bytes at ${what}`, attempts, place);
  }
  return { bytes, attempts, txg };
}

/** A tree whose top-level vdev is the one asked for: the whole tree, or one child for itself. */
function below(root: VdevNode, way: readonly number[], what: string): VdevNode {
  let node = root;
  for (const id of way) {
    const child = node.children[id];
    if (child === undefined) {
      const ids = node.children.length === 0 ? 'it has none below' : `there are 0 to ${node.children.length - 1}`;
      throw new UsageError(`${what}: no vdev ${id}; ${ids}`);
    }
    node = child;
  }
  return way.length === 1 ? root : { ...root, children: [node] };
}
