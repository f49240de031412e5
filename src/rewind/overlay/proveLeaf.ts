import type { ZfsUberError } from '../../bytes/errors.ts';
import type { Guid } from '../../bytes/units.ts';
import type { WalkOptions } from '../../dataset/block.ts';
import type { Objset } from '../../dataset/objset.ts';
import { openPoolAt } from '../../dataset/openAt.ts';
import { orNull } from '../../dataset/orNull.ts';
import type { OpenBlocks } from '../../dataset/poolReaders.ts';
import type { Blkptr } from '../../format/blkptr.ts';
import type { Candidate } from '../../load/candidates.ts';
import { type Attempt, type BlockReader, UnavailableBlockError } from '../../pool/blockRead.ts';
import type { Pool, VdevNode } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { leavesOf, spareable } from '../../pool/vdevHealth.ts';
import { bindLeaves } from './bindLeaves.ts';
import type { OverlayBlocks } from './chosenUberblock.ts';

/** What a trial found. */
export interface LeafTrial {
  /** The tree of that txg has such a leaf. */
  readonly known: boolean;
  /** Blocks that the device supplied and whose checksums hold, and those that it supplied and do not. */
  readonly good: number;
  readonly wrong: number;
  /** They say that it is: of another device none verifies, but for blocks of a raidz that are the same in several columns. */
  readonly isLeaf: boolean;
}

/** Good blocks that are enough: one would be, by its checksum. */
const ENOUGH = 16;
/** Pointers looked at for blocks that tell one leg of a raidz from another. */
const MOST_LOOKED = 65_536;

/** The pool as its labels would tell of it if those devices had theirs. @param assumed devices by guid of the leaf */
export function withAssumed(pool: Pool, assumed: ReadonlyMap<Guid, DeviceSurvey>): Pool {
  const placed = (node: VdevNode): VdevNode => ({
    ...node,
    device: node.device ?? (node.children.length === 0 ? (assumed.get(node.config.guid) ?? null) : null),
    children: node.children.map(placed),
  });
  return { ...pool, root: pool.root && placed(pool.root) };
}

/**
 * Tries whether a device of which no label says so is a leaf of the pool: as much of the leaf's siblings is withheld as
 * redundancy makes up for, so that blocks are read from the device, and what is read has checksums.
 *
 * @param pool with the device as that leaf, or without it
 * @param candidate at which it is tried
 * @param assumed devices by guid of the leaf, that one among them
 * @throws ZfsUberError when the pool does not open at that txg; the reason of `signal`
 */
export async function tryLeaf(
  pool: Pool,
  labelRoot: VdevNode,
  candidate: Candidate,
  guid: Guid,
  assumed: ReadonlyMap<Guid, DeviceSurvey>,
  { open }: OverlayBlocks,
  signal?: AbortSignal,
): Promise<LeafTrial> {
  const { view, choice } = await openPoolAt(pool, labelRoot, candidate.uberblock, open, { signal });
  const found = { known: false, good: 0, wrong: 0, isLeaf: false };
  if (view.vdevTree === null) return found;
  const { root } = bindLeaves(view.vdevTree, pool, assumed, new Set());
  const top = root.children.find((each) => [...leavesOf(each)].some(({ config }) => config.guid === guid));
  if (top === undefined) return found;
  const alone = { ...root, children: root.children.map((each) => (each === top ? withheld(top, guid) : each)) };
  let [good, wrong] = [0, 0];
  const shortest = sameOnAll(top);
  const tells = (bp: Blkptr): boolean => bp.psize > shortest;
  const count = (bp: Blkptr, attempts: readonly Attempt[]): void => {
    if (!tells(bp)) return;
    for (const { place, outcome } of attempts) {
      if (place?.source !== assumed.get(guid)?.source.name) continue;
      if (outcome === 'good') good++;
      if (outcome === 'wrong') wrong++;
    }
  };
  const counting: OpenBlocks = (tree, more) => counted(open(tree, more), count);
  const watched = { ...pool, root: alone };
  try {
    const opened = await openPoolAt(
      watched,
      alone,
      candidate.uberblock,
      (_, more) => counting(alone, { ...choice, ...more }),
      {
        signal,
        onTrouble: () => {},
      },
    );
    const onTrouble = (_: ZfsUberError): void => {};
    const objsets: Objset[] = [];
    for await (const dataset of opened.view.datasets({ signal, onTrouble })) {
      if (good >= ENOUGH) break;
      const objset = await orNull(() => opened.view.objset(dataset, signal));
      if (objset !== null) objsets.push(objset);
    }
    if (shortest > 0) {
      let looked = 0;
      for await (const { bp, cache } of blocksOf([opened.view.mos.objset, ...objsets], { signal, onTrouble })) {
        if (good >= ENOUGH || looked++ >= MOST_LOOKED) break;
        if (tells(bp)) await orNull(() => cache.read(bp, signal));
      }
    }
  } catch (error) {
    if (!(error instanceof UnavailableBlockError)) throw error;
  }
  return { known: true, good, wrong, isLeaf: shortest > 0 ? good > wrong : good > 0 };
}

/** Of a raidz or dRAID parity equals content where that is one sector: such a block tells no leg from another. */
function sameOnAll({ config: { type, ashift } }: VdevNode): number {
  return type === 'raidz' || type === 'draid' ? 2 ** (ashift ?? 9) : 0;
}

async function* blocksOf(objsets: readonly Objset[], options: WalkOptions) {
  for (const objset of objsets) {
    for await (const object of objset.objects(options)) {
      for await (const { bp } of object.pointers({}, options)) yield { bp, cache: object.cache };
    }
  }
}

/** A vdev without as many leaves as it can spare, the one that is tried left in. */
function withheld(node: VdevNode, guid: Guid): VdevNode {
  const holds = (child: VdevNode): boolean => [...leavesOf(child)].some(({ config }) => config.guid === guid);
  let spare = spareable(node);
  // What is missing already is spared.
  for (const child of node.children) {
    if (!holds(child) && [...leavesOf(child)].every(({ device }) => device === null)) spare--;
  }
  const children = node.children.map((child) => {
    if (holds(child)) return withheld(child, guid);
    if (spare <= 0 || [...leavesOf(child)].every(({ device }) => device === null)) return child;
    spare--;
    return empty(child);
  });
  return { ...node, children };
}

const empty = (node: VdevNode): VdevNode => ({ ...node, device: null, children: node.children.map(empty) });

function counted(reader: BlockReader, count: (bp: Blkptr, attempts: readonly Attempt[]) => void): BlockReader {
  return {
    verify: (bp, signal) => reader.verify(bp, signal),
    async read(bp, signal) {
      try {
        const read = await reader.read(bp, signal);
        count(bp, read.attempts);
        return read;
      } catch (error) {
        if (error instanceof UnavailableBlockError) count(bp, error.attempts);
        throw error;
      }
    },
  };
}
