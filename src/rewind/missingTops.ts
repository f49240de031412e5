import type { Candidate } from '../load/candidates.ts';
import { decidingConfig } from '../pool/deviceOrder.ts';
import { logHealth } from '../pool/logHealth.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';

/**
 * What a top-level vdev of which no device is there was.
 *
 * `data` some root block lies on it, and none ever lies on a log; `log` none of many does, so it is one most likely;
 * `removed` none does, and the pool has removed vdevs, whose place the labels do not tell from a missing one;
 * `unknown` there are too few roots to tell.
 */
export type TopGuess = 'data' | 'log' | 'removed' | 'unknown';

/** Root blocks that have to lie elsewhere before their absence from a vdev says something: each has up to 3 copies. */
const ENOUGH_ROOTS = 6;

const DEVICE_REMOVAL = 'com.delphix:device_removal';

/** Guesses what each `missing` top-level vdev of `pool` was, by its id. */
export function guessMissingTops(pool: Pool, candidates: readonly Candidate[]): ReadonlyMap<number, TopGuess> {
  const guesses = new Map<number, TopGuess>();
  const missing = pool.root?.children.filter(({ config }) => config.type === 'missing') ?? [];
  if (missing.length === 0) return guesses;
  const named = new Set<number>();
  for (const { uberblock } of candidates) for (const { vdev } of uberblock.rootbp.dvas) named.add(vdev);
  const removal = pool.devices.some((device) => decidingConfig(device)?.featuresForRead?.includes(DEVICE_REMOVAL));
  const enough = new Set(candidates.map(({ rootKey }) => rootKey)).size >= ENOUGH_ROOTS;
  for (const { config } of missing) {
    if (config.id === null) continue;
    if (named.has(config.id)) guesses.set(config.id, 'data');
    else if (removal) guesses.set(config.id, 'removed');
    else guesses.set(config.id, enough ? 'log' : 'unknown');
  }
  return guesses;
}

/** An import has to be told to go on without a log: one is lost, or what is lost may be one. */
export function needsLogLess(pool: Pool, guesses: ReadonlyMap<number, TopGuess>): boolean {
  const lost = (top: VdevNode) => top.role === 'log' && logHealth(top) === 'missing';
  return (pool.root?.children.some(lost) ?? false) || [...guesses.values()].includes('log');
}
