import { type KeptState, keptState } from '../../pool/keptState.ts';
import type { VdevNode } from '../../pool/pool.ts';
import { leavesOf, vdevHealth, vdevName } from '../../pool/vdevHealth.ts';
import type { Evidence, Finding } from './finding.ts';

/** Leaves that the labels say to keep closed: who did it, that it outlives an import, and what it takes to do without. */
export function keptStates({ pool }: Evidence): Finding[] {
  return (pool.root?.children ?? []).flatMap((top) => {
    const offline = [...leavesOf(top)].filter(({ config }) => keptState(config) !== null);
    const lost = vdevHealth(top, ({ device, config }) => device !== null && keptState(config) === null) === 'missing';
    return offline.map((leaf) => findingOf(leaf, keptState(leaf.config) ?? 'offline', top, lost));
  });
}

function findingOf(leaf: VdevNode, state: KeptState, top: VdevNode, lost: boolean): Finding {
  const { path, guid, type, faulted, degraded } = leaf.config;
  const kept = {
    device: leaf.device?.source.name ?? path,
    guid,
    vdev: leaf === top ? null : vdevName(top),
    there: leaf.device !== null || type === 'dspare',
    without: !lost ? 'redundancy' : top.role === 'log' ? 'log' : 'nothing',
  } as const;
  const devices = leaf.device === null ? [] : [leaf.device];
  const severity = kept.without === 'nothing' ? 'error' : 'warning';
  if (state === 'offline') return { code: 'device-offline', severity, values: kept, devices };
  return { code: 'device-faulted', severity, values: { ...kept, faulted, degraded }, devices };
}
