import type { BlockCache } from '../dataset/blockCache.ts';
import { unread } from '../dataset/openMos.ts';
import { SetsTogether } from '../dataset/setsTogether.ts';
import type { Blkptr } from '../format/blkptr.ts';
import type { LoadState } from './loadState.ts';
import { predict } from './predict.ts';
import type { Replay } from './replay.ts';
import { labelTreeOf, TRUSTED_CONFIG } from './trustedConfig.ts';

/** Loads after the first whose meta-object sets are read together: few enough for what is read to be kept until then. */
const TOGETHER = 8;

/**
 * Reads what several loads begin with together, some loads ahead of the one that begins: each would read it block by
 * block. The first is read alone, for its verdict is wanted first.
 */
export class LoadsTogether {
  readonly #stateAt: (index: number) => LoadState | null;
  /** Steps of each load before the first that reads. */
  readonly #before: Replay['steps'];
  readonly #groups: Promise<void>[] = [];
  readonly #sets = new Map<BlockCache, SetsTogether>();

  /** @param stateAt of the load of that number, from 0; null where there is none */
  constructor(stateAt: (index: number) => LoadState | null, { steps }: Replay) {
    this.#stateAt = stateAt;
    this.#before = steps.slice(0, Math.max(steps.indexOf(TRUSTED_CONFIG), 0));
  }

  /** Done when what that load begins with was read, as far as it reads. */
  async before(index: number): Promise<void> {
    const group = Math.ceil(index / TOGETHER);
    for (let next = 0; next <= group + 1; next++) {
      this.#groups[next] ??= (this.#groups[next - 1] ?? Promise.resolve()).then(() => this.#read(next));
    }
    await this.#groups[group];
  }

  async #read(group: number): Promise<void> {
    const first = group === 0 ? 0 : (group - 1) * TOGETHER + 1;
    const end = group === 0 ? 1 : first + TOGETHER;
    const roots = new Map<BlockCache, Blkptr[]>();
    let signal: AbortSignal | undefined;
    for (let index = first; index < end; index++) {
      const state = this.#stateAt(index);
      const cache = state === null || state.root.state !== 'reads' ? null : cacheOf(state);
      // What labels end reads nothing: a release that lacks a feature of the pool refuses every txg.
      if (state === null || cache === null || (await predict(state, this.#before, false)).failsAt !== null) continue;
      signal = state.signal;
      roots.set(cache, [...(roots.get(cache) ?? []), state.candidate.uberblock.rootbp]);
    }
    for (const [cache, those] of roots) {
      const sets = this.#sets.get(cache) ?? new SetsTogether(cache);
      this.#sets.set(cache, sets);
      await sets.read(those, signal);
    }
  }
}

/** What a load reads its meta-object set through at first; null where it reads none. */
function cacheOf(state: LoadState): BlockCache | null {
  const { readers, candidate } = state;
  const root = labelTreeOf(state);
  return readers === null || root === null ? null : readers.open(unread(root, candidate.uberblock.raidzReflow)).cache;
}
