import type { NvList } from '../../format/nvlist.ts';
import { nvlistArrayOf, nvlistOf } from '../../format/nvlistFields.ts';
import { vdevRef } from '../../load/reason.ts';
import type { Pool } from '../../pool/pool.ts';
import { leavesOf } from '../../pool/vdevHealth.ts';
import { watchSeconds } from '../multihostClaim.ts';
import type { OverlayPlan, OverlayWarning } from './plan.ts';

/** Leaves that need no device. */
const NO_DEVICE: ReadonlySet<string> = new Set(['hole', 'indirect', 'dspare', 'missing']);

/** What to know before an overlay of `plan` is used. */
export function warningsOf(pool: Pool, plan: Omit<OverlayPlan, 'warnings'>, config: NvList): OverlayWarning[] {
  const { root, devices, candidate, method, loads } = plan;
  const warnings: OverlayWarning[] = [];
  const { mmp } = candidate.uberblock;
  if (mmp !== null) warnings.push({ code: 'multihost', waitSeconds: watchSeconds(mmp) });
  for (const leaf of root === null ? [] : leavesOf(root)) {
    if (leaf.device === null && !NO_DEVICE.has(leaf.config.type))
      warnings.push({ code: 'leaf-absent', leaf: vdevRef(leaf) });
  }
  const used = new Set(devices.map(({ device }) => device));
  const aux = new Set(
    pool.outside.flatMap(({ device, reason }) => (reason === 'spare' || reason === 'cache' ? [device] : [])),
  );
  for (const device of pool.devices) {
    if (!used.has(device) && !aux.has(device)) warnings.push({ code: 'device-left-out', device });
  }
  const tree = nvlistOf(config, 'vdev_tree') ?? { pairs: [] };
  const count = nvlistArrayOf(tree, 'spares').length + nvlistArrayOf(tree, 'l2cache').length;
  if (count > 0 || aux.size > 0) warnings.push({ code: 'aux-devices', count: Math.max(count, aux.size) });
  for (const { device, leaf, by } of devices) {
    if (by === 'successor') warnings.push({ code: 'successor', device, leaf: vdevRef(leaf) });
    if (leaf.config.type === 'file') warnings.push({ code: 'file-vdev', device });
  }
  if (method === 'raise') warnings.push({ code: 'raised', txg: loads });
  return warnings;
}
