import type { ZfsUberError } from '../../bytes/errors.ts';
import type { Guid } from '../../bytes/units.ts';
import { openPoolAt } from '../../dataset/openAt.ts';
import type { OpenBlocks } from '../../dataset/poolReaders.ts';
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
}

/** Good blocks that are enough: one would be, by its checksum. */
const ENOUGH = 16;

/**
 * Tries whether a device of which no label says so is a leaf of the pool: as much of the leaf's siblings is withheld as
 * redundancy makes up for, so that blocks are read from the device, and what is read has checksums.
 *
 * @param candidate at which it is tried
 * @throws ZfsUberError when the pool does not open at that txg with the other devices; the reason of `signal`
 */
export async function tryLeaf(
  pool: Pool,
  labelRoot: VdevNode,
  candidate: Candidate,
  guid: Guid,
  device: DeviceSurvey,
  { open }: OverlayBlocks,
  signal?: AbortSignal,
): Promise<LeafTrial> {
  const { view, choice } = await openPoolAt(pool, labelRoot, candidate.uberblock, open, { signal });
  const found = { known: false, good: 0, wrong: 0 };
  if (view.vdevTree === null) return found;
  const { root } = bindLeaves(view.vdevTree, pool, new Map([[guid, device]]), new Set());
  const top = root.children.find((each) => [...leavesOf(each)].some(({ config }) => config.guid === guid));
  if (top === undefined) return found;
  const alone = { ...root, children: root.children.map((each) => (each === top ? withheld(top, guid) : each)) };
  let [good, wrong] = [0, 0];
  const count = (attempts: readonly Attempt[]): void => {
    for (const { place, outcome } of attempts) {
      if (place?.source !== device.source.name) continue;
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
    for await (const dataset of opened.view.datasets({ signal, onTrouble })) {
      if (good >= ENOUGH) break;
      await opened.view.objset(dataset, signal).catch(onTrouble);
    }
  } catch (error) {
    if (!(error instanceof UnavailableBlockError)) throw error;
  }
  return { known: true, good, wrong };
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

function counted(reader: BlockReader, count: (attempts: readonly Attempt[]) => void): BlockReader {
  return {
    verify: (bp, signal) => reader.verify(bp, signal),
    async read(bp, signal) {
      try {
        const read = await reader.read(bp, signal);
        count(read.attempts);
        return read;
      } catch (error) {
        if (error instanceof UnavailableBlockError) count(error.attempts);
        throw error;
      }
    },
  };
}
