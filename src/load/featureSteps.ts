import type { DmuObject } from '../dataset/object.ts';
import { Zap } from '../dataset/zap.ts';
import { FEATURES_VERSION } from './labelSteps.ts';
import type { LoadState } from './loadState.ts';
import type { Trouble } from './predict.ts';
import { type At, step } from './step.ts';
import { required, viewOf } from './viewOf.ts';

/** What the pool uses has to be known: all of it to read, some of it only to write. */
export const CHECK_FEATURES = step('spa_ld_check_features', 'always', readFeatures);
export const CHECK_FEATURES_TO_WRITE = step('spa_ld_check_features', 'read-write-only', checkWriteFeatures);

const ENABLED_TXG = 'com.delphix:enabled_txg';

/**
 * The descriptions have to be named; what they say is looked up for features that are not known, and missed by nobody.
 *
 * Source: module/zfs/spa.c, spa_ld_check_features; module/zfs/zfeature.c, spa_features_check
 */
async function readFeatures(state: LoadState, at: At): Promise<Trouble | undefined> {
  const { signal, openZfs } = state;
  if (state.candidate.uberblock.version < FEATURES_VERSION) return undefined;
  const view = viewOf(state);
  const features = new Map<string, bigint>();
  at({ role: 'list', key: 'feature_descriptions' });
  await required(view, 'feature_descriptions', signal);
  for (const key of ['features_for_read', 'features_for_write']) {
    at({ role: 'list', key });
    const object = await view.mos.object(await required(view, key, signal), signal);
    const unknown: string[] = [];
    const size = Math.min(Number(object.dnode.length), Number.MAX_SAFE_INTEGER);
    for (const [guid, count] of await state.memo.of('features', object, size, () => countsIn(object))) {
      features.set(guid, count);
      if (key === 'features_for_read' && count !== 0n && !openZfs.knows(guid)) unknown.push(guid);
    }
    if (unknown.length > 0) {
      const { release } = openZfs;
      return { reason: { code: 'features-unknown', release, features: unknown }, because: 'damage' };
    }
  }
  if ((features.get(ENABLED_TXG) ?? 0n) > 0n) {
    at({ role: 'list', key: 'feature_enabled_txg' });
    await required(view, 'feature_enabled_txg', signal);
  }
  state.view = { ...view, features };
  return undefined;
}

async function countsIn(object: DmuObject): Promise<readonly (readonly [guid: string, count: bigint])[]> {
  const entries = await (await Zap.open(object)).all();
  return [...entries].map(([guid, { integer }]) => [guid, integer] as const);
}

/** Those that are needed to read have been looked at before. */
function checkWriteFeatures(state: LoadState): Trouble | undefined {
  const { openZfs } = state;
  const used = [...viewOf(state).features].flatMap(([guid, count]) => (count > 0n ? [guid] : []));
  const unknown = used.filter((guid) => !openZfs.knows(guid));
  if (unknown.length === 0) return undefined;
  const { release } = openZfs;
  return { reason: { code: 'features-unknown-to-write', release, features: unknown }, because: 'damage' };
}

/** Something in the pool uses the feature. */
export const isActive = (state: LoadState, guid: string): boolean => (viewOf(state).features.get(guid) ?? 0n) > 0n;
