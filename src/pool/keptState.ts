import type { VdevConfig } from '../format/vdevConfig.ts';

/** What an administrator did to a leaf that outlives an import. */
export type KeptState = 'offline' | 'faulted';

/**
 * The state of a leaf in which OpenZFS leaves it closed, in the tree of the labels as in that of the MOS; null when it
 * opens. A fault or a degradation that counted errors is forgotten by an import, and so are `removed`, `not_present`,
 * `unspare` and the txgs of a resilver: none of them keeps a device closed.
 *
 * A forced fault counts by its `aux_state` alone. The last device of a vdev that has no other copy is only marked as
 * degraded by it, and stays in use, until the next import faults it.
 *
 * Source: module/zfs/vdev.c, vdev_alloc, vdev_open and vdev_fault
 */
export function keptState({ auxState, offline }: VdevConfig): KeptState | null {
  if (auxState === 'external') return 'faulted';
  return offline ? 'offline' : null;
}
