import { FormatError, LimitError, type ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { Blkptr } from '../format/blkptr.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import type { BatchBlock, BlockBatches } from '../pool/blockBatch.ts';
import { errorCause } from '../pool/errorCause.ts';
import { isSilent } from '../source/source.ts';
import { type Child, childrenOf, type Tree, wrongContent } from './children.ts';
import { inBatches } from './inBatches.ts';
import type { PointerScan } from './pointerScan.ts';
import {
  type BlockRole,
  bareFatal,
  bareSummary,
  compose,
  type Failure,
  fatalSummary,
  type LogHead,
  leafSummary,
  type Ordered,
  type Summary,
} from './summary.ts';
import { type DatasetRef, listedSize, type VerifyMemo } from './verifyMemo.ts';
import type { WalkBudget } from './walkBudget.ts';
import {
  HEAD,
  inOrder,
  isLoss,
  LEAF,
  type Mark,
  MOS,
  type Node,
  newNode,
  placeOf,
  pointerOf,
  roleOf,
  SUBTREE,
  type Wanted,
  wrongPlace,
} from './walkNode.ts';

/** Blocks of one batch, and bytes of what is read and of what is unpacked. */
const BATCH_BLOCKS = 1024;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Object sets of one batch: what is below one lies beside it, and is read while that is at hand. */
const BATCH_SETS = 64;
/** Batches under way: one is read while another is summed and a third is looked through. */
const BATCHES = 3;
/** Datasets and snapshots of a pool; more are made to exhaust memory. */
const MAX_DATASETS = 2 ** 20;
/** Datasets whose blocks wait at once. */
const DATASETS = 4096;

export interface WalkSetting {
  readonly memo: VerifyMemo;
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

/** The result of the traversal of the MOS or of all datasets. */
export interface Walked {
  readonly summary: Summary | null;
  readonly datasets: readonly DatasetRef[];
}

/** One traversal: reads what the memo does not know, and remembers it. */
export class Walk {
  readonly #setting: WalkSetting;
  readonly #stack: Wanted[] = [];
  #share = 0;
  #datasets = 0;
  /** Blocks and bytes read and verified. */
  blocks = 0;
  bytes = 0;

  constructor(setting: WalkSetting) {
    this.#setting = setting;
  }

  /** The MOS, from its root block; and which datasets it has. */
  async mos(rootbp: Blkptr, minTxg: number): Promise<Walked> {
    const tree: Tree = { mos: true, objset: 0, min: minTxg };
    const top = newNode(null, 0, tree, true, null, 0.1, true);
    const bytes = rootbp.bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const littleEndian = new Blkptr(bytes, true, rootbp.place).birth === rootbp.birth;
    this.#take(top, [{ view, at: 0, littleEndian, order: 0, object: 0, level: 0, blockId: 0, role: 'root' }]);
    await inBatches(
      BATCHES,
      () => this.#nextBatch(),
      (batch) => this.#batch(batch),
    );
    return { summary: compose(top.parts), datasets: inOrder(top) };
  }

  /** All datasets, in the order of their objects. */
  async datasets(refs: readonly DatasetRef[], minTxg: number): Promise<Ordered[]> {
    const weight = refs.reduce((sum, ref) => sum + ref.weight, 0);
    const parts: Ordered[] = [];
    for (let from = 0; from < refs.length; from += DATASETS) {
      parts.push(...(await this.#someDatasets(refs.slice(from, from + DATASETS), from, weight, minTxg)));
    }
    return parts;
  }

  /** @param first position of the first of `refs` among all, of which `weight` is the sum */
  async #someDatasets(
    refs: readonly DatasetRef[],
    first: number,
    weight: number,
    minTxg: number,
  ): Promise<readonly Ordered[]> {
    const parts: Ordered[] = [];
    const asked: { readonly order: number; readonly node: Node; readonly ref: DatasetRef }[] = [];
    for (const [i, ref] of refs.entries()) {
      if (ref.found !== undefined) {
        this.#share += (0.9 * ref.weight) / weight;
        if (ref.found !== null) parts.push({ order: first + i, part: ref.found });
        continue;
      }
      const min = Math.max(minTxg, ref.previousSnapshotTxg);
      const tree: Tree = { mos: false, objset: ref.id, min };
      const node = newNode(null, first + i, tree, true, null, (0.9 * ref.weight) / weight, false);
      if (ref.broken !== null) node.parts.push({ order: 0, part: fatalSummary(ref.broken, true) });
      else this.#dataset(node, ref);
      if (node.pending === 0) this.#share += node.share;
      asked.push({ order: first + i, node, ref });
    }
    this.#stack.reverse();
    await inBatches(
      BATCHES,
      () => this.#nextBatch(),
      (batch) => this.#batch(batch),
    );
    for (const { order, node, ref } of asked) {
      ref.found = compose(node.parts);
      if (ref.found !== null) parts.push({ order, part: ref.found });
    }
    return parts.sort((a, b) => a.order - b.order);
  }

  #dataset(node: Node, ref: DatasetRef): void {
    const { scan, memo } = this.#setting;
    const child: Child = { ...ref, order: 1, object: 0, level: 0, blockId: 0, role: 'root' };
    if (ref.snapshot) {
      this.#take(node, [child]);
      return;
    }
    scan.at(ref.view, ref.at, ref.littleEndian);
    if (scan.hole || scan.redacted || !scan.valid) {
      this.#take(node, [child]);
      return;
    }
    // The log's head is read before anything else, and whatever the block's age is.
    const below = scan.birth === 0 || scan.birth > node.tree.min;
    const size = scan.psize;
    const head = this.#markOf(child, HEAD, 0, true);
    const known = memo.wrong(head.slot, head.high, head.low);
    if (known !== null) {
      node.parts.push({ order: 0, part: known });
      if (known.fatal !== null) return;
    }
    const headKnown = known !== null || memo.sound.has(head.slot, head.high, head.low);
    if (headKnown) {
      if (below) this.#take(node, [child]);
      return;
    }
    const mark = this.#markOf(child, SUBTREE, node.tree.min, true);
    const subtree = below && !this.#known(node, child, mark, 'object set');
    this.#push({ node, child, role: 'object set', mark, head: { mark: head, order: 0, subtree }, size });
  }

  /** Takes over children of a block: those that are known are settled, the others will be read. */
  #take(node: Node, children: Iterable<Child>): void {
    const { scan, data } = this.#setting;
    const { min } = node.tree;
    for (const child of children) {
      scan.at(child.view, child.at, child.littleEndian);
      if (scan.birth !== 0 && scan.birth <= min) continue;
      if (!scan.valid) {
        this.#invalid(node, child);
        continue;
      }
      if (scan.hole || (scan.redacted && child.role !== 'root')) continue;
      if (wrongPlace(scan, child)) {
        const found = `type ${scan.type}, level ${scan.level}`;
        const error = new FormatError(
          'format-value',
          'block pointer',
          `one of level ${child.level}`,
          found,
          this.#setting.place,
        );
        this.#fail(node, child, null, null, roleOf(scan, child), true, error);
        continue;
      }
      if (!scan.parent && (scan.embedded || !(scan.metadata || data))) continue;
      const role = roleOf(scan, child);
      const mosTree = node.tree.mos && scan.parent && child.role !== 'object';
      const mark = mosTree
        ? this.#markOf(child, MOS, min, true)
        : scan.parent
          ? this.#markOf(child, SUBTREE, min, node.keepBelow)
          : this.#markOf(child, LEAF, 0, node.keepBelow);
      if (mosTree) {
        if (this.#knownMos(node, child, mark)) continue;
      } else if (this.#known(node, child, mark, role)) continue;
      this.#push({
        node,
        child,
        role,
        mark,
        head: null,
        size: scan.parent ? Math.max(scan.lsize, scan.psize) : scan.psize,
      });
    }
  }

  #push(wanted: Wanted): void {
    wanted.node.pending++;
    this.#stack.push(wanted);
  }

  /** Settles what the memo knows. */
  #known(node: Node, child: Child, mark: Mark, role: BlockRole): boolean {
    const { memo } = this.#setting;
    const { slot, high, low } = mark;
    if (memo.sound.has(slot, high, low)) return true;
    const wrong = memo.wrong(slot, high, low);
    if (wrong === null) return false;
    const [part] = wrong.parts;
    // A leaf that fails is known by itself alone, and may stand in many places.
    const failure = mark.kind === LEAF && part !== undefined && 'counted' in part ? part : null;
    const summary = failure === null ? wrong : leafSummary({ ...failure, ...placeOf(child), what: role });
    node.parts.push({ order: child.order, part: summary });
    return true;
  }

  #knownMos(node: Node, { order }: Child, { slot, high, low }: Mark): boolean {
    const entry = this.#setting.memo.mos(slot, high, low);
    if (entry === null) return false;
    if (entry.summary !== null) node.parts.push({ order, part: entry.summary });
    if (entry.datasets.length > 0) node.datasets?.push({ order, refs: entry.datasets });
    return true;
  }

  #markOf(child: Child, kind: Mark['kind'], min: number, keep: boolean): Mark {
    const { sound } = this.#setting.memo;
    sound.mark(child.view, child.at, min * 8 + kind + (child.littleEndian ? 0 : 0x40000000), Math.floor(min / 2 ** 29));
    return { kind, slot: sound.slot, high: sound.high, low: sound.low, keep };
  }

  /** A pointer that OpenZFS would not follow is an error in metadata; where blocks are below it, it goes no further. */
  #invalid(node: Node, child: Child): void {
    const { scan } = this.#setting;
    this.#fail(node, child, null, null, roleOf(scan, child), scan.parent && !scan.hole && !scan.redacted, null);
  }

  /** Blocks for one batch, those asked for last first: what is below a block is done before the next beside it. */
  #nextBatch(): readonly Wanted[] {
    const batch: Wanted[] = [];
    for (let size = 0, sets = 0; batch.length < BATCH_BLOCKS && size < BATCH_BYTES && sets < BATCH_SETS; ) {
      const wanted = this.#stack.pop();
      if (wanted === undefined) break;
      if (this.#knownByNow(wanted)) continue;
      batch.push(wanted);
      size += wanted.size;
      if (wanted.child.role === 'root') sets++;
    }
    return batch;
  }

  /** Settles a block that was judged in another place while this one waited: forged trees are made of such. */
  #knownByNow({ node, child, role, mark, head }: Wanted): boolean {
    if (head !== null) return false;
    if (mark.kind === MOS ? !this.#knownMos(node, child, mark) : !this.#known(node, child, mark, role)) return false;
    this.#release(node, 0);
    return true;
  }

  async #batch(batch: readonly Wanted[]): Promise<void> {
    const { signal, batches, onBatch, place, budget } = this.#setting;
    signal?.throwIfAborted();
    const blocks = batch.map(
      ({ child, mark, head }): BatchBlock => ({
        bp: pointerOf(child, place),
        content: mark.kind !== LEAF || head !== null,
      }),
    );
    const answers = await batches.read(blocks, signal);
    signal?.throwIfAborted();
    for (const [i, wanted] of batch.entries()) {
      const block = blocks[i];
      const answer = answers[i];
      if (block === undefined || answer === undefined) continue;
      const { bp } = block;
      this.blocks++;
      if (!bp.embedded) this.bytes += bp.psize;
      // What is left of the pool without those bytes is no answer: nothing of this traversal is remembered.
      if (isSilent(answer.error)) throw answer.error;
      budget.spend(bp, block.content, answer.error);
      if (answer.error !== null) this.#lost(wanted, bp, answer.error);
      else if (answer.bytes === null) this.#settle(wanted);
      else this.#enter(wanted, bp, answer.bytes);
    }
    budget.check(place);
    onBatch?.(this.#share);
  }

  /** The block cannot be read. */
  #lost(wanted: Wanted, bp: Blkptr, error: ZfsUberError): void {
    const { node, child, role, mark, head } = wanted;
    if (head !== null) {
      // Read before the traversal counts anything: the load ends without an error counted.
      const part = fatalSummary(this.#failure(child, bp, error, role, true), false);
      node.parts.push({ order: head.order, part });
      this.#setting.memo.addWrong(head.mark.slot, head.mark.high, head.mark.low, part);
      this.#release(node, node.share);
      return;
    }
    this.#fail(node, child, bp, mark, role, mark.kind !== LEAF, error);
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
    const { memo, place } = this.#setting;
    const pointer = bp ?? pointerOf(child, place);
    const failure = this.#failure(child, pointer, error, role, fatal || bp === null);
    const listed = memo.takeDetail();
    let part: Summary;
    if (fatal) part = listed ? fatalSummary(failure, true) : bareFatal(failure);
    else part = listed || failure.because === 'unsupported' ? leafSummary(failure) : bareSummary(failure);
    node.parts.push({ order: child.order, part });
    if (mark !== null && mark.kind !== MOS && mark.keep) memo.addWrong(mark.slot, mark.high, mark.low, part);
  }

  #failure(child: Child, bp: Blkptr, error: ZfsUberError | null, what: BlockRole, metadata: boolean): Failure {
    const { scan } = this.#setting;
    scan.at(child.view, child.at, child.littleEndian);
    // Intent log blocks count as data, whatever their level says.
    const isMetadata = metadata || (scan.metadata && scan.type !== OBJECT_TYPE.intentLog);
    return {
      kind: isMetadata ? 'metadata' : 'data',
      counted: error === null || isLoss(error),
      because: error === null ? 'damage' : errorCause(error),
      what,
      ...placeOf(child),
      bp: new Blkptr(bp.bytes.slice(), child.littleEndian, bp.place),
      error,
    };
  }

  /** The block reads and has blocks below it. */
  #enter(wanted: Wanted, bp: Blkptr, bytes: Uint8Array): void {
    const { node, child, mark, head, role } = wanted;
    const { oldestTxg } = this.#setting;
    const wrong = wrongContent(bp, bytes, child.role);
    if (wrong !== null) {
      this.#lost(wanted, bp, wrong);
      return;
    }
    const found = childrenOf(bp, bytes, child, node.tree);
    if (role === 'object set') this.#head(wanted, found.log);
    if (head !== null && !head.subtree) {
      this.#release(node, node.share);
      return;
    }
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
    if (found.datasets.length > 0) {
      this.#datasets += listedSize(found.datasets);
      if (this.#datasets > MAX_DATASETS) throw new LimitError(`more than ${MAX_DATASETS} datasets`, bp.place);
      below.datasets?.push({ order: 0, refs: found.datasets });
    }
    // Counted as one more under way, so that it is not done before all its children are taken.
    below.pending = 1;
    const from = this.#stack.length;
    this.#take(below, found.children);
    if (found.broken !== null) {
      const failure = this.#failure(child, bp, found.broken, role, true);
      below.parts.push({ order: Number.MAX_SAFE_INTEGER, part: fatalSummary(failure, true) });
    }
    reverseFrom(this.#stack, from);
    this.#release(below, 0);
  }

  /** What an object set says of its log is remembered whoever asked for the block. */
  #head({ node, child, head }: Wanted, log: LogHead | null): void {
    if (node.tree.mos) return;
    const { memo } = this.#setting;
    const { slot, high, low } = head?.mark ?? this.#markOf(child, HEAD, 0, true);
    if (log === null) {
      memo.sound.add(slot, high, low);
      return;
    }
    const part: Summary = { metadata: 0, data: 0, fatal: null, metadataBefore: 0, dataBefore: 0, parts: [log] };
    memo.addWrong(slot, high, low, part);
    if (head !== null) node.parts.push({ order: head.order, part });
  }

  /** One of the blocks below `node` is done. */
  #release(node: Node, share: number): void {
    let at: Node | null = node;
    this.#share += share;
    node.share -= share;
    while (at !== null && --at.pending === 0) {
      const { above, order, mark, parts, datasets }: Node = at;
      this.#share += at.share;
      if (above === null || mark === null) return;
      const summary = compose(parts);
      if (summary !== null) above.parts.push({ order, part: summary });
      if (datasets !== null) {
        const refs = inOrder(at);
        if (refs.length > 0) above.datasets?.push({ order, refs });
        this.#setting.memo.addMos(mark.slot, mark.high, mark.low, summary, refs);
      } else if (summary === null) this.#remember(mark);
      else this.#setting.memo.addWrong(mark.slot, mark.high, mark.low, summary);
      at = above;
    }
  }

  /** A block with none below it is sound. */
  #settle({ node, mark }: Wanted): void {
    this.#remember(mark);
    this.#release(node, 0);
  }

  #remember({ slot, high, low, keep }: Mark): void {
    const { sound } = this.#setting.memo;
    if (!keep || !sound.add(slot, high, low)) sound.addRecent(slot, high, low);
  }
}

function reverseFrom(stack: Wanted[], from: number): void {
  if (stack.length - from < 2) return;
  const last = stack.splice(from).reverse();
  for (const each of last) stack.push(each);
}
