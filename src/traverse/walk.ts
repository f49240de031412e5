import { FormatError, LimitError, type ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { Blkptr } from '../format/blkptr.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import type { BatchAnswer, BatchBlock, BlockBatches } from '../pool/blockBatch.ts';
import { likelyRoom } from '../pool/blockRead.ts';
import { isSilent } from '../source/source.ts';
import { type Child, isBlank, type PointerVisitor, type Tree, visitChildren, wrongContent } from './children.ts';
import { failureAt } from './failureAt.ts';
import { type WalkBeside, WalksInStep } from './inStep.ts';
import { KeptPointers } from './keptPointers.ts';
import type { PointerScan } from './pointerScan.ts';
import { type BlockRole, bareFatal, bareSummary, compose, fatalSummary, leafSummary, type Summary } from './summary.ts';
import type { Question } from './underWay.ts';
import { allDatasets, type DatasetRef, listedSize, MAX_DATASETS } from './verifyMemo.ts';
import type { WalkBudget } from './walkBudget.ts';
import type { WalkMemory } from './walkMemory.ts';
import {
  inOrder,
  LEAF,
  type Mark,
  MOS,
  type Node,
  newNode,
  pointerOf,
  roleOf,
  SUBTREE,
  type Wanted,
  wrongPlace,
} from './walkNode.ts';

/** Share of the whole traversal that is the MOS'. */
const MOS_SHARE = 0.1;

/**
 * What a block of pointers to content counts for in a batch, in its own size: each of them waits as some objects of twice
 * the size of a pointer, and as garbage until the collector comes.
 */
const WITH_CONTENT = 8;

export interface WalkSetting {
  readonly memory: WalkMemory;
  readonly scan: PointerScan;
  readonly batches: BlockBatches;
  /** Also read content that is not metadata. */
  readonly data: boolean;
  /** Blocks below a block born up to here are asked for at no other txg, except through it. */
  readonly oldestTxg: number;
  readonly budget: WalkBudget;
  readonly place: Place;
  readonly signal: AbortSignal | undefined;
  /** Called when a batch is done. */
  readonly onBatch: ((share: number) => void) | undefined;
}

/** Of an object set of which the log alone is wanted. */
const NOBODY: PointerVisitor = { passesOver: () => true, visit: () => undefined };

/** One traversal: reads what the memo does not know, and remembers it. */
export class Walk implements WalkBeside {
  readonly setting: WalkSetting;
  readonly #stack: Wanted[] = [];
  readonly #pointers = new KeptPointers();
  readonly #passesOver: PointerVisitor['passesOver'];
  /** Those that it goes on with. */
  readonly #inStep: WalksInStep;
  /** Nodes without one above them that are not done. */
  #open = 0;
  #datasets = 0;
  /** What is done, of all: 0 to 1. */
  share = 0;
  /** Blocks and bytes read and verified. */
  blocks = 0;
  bytes = 0;

  /** @param inStep traversals that know the same, and read by the same batches */
  constructor(setting: WalkSetting, inStep?: WalksInStep) {
    this.setting = setting;
    const { scan, data, batches, budget, place, signal } = setting;
    this.#inStep = inStep ?? new WalksInStep(batches, budget, place, signal);
    this.#inStep.join(this);
    this.#passesOver = data ? isBlank : (view, at, order) => scan.isPlain(view, at, order) || isBlank(view, at);
  }

  /** The MOS, from its root block; and which datasets it has. */
  async mos(
    rootbp: Blkptr,
    minTxg: number,
  ): Promise<{ readonly summary: Summary | null; readonly datasets: readonly DatasetRef[] }> {
    const tree: Tree = { mos: true, objset: 0, min: minTxg };
    const top = newNode(null, 0, tree, true, null, MOS_SHARE, true);
    const bytes = rootbp.bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const littleEndian = new Blkptr(bytes, true, rootbp.place).birth === rootbp.birth;
    this.take(top, { view, at: 0, littleEndian, order: 0, object: 0, level: 0, blockId: 0, role: 'root' });
    await this.work();
    return { summary: compose(top.parts), datasets: allDatasets(inOrder(top), rootbp.place) };
  }

  /** Works on all that was taken, in the order in which it was. */
  async work(): Promise<void> {
    this.#stack.reverse();
    if (this.#open > 0) await this.#inStep.work(this);
  }

  /** It takes part no longer. */
  end(): void {
    this.#inStep.leave(this);
  }

  /** It has blocks to be read. */
  get asks(): boolean {
    return this.#stack.length > 0;
  }

  /** Nothing is to be read any more. */
  drop(): void {
    this.#stack.length = 0;
  }

  /** Tells how far it has come. */
  tell(): void {
    this.setting.onBatch?.(this.share);
  }

  /** Takes over a child of a block: one that is known is settled, another will be read. */
  take(node: Node, child: Child): void {
    const { scan, data, memory } = this.setting;
    const { min } = node.tree;
    scan.at(child.view, child.at, child.littleEndian);
    if (scan.birth !== 0 && scan.birth <= min) return;
    if (!scan.valid) {
      this.#invalid(node, child);
      return;
    }
    if (scan.hole || (scan.redacted && child.role !== 'root')) return;
    if (wrongPlace(scan, child)) {
      const [wanted, found] = [`one of level ${child.level}`, `type ${scan.type}, level ${scan.level}`];
      const error = new FormatError('format-value', 'block pointer', wanted, found, this.setting.place);
      this.#fail(node, child, null, null, roleOf(scan, child), true, error);
      return;
    }
    if (!scan.parent && (scan.embedded || !(scan.metadata || data))) return;
    const role = roleOf(scan, child);
    const mosTree = node.tree.mos && scan.parent && child.role !== 'object';
    const mark = mosTree
      ? memory.markOf(child, MOS, min, true)
      : scan.parent
        ? memory.markOf(child, SUBTREE, min, node.keepBelow)
        : memory.markOf(child, LEAF, 0, node.keepBelow);
    if (memory.settle(node, child, mark, role)) return;
    const question = this.#inStep.underWay.of(mark, child.role);
    if (question !== null) {
      const kept = this.#pointers.keep(child);
      this.waitFor(question, node, () => this.take(node, kept));
      return;
    }
    const room = scan.parent ? Math.max(likelyRoom(scan), scan.psize) : scan.psize;
    const size = data && scan.level === 1 && scan.type !== OBJECT_TYPE.dnode ? room * WITH_CONTENT : room;
    this.push({ node, child: this.#pointers.keep(child), role, mark, head: null, size });
  }

  push(wanted: Wanted): void {
    const { mark, child, head } = wanted;
    const { underWay } = this.#inStep;
    if (head === null || head.subtree) underWay.ask(mark, child.role);
    if (head !== null) underWay.ask(head.mark, child.role);
    this.#wait(wanted.node);
    this.#stack.push(wanted);
  }

  /** What is being found out about an object set's log, the mark of which is `mark`. */
  questionOf(mark: Mark): Question | null {
    return this.#inStep.underWay.of(mark, 'root');
  }

  /** Waits with something below `node` until another has found it out, or it has to be found out after all. */
  waitFor({ waiting }: Question, node: Node, again: () => void): void {
    this.#wait(node);
    waiting.push(() => {
      again();
      this.#release(node, 0);
    });
  }

  /** One more below `node` is under way. */
  #wait(node: Node): void {
    if (node.above === null && node.pending === 0) this.#open++;
    node.pending++;
  }

  /** A pointer that OpenZFS would not follow is an error in metadata; where blocks are below it, it goes no further. */
  #invalid(node: Node, child: Child): void {
    const { scan } = this.setting;
    this.#fail(node, child, null, null, roleOf(scan, child), scan.parent && !scan.hole && !scan.redacted, null);
  }

  /** A block to be read, of those asked for last: what is below a block is done before the next beside it. */
  next(sets: boolean): Wanted | null {
    for (let wanted = this.#stack.at(-1); wanted !== undefined; wanted = this.#stack.at(-1)) {
      if (!sets && wanted.child.role === 'root' && !wanted.node.tree.mos) return null;
      this.#stack.pop();
      if (!this.#knownByNow(wanted)) return wanted;
    }
    return null;
  }

  /** Settles a block that was judged in another place while this one waited: forged trees are made of such. */
  #knownByNow({ node, child, role, mark, head }: Wanted): boolean {
    if (head !== null || !this.setting.memory.settle(node, child, mark, role)) return false;
    this.#answered(mark);
    this.#release(node, 0);
    return true;
  }

  blockOf({ child, mark, head }: Wanted): BatchBlock {
    const { place, data, scan } = this.setting;
    const content = mark.kind !== LEAF || head !== null;
    const plain = mark.kind === SUBTREE && !data ? scan.plain : null;
    return { bp: pointerOf(child, place), content, plain };
  }

  answer(wanted: Wanted, { bp, content }: BatchBlock, { bytes, error }: BatchAnswer): void {
    this.blocks++;
    if (!bp.embedded) this.bytes += bp.psize;
    // What is left of the pool without those bytes is no answer: nothing of this traversal is remembered.
    if (isSilent(error)) throw error;
    this.setting.budget.spend(bp, content, error);
    if (error !== null) this.#lost(wanted, bp, error);
    else if (bytes === null) this.#sound(wanted);
    else this.#enter(wanted, bp, bytes);
  }

  /** The block cannot be read. */
  #lost(wanted: Wanted, bp: Blkptr, error: ZfsUberError): void {
    const { node, child, role, mark, head } = wanted;
    if (head !== null) {
      // Read before the traversal counts anything: the load ends without an error counted.
      const part = fatalSummary(failureAt(this.setting.scan, child, { bp, error, role, metadata: true }), false);
      node.parts.push({ order: head.order, part });
      this.setting.memory.noteWrong(head.mark, part);
      this.#answered(head.mark);
      if (head.subtree) this.#answered(mark);
      this.#release(node, node.share);
      return;
    }
    this.#fail(node, child, bp, mark, role, mark.kind !== LEAF, error);
    this.#answered(mark);
    this.#release(node, 0);
  }

  #fail(
    node: Node,
    child: Child,
    bp: Blkptr | null,
    mark: Mark | null,
    role: BlockRole,
    fatal: boolean,
    error: ZfsUberError | null,
  ): void {
    const { memory, place, scan } = this.setting;
    const failed = { bp: bp ?? pointerOf(child, place), error, role, metadata: fatal || bp === null };
    const failure = failureAt(scan, child, failed);
    const listed = memory.takeDetail();
    let part: Summary;
    if (fatal) part = listed ? fatalSummary(failure, true) : bareFatal(failure);
    else part = listed || failure.because === 'unsupported' ? leafSummary(failure) : bareSummary(failure);
    node.parts.push({ order: child.order, part });
    if (mark !== null && mark.kind !== MOS && mark.keep) memory.noteWrong(mark, part);
  }

  /** The block reads and has blocks below it. */
  #enter(wanted: Wanted, bp: Blkptr, bytes: Uint8Array): void {
    const { node, child, head, role } = wanted;
    const { memory, scan } = this.setting;
    const wrong = wrongContent(bp, bytes, child.role);
    if (wrong !== null) {
      this.#lost(wanted, bp, wrong);
      return;
    }
    const below = head !== null && !head.subtree ? null : this.#below(wanted, bp);
    const from = this.#stack.length;
    const found = visitChildren(bp, bytes, child, node.tree, below === null ? NOBODY : this.#visitorOf(below));
    if (role === 'object set') memory.noteLog(wanted, found.log);
    if (head !== null) this.#answered(head.mark);
    if (below === null) {
      this.#release(node, node.share);
      return;
    }
    if (found.datasets.length > 0) {
      this.#datasets += listedSize(found.datasets);
      if (this.#datasets > MAX_DATASETS) throw new LimitError(`more than ${MAX_DATASETS} datasets`, bp.place);
      below.datasets?.push({ order: 0, refs: found.datasets });
    }
    if (found.broken !== null) {
      const failure = failureAt(scan, child, { bp, error: found.broken, role, metadata: true });
      below.parts.push({ order: Number.MAX_SAFE_INTEGER, part: fatalSummary(failure, true) });
    }
    reverseFrom(this.#stack, from);
    this.#release(below, 0);
  }

  /** For what is below a block: counted as one more under way, so that it is not done before all children are taken. */
  #below({ node, child, mark }: Wanted, bp: Blkptr): Node {
    const { oldestTxg } = this.setting;
    const below = newNode(
      node,
      child.order,
      node.tree,
      Number(bp.birth) > oldestTxg || Number(bp.physicalBirth) > oldestTxg,
      mark,
      node.share / Math.max(node.pending, 1),
      mark.kind === MOS,
    );
    node.share -= below.share;
    below.pending = 1;
    return below;
  }

  #visitorOf(node: Node): PointerVisitor {
    return {
      passesOver: this.#passesOver,
      visit: (view, at, littleEndian, order, object, level, blockId, role) =>
        this.take(node, { view, at, littleEndian, order, object, level, blockId, role }),
    };
  }

  /** One of the blocks below `node` is done. */
  #release(node: Node, share: number): void {
    let at: Node | null = node;
    this.share += share;
    node.share -= share;
    while (at !== null && --at.pending === 0) {
      const { above, order, mark }: Node = at;
      this.share += at.share;
      if (above === null || mark === null) {
        if (--this.#open === 0) this.#inStep.settled(this);
        return;
      }
      const { summary, datasets } = this.setting.memory.noteDone(at, mark);
      if (summary !== null) above.parts.push({ order, part: summary });
      if (datasets.length > 0) above.datasets?.push({ order, refs: datasets });
      this.#answered(mark);
      at = above;
    }
  }

  /** A block is sound, and none below it is looked at. */
  #sound({ node, mark }: Wanted): void {
    this.setting.memory.noteSound(mark);
    this.#answered(mark);
    this.#release(node, mark.kind === LEAF ? 0 : node.share / Math.max(node.pending, 1));
  }

  #answered(mark: Mark): void {
    this.#inStep.underWay.answered(mark);
  }
}

function reverseFrom(stack: Wanted[], from: number): void {
  if (stack.length - from < 2) return;
  const last = stack.splice(from).reverse();
  for (const each of last) stack.push(each);
}
