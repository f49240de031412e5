import { type KeptState, keptState } from '../../pool/keptState.ts';
import type { VdevNode } from '../../pool/pool.ts';
import { leavesOf, vdevHealth, vdevName } from '../../pool/vdevHealth.ts';
import { type Evidence, type Finding, list } from './finding.ts';

/** Leaves that the labels say to keep closed: who did it, that it outlives an import, and what it takes to do without. */
export function keptStates({ pool }: Evidence): Finding[] {
  return (pool.root?.children ?? []).flatMap((top) => {
    const closed = [...leavesOf(top)].filter(({ config }) => keptState(config) !== null);
    const lost = vdevHealth(top, ({ device, config }) => device !== null && keptState(config) === null) === 'missing';
    return closed.map((leaf) => told(leaf, keptState(leaf.config) ?? 'offline', top, lost));
  });
}

function told(leaf: VdevNode, state: KeptState, top: VdevNode, lost: boolean): Finding {
  const { path, guid } = leaf.config;
  const known = leaf.device?.source.name ?? path ?? 'a device without path';
  const there = leaf.device === null && leaf.config.type !== 'dspare' ? ', which is not among the sources' : '';
  const whose = leaf === top ? '' : ` of ${vdevName(top)}`;
  const what = `${known} (guid ${guid})${whose}${there}`;
  const devices = leaf.device === null ? [] : [leaf.device];
  const severity = lost && top.role !== 'log' ? 'error' : 'warning';
  if (state === 'offline') {
    const message = `${what} was taken offline with zpool offline. That is kept in the labels (offline 1): an import leaves it closed, whatever it holds, until zpool online. ${consequence(top, lost)}`;
    return { code: 'device-offline', severity, message, devices };
  }
  const message = `${what} was faulted with zpool offline -f. That is kept in the labels (${kept(leaf)}aux_state external): every import leaves it closed, whatever it holds, until zpool clear. ${consequence(top, lost)}`;
  return { code: 'device-faulted', severity, message, devices };
}

/** The only copy is marked as degraded instead, and was in use to the end. */
const kept = ({ config }: VdevNode): string => {
  const flags = [config.faulted ? 'faulted 1' : '', config.degraded ? 'degraded 1' : ''].filter((flag) => flag !== '');
  return flags.length === 0 ? '' : `${list(flags)}, `;
};

function consequence(top: VdevNode, lost: boolean): string {
  if (!lost) return 'Redundancy does without it.';
  if (top.role === 'log') return 'The pool imports without its log.';
  return 'Nothing replaces it: no txg imports with these devices as they are, neither the newest nor one from before.';
}
