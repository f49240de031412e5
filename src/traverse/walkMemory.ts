import type { Child } from './children.ts';
import { type BlockRole, compose, type LogHead, leafSummary, type Summary } from './summary.ts';
import type { MosEntry, VerifyMemo } from './verifyMemo.ts';
import { HEAD, inOrder, LEAF, type Mark, MOS, type Node, placeOf, type Wanted } from './walkNode.ts';

/** What a traversal knows of blocks that were judged, and what it notes of those that it judges. */
export class WalkMemory {
  readonly #memo: VerifyMemo;

  constructor(memo: VerifyMemo) {
    this.#memo = memo;
  }

  markOf({ view, at, littleEndian }: Child, kind: Mark['kind'], min: number, keep: boolean): Mark {
    const { sound } = this.#memo;
    sound.mark(view, at, min * 8 + kind + (littleEndian ? 0 : 0x40000000), Math.floor(min / 2 ** 29));
    return { kind, slot: sound.slot, high: sound.high, low: sound.low, keep };
  }

  /** Settles what is known. @returns false where the block has to be read */
  settle(node: Node, child: Child, mark: Mark, role: BlockRole): boolean {
    const { slot, high, low } = mark;
    if (mark.kind === MOS) return this.#settleMos(node, child, mark);
    if (this.#memo.sound.has(slot, high, low)) return true;
    const wrong = this.#memo.wrong(slot, high, low);
    if (wrong === null) return false;
    const [part] = wrong.parts;
    // A leaf that fails is known by itself alone, and may stand in many places.
    const failure = mark.kind === LEAF && part !== undefined && 'counted' in part ? part : null;
    const summary = failure === null ? wrong : leafSummary({ ...failure, ...placeOf(child), what: role });
    node.parts.push({ order: child.order, part: summary });
    return true;
  }

  #settleMos(node: Node, { order }: Child, { slot, high, low }: Mark): boolean {
    const entry = this.#memo.mos(slot, high, low);
    if (entry === null) return false;
    if (entry.summary !== null) node.parts.push({ order, part: entry.summary });
    if (entry.datasets.length > 0) node.datasets?.push({ order, refs: entry.datasets });
    return true;
  }

  /** What is known of the log of a head: null where it is sound or has none, undefined where nobody looked. */
  logAt({ slot, high, low }: Mark): Summary | null | undefined {
    const wrong = this.#memo.wrong(slot, high, low);
    return wrong ?? (this.#memo.sound.has(slot, high, low) ? null : undefined);
  }

  /** What an object set says of its log is remembered whoever asked for the block. */
  noteLog({ node, child, head }: Wanted, log: LogHead | null): void {
    if (node.tree.mos) return;
    const { slot, high, low } = head?.mark ?? this.markOf(child, HEAD, 0, true);
    if (log === null) {
      this.#memo.sound.add(slot, high, low);
      return;
    }
    const part: Summary = { metadata: 0, data: 0, fatal: null, metadataBefore: 0, dataBefore: 0, parts: [log] };
    this.#memo.addWrong(slot, high, low, part);
    if (head !== null) node.parts.push({ order: head.order, part });
  }

  /** Notes a block and all below it as sound. */
  noteSound({ slot, high, low, keep }: Mark): void {
    const { sound } = this.#memo;
    if (!keep || !sound.add(slot, high, low)) sound.addRecent(slot, high, low);
  }

  noteWrong({ slot, high, low }: Mark, summary: Summary): void {
    this.#memo.addWrong(slot, high, low, summary);
  }

  /** Notes what came of all below a block. */
  noteDone(node: Node, mark: Mark): MosEntry {
    const summary = compose(node.parts);
    const datasets = inOrder(node);
    if (node.datasets !== null) this.#memo.addMos(mark.slot, mark.high, mark.low, summary, datasets);
    else if (summary === null) this.noteSound(mark);
    else this.noteWrong(mark, summary);
    return { summary, datasets };
  }

  /** Whether there is room for one more failure with its particulars. */
  takeDetail(): boolean {
    return this.#memo.takeDetail();
  }
}
