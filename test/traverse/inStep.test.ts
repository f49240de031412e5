import { expect, it } from 'vitest';
import type { BatchBlock, BlockBatches } from '../../src/pool/blockBatch.ts';
import { type WalkBeside, WalksInStep } from '../../src/traverse/inStep.ts';
import { WalkBudget } from '../../src/traverse/walkBudget.ts';
import { newNode, type Wanted } from '../../src/traverse/walkNode.ts';
import { POINTER_PLACE, pointer } from '../pool/madePool.ts';

const bp = pointer({ stored: new Uint8Array(512) });
const VIEW = new DataView(new ArrayBuffer(128));
const NODE = newNode(null, 0, { mos: false, objset: 1, min: 0 }, true, null, 0, false);

const wantedOf = (role: 'root' | 'dnodes'): Wanted => ({
  node: NODE,
  child: { view: VIEW, at: 0, littleEndian: true, order: 0, object: 0, level: 0, blockId: 0, role },
  role: role === 'root' ? 'object set' : 'dnodes',
  mark: { kind: 1, slot: 0, high: 0, low: 0, keep: true },
  head: null,
  size: 512,
});

/** Goes through `sets` object sets, each with blocks of dnodes below it. */
class SetsWalk implements WalkBeside {
  readonly #stack: Wanted[];
  readonly #below: number;
  readonly #inStep: WalksInStep;
  #left = 0;

  constructor(inStep: WalksInStep, sets: number, below: number) {
    this.#inStep = inStep;
    this.#below = below;
    this.#stack = Array.from({ length: sets }, () => wantedOf('root'));
    this.#left = sets * (below + 1);
    inStep.join(this);
  }

  get asks(): boolean {
    return this.#stack.length > 0;
  }

  next(sets: boolean): Wanted | null {
    return !sets && this.#stack.at(-1)?.child.role === 'root' ? null : (this.#stack.pop() ?? null);
  }

  /** The content of sets alone is wanted. */
  blockOf({ child }: Wanted): BatchBlock {
    return { bp, content: child.role === 'root' };
  }

  answer({ child }: Wanted): void {
    if (child.role === 'root') for (let i = 0; i < this.#below; i++) this.#stack.push(wantedOf('dnodes'));
    if (--this.#left === 0) this.#inStep.settled(this);
  }

  tell(): void {}

  drop(): void {
    this.#stack.length = 0;
  }
}

it('goes on with what is below a few object sets before it begins with more', async () => {
  const read: { readonly sets: number; readonly below: number }[] = [];
  const batches: BlockBatches = {
    async read(blocks, take, _, turn) {
      await turn;
      const sets = blocks.filter(({ content }) => content).length;
      read.push({ sets, below: blocks.length - sets });
      for (const index of blocks.keys()) take({ bytes: null, error: null }, index);
    },
    readSound: async () => {},
  };
  const inStep = new WalksInStep(batches, new WalkBudget(), POINTER_PLACE, undefined);
  await inStep.work(new SetsWalk(inStep, 100, 2));
  const open = read.map((_, i) => read.slice(0, i + 1).reduce((sum, { sets, below }) => sum + sets * 2 - below, 0));
  expect(read.filter(({ sets, below }) => sets > 0 && below > 0)).toEqual([]);
  expect(read.reduce((sum, { sets, below }) => sum + sets + below, 0)).toBe(300);
  // Three batches of sets are under way before the first of them is there.
  expect(Math.max(...open)).toBeLessThanOrEqual(3 * 24 * 2);
});
