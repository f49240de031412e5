import type { Txg } from '../../bytes/units.ts';
import { orNull } from '../../dataset/orNull.ts';
import type { PoolAt } from '../../dataset/poolAt.ts';
import { leavesBelow } from '../../format/vdevConfig.ts';

/** What the pool at one txg does to space that it does not use, on its own, as soon as it is imported to write. */
export interface TrimFacts {
  readonly txg: Txg;
  /** The pool property: freed space is trimmed in batches. False also where it cannot be read. */
  readonly autotrim: boolean;
  /** Devices on which that was under way or suspended at this txg: an import goes on with it. */
  readonly running: readonly { readonly vdev: string; readonly what: 'trim' | 'initialize' }[];
}

/** Source: include/sys/fs/zfs.h, VDEV_LEAF_ZAP_TRIM_STATE and VDEV_LEAF_ZAP_INITIALIZE_STATE */
const STATES = [
  ['trim', 'org.zfsonlinux:vdev_trim_state'],
  ['initialize', 'com.delphix:vdev_initialize_state'],
] as const;

/** Goes on after an import. Source: include/sys/fs/zfs.h, vdev_trim_state_t; module/zfs/vdev_trim.c, vdev_trim_restart */
const ACTIVE = 1n;

/** Leaves that are looked at; a pool has hardly more. */
const MAX_LEAVES = 1024;

/** What cannot be read is left out. */
export async function trimFacts(view: PoolAt, signal?: AbortSignal): Promise<TrimFacts> {
  const autotrim = await orNull(async () => (await view.mos.properties(signal)).get('autotrim')?.integer);
  const running: { vdev: string; what: 'trim' | 'initialize' }[] = [];
  let looked = 0;
  for (const { path, type, zapLeaf, guid } of view.vdevTree === null ? [] : leavesBelow(view.vdevTree)) {
    if (++looked > MAX_LEAVES) break;
    if (zapLeaf === null || zapLeaf === 0n) continue;
    const zap = await orNull(() => view.mos.zap(zapLeaf, signal));
    for (const [what, key] of zap === null ? [] : STATES) {
      const state = await orNull(() => zap?.integer(key, signal));
      if (state === ACTIVE) running.push({ vdev: path ?? `${type} ${guid}`, what });
    }
  }
  return { txg: view.txg, autotrim: autotrim === 1n, running };
}
