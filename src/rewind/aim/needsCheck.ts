import type { Engine } from '../../block/engine.ts';
import { type Dataset, Dsl } from '../../dataset/dsl.ts';
import { Objset } from '../../dataset/objset.ts';
import { Properties } from '../../dataset/properties.ts';
import type { LoadState, MosView } from '../../load/loadState.ts';
import { type BlockBatches, openBlockBatches } from '../../pool/blockBatch.ts';
import type { BlockReader } from '../../pool/blockRead.ts';
import { DatasetWalk } from '../../traverse/datasetWalk.ts';
import { PointerScan } from '../../traverse/pointerScan.ts';
import { type Failure, isLogHead, isSummary, type Part } from '../../traverse/summary.ts';
import { VerifyMemo } from '../../traverse/verifyMemo.ts';
import { Walk } from '../../traverse/walk.ts';
import { WalkBudget } from '../../traverse/walkBudget.ts';
import { WalkMemory } from '../../traverse/walkMemory.ts';
import { FileCheck, type NeedState, stateOf } from './fileCheck.ts';
import type { Need } from './need.ts';

export type NeedAnswer = NeedState & { readonly need: Need };

/** Sound blocks remembered: up to 21 bytes each. */
const MEMORY = 2_000_000;

/** What was found out through one reader: blocks that did not change between txgs are looked at once. */
interface Known {
  readonly memo: VerifyMemo;
  readonly batches: BlockBatches;
  readonly files: FileCheck;
}

/** Says of one txg after the other whether what is needed is there and reads whole, all its blocks included. */
export class NeedsCheck {
  readonly #needs: readonly Need[];
  readonly #engine: Engine;
  readonly #known = new WeakMap<BlockReader, Known>();
  readonly #budget = new WalkBudget();

  constructor(needs: readonly Need[], engine: Engine) {
    this.#needs = needs;
    this.#engine = engine;
  }

  /** @throws the reason of the state's signal */
  async check(state: LoadState): Promise<readonly NeedAnswer[]> {
    const answers: NeedAnswer[] = [];
    for (const need of this.#needs) answers.push({ need, ...(await this.#one(need, state)) });
    return answers;
  }

  async #one({ dataset: name, path }: Need, { view, pool, signal }: LoadState): Promise<NeedState> {
    if (view === null) return { state: 'unknown', trouble: { kind: 'mos-closed' } };
    try {
      const dataset = await new Dsl(view.mos, pool.name ?? '').find(name, signal);
      if (dataset === null) return { state: 'absent' };
      // The root directory is the filesystem.
      if (path === null || path.length === 0) return await this.#dataset(dataset, view, signal);
      if ((await new Properties(view.mos).encryption(dataset, signal)) !== 'off')
        return { state: 'unknown', trouble: { kind: 'encrypted' } };
      const objset = await Objset.open(view.blocks.cache, dataset.phys.bp, name, signal);
      return await this.#through(view).files.check(objset, path, signal);
    } catch (error) {
      return stateOf(error);
    }
  }

  async #dataset({ object, phys }: Dataset, view: MosView, signal: AbortSignal | undefined): Promise<NeedState> {
    const { memo, batches } = this.#through(view);
    const { bytes, littleEndian, place } = phys.bp;
    this.#budget.begin(view.root, view.blocks.reader, MEMORY, memo.sound.size >= MEMORY);
    const walk = new Walk({
      memory: new WalkMemory(memo),
      batches,
      scan: new PointerScan(view.root.children),
      data: true,
      oldestTxg: 0,
      budget: this.#budget,
      place,
      signal,
      onBatch: undefined,
    });
    const at = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const ref = { id: Number(object.id), view: at, at: 0, littleEndian, previousSnapshotTxg: 0, weight: 1 };
    // As a snapshot: what its intent log would add is no part of it yet. All blocks, also those of older snapshots.
    const parts = await new DatasetWalk(walk, 0).all([{ ...ref, snapshot: true, broken: null }]);
    const failures = parts.flatMap(({ part }) => [...failuresIn(part)]);
    const bad = parts.some(
      ({ part }) => isSummary(part) && (part.metadata > 0 || part.data > 0 || part.fatal !== null),
    );
    if (!bad && failures.length === 0) return { state: 'whole' };
    const counts = parts.reduce((sum, { part }) => (isSummary(part) ? sum + part.metadata + part.data : sum), 0);
    if (bad) return { state: 'damaged', trouble: { kind: 'blocks-lost', blocks: Math.max(counts, 1) } };
    const error = failures[0]?.error ?? null;
    return { state: 'unknown', trouble: error === null ? { kind: 'unknown-blocks' } : { kind: 'error', error } };
  }

  #through({ root, blocks }: MosView): Known {
    const { reader, choice } = blocks;
    const known = this.#known.get(reader) ?? {
      memo: new VerifyMemo(MEMORY),
      batches: openBlockBatches(root, reader, { engine: this.#engine, salted: choice.salted }),
      files: new FileCheck(reader),
    };
    this.#known.set(reader, known);
    return known;
  }
}

function* failuresIn(part: Part): Generator<Failure> {
  const stack: Part[] = [part];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (isSummary(next)) for (const below of next.parts) stack.push(below);
    else if (!isLogHead(next)) yield next;
  }
}
