import type { Txg } from '../bytes/units.ts';
import { keptState } from '../pool/keptState.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import { leavesOf, vdevHealth } from '../pool/vdevHealth.ts';
import type { StoppedTop } from './stoppedTops.ts';

/** What the pool wrote, or may have written, that is on no device at hand. */
export interface Elsewhere {
  /** The newest txg of which all is here that is to be had. */
  readonly after: Txg;
  /** Devices at hand show that more was written; otherwise missing ones may have gone on without them. */
  readonly certain: boolean;
}

/**
 * What an import at `txg` lacks although it succeeds: metadata has copies on several top-level vdevs, content has not.
 *
 * @returns null where the devices at hand are enough to say that nothing newer was written
 */
export function elsewhereAt(pool: Pool, txg: Txg, stopped: readonly StoppedTop[]): Elsewhere | null {
  const [behind] = stopped.filter(({ until }) => txg > until).sort((a, b) => (a.until < b.until ? -1 : 1));
  if (behind !== undefined) return { after: behind.until, certain: true };
  return mayHaveGoneOn(pool) ? { after: txg, certain: false } : null;
}

/** The missing devices are enough for every top-level vdev: they can have been imported without those at hand. */
export function mayHaveGoneOn({ root }: Pool): boolean {
  const tops = (root?.children ?? []).filter(isData);
  return tops.length > 0 && tops.every((top) => vdevHealth(top, isOpenElsewhere) !== 'missing');
}

/** Not among the devices at hand, whose labels do not say of it that they went on without it. */
const isOpenElsewhere = (leaf: VdevNode): boolean =>
  isMissing(leaf) && keptState(leaf.config) === null && !leaf.config.notPresent;

const isData = ({ role, config }: VdevNode): boolean => role !== 'log' && !['hole', 'indirect'].includes(config.type);

const isMissing = ({ device, config }: VdevNode): boolean => device === null && config.type !== 'dspare';

/** Top-level vdevs that do not open for leaves that no source is; of a removed one, or a log, nothing is needed. */
export const lostTops = ({ root }: Pool): VdevNode[] =>
  (root?.children ?? []).filter(
    (top) => isData(top) && vdevHealth(top) === 'missing' && [...leavesOf(top)].some(isMissing),
  );
