import type { Child, Tree } from './children.ts';
import { compose, fatalSummary, type Ordered } from './summary.ts';
import type { DatasetRef } from './verifyMemo.ts';
import type { Walk } from './walk.ts';
import { HEAD, type Node, newNode, SUBTREE } from './walkNode.ts';

/** Datasets whose blocks wait at once. */
const DATASETS = 4096;
/** Share of the whole traversal that is the datasets'; the rest is the MOS'. */
const SHARE = 0.9;

/** The traversal of all datasets, after that of the MOS which they stand in. */
export class DatasetWalk {
  readonly #walk: Walk;
  readonly #minTxg: number;

  constructor(walk: Walk, minTxg: number) {
    this.#walk = walk;
    this.#minTxg = minTxg;
  }

  /** What is wrong in them, in the order of their objects: `order` is the place in `refs`. */
  async all(refs: readonly DatasetRef[]): Promise<Ordered[]> {
    const weight = refs.reduce((sum, ref) => sum + ref.weight, 0);
    const parts: Ordered[] = [];
    for (let from = 0; from < refs.length; from += DATASETS) {
      await this.#some(refs.slice(from, from + DATASETS), weight);
    }
    for (const [order, { found = null }] of refs.entries()) if (found !== null) parts.push({ order, part: found });
    return parts;
  }

  /** @param weight of all, not of these alone */
  async #some(refs: readonly DatasetRef[], weight: number): Promise<void> {
    const asked: { readonly node: Node; readonly ref: DatasetRef }[] = [];
    for (const ref of refs) {
      const share = (SHARE * ref.weight) / weight;
      if (ref.found !== undefined) {
        this.#walk.share += share;
        continue;
      }
      const min = Math.max(this.#minTxg, ref.previousSnapshotTxg);
      const tree: Tree = { mos: false, objset: ref.id, min };
      const node = newNode(null, 0, tree, true, null, share, false);
      if (ref.broken !== null) node.parts.push({ order: 0, part: fatalSummary(ref.broken, true) });
      else this.#begin(node, ref);
      if (node.pending === 0) this.#walk.share += node.share;
      asked.push({ node, ref });
    }
    await this.#walk.work();
    for (const { node, ref } of asked) ref.found = compose(node.parts);
  }

  #begin(node: Node, ref: DatasetRef): void {
    const { view, at, littleEndian, snapshot } = ref;
    const { scan, memory } = this.#walk.setting;
    const child: Child = { view, at, littleEndian, order: 1, object: 0, level: 0, blockId: 0, role: 'root' };
    scan.at(view, at, littleEndian);
    if (snapshot || scan.hole || scan.redacted || !scan.valid) {
      this.#walk.take(node, child);
      return;
    }
    // The log's head is read before anything else, and whatever the block's age is.
    const below = scan.birth === 0 || scan.birth > node.tree.min;
    const size = scan.psize;
    const head = memory.markOf(child, HEAD, 0, true);
    const known = memory.logAt(head);
    if (known !== undefined) {
      if (known !== null) node.parts.push({ order: 0, part: known });
      if (below && known?.fatal == null) this.#walk.take(node, child);
      return;
    }
    const question = this.#walk.questionOf(head);
    if (question !== null) {
      this.#walk.waitFor(question, node, () => this.#begin(node, ref));
      return;
    }
    const mark = memory.markOf(child, SUBTREE, node.tree.min, true);
    const subtree = below && !memory.settle(node, child, mark, 'object set');
    this.#walk.push({ node, child, role: 'object set', mark, head: { mark: head, order: 0, subtree }, size });
  }
}
