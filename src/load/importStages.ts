import { ZfsUberError } from '../bytes/errors.ts';
import { openMosThrough, unread, vdevTreeIn } from '../dataset/openMos.ts';
import type { PoolReaders } from '../dataset/poolReaders.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import { leavesOf, vdevHealth } from '../pool/vdevHealth.ts';
import { type Candidate, carriers } from './candidates.ts';
import { type MatchedTree, matchMosTree } from './mosTree.ts';
import { openedTree } from './openedTree.ts';

/**
 * `all` with what the second load of an import finds and the first does not.
 *
 * `zpool import` loads twice. The first load starts from the tree of the labels, where a leaf may be closed that was
 * in use earlier; what it opens is the newest uberblock up to the txg asked for. The second starts from the config in
 * the MOS of that one: where the leaf is open in it, its uberblocks count again, and of those the newest up to the txg
 * asked for is loaded, from devices as that config has them.
 *
 * @param all candidates of `pool`, newest first, as the labels give them
 * @returns the same where no leaf is closed
 * Source: lib/libzfs/libzfs_import.c, zpool_refresh_config; module/zfs/spa.c, spa_tryimport, spa_ld_trusted_config
 */
export async function throughSecondLoad(
  pool: Pool,
  all: readonly Candidate[],
  readers: PoolReaders,
  signal?: AbortSignal,
): Promise<readonly Candidate[]> {
  const { root, devices } = pool;
  const unseen = all.filter(({ seen }) => !seen);
  if (root === null || unseen.length === 0) return all;
  const labels = openedTree(root, devices);
  if (!opens(labels)) return all;
  const trees = new Map<Candidate, MatchedTree | null>();
  const taken = new Map<Candidate['txg'], { readonly loaded: Candidate; readonly tree: MatchedTree }>();
  for (const txg of new Set(unseen.map((each) => each.txg))) {
    const first = all.find((each) => each.taken && each.txg <= txg);
    if (first === undefined) continue;
    const known = trees.get(first);
    const tree = known === undefined ? await treeOf(first) : known;
    trees.set(first, tree);
    if (tree === null) continue;
    const leaves = new Set([...leavesOf(tree.root)].map(({ device }) => device));
    const loaded = all.find((each) => each.txg <= txg && [...carriers(each)].some((device) => leaves.has(device)));
    if (loaded?.txg === txg && loaded !== first) taken.set(txg, { loaded, tree });
  }
  if (taken.size === 0) return all;
  return all.map((each) => {
    const second = taken.get(each.txg);
    if (second === undefined) return each;
    const { loaded, tree } = second;
    return each === loaded ? { ...each, taken: true, startsFrom: tree } : { ...each, taken: false };
  });

  /** Null where it does not read: then the second load starts from the labels too. */
  async function treeOf({ uberblock: { rootbp, raidzReflow } }: Candidate): Promise<MatchedTree | null> {
    if (root === null) return null;
    try {
      const { mos } = await openMosThrough(readers, unread(labels, raidzReflow), rootbp, signal);
      const tree = await vdevTreeIn(mos, signal);
      return tree === null ? null : matchMosTree(tree, root, devices);
    } catch (error) {
      if (error instanceof ZfsUberError) return null;
      throw error;
    }
  }
}

const opens = ({ children }: VdevNode): boolean =>
  children.every((top) => top.role === 'log' || top.config.type === 'missing' || vdevHealth(top) !== 'missing');
