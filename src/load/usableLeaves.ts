import type { VdevConfig } from '../format/vdevConfig.ts';
import { keptState } from '../pool/keptState.ts';
import type { VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf } from '../pool/vdevHealth.ts';
import { isTruncated, leafSizes } from '../pool/vdevSize.ts';
import { EndedError, NeverReadError, SourceError } from '../source/source.ts';
import type { Refusal } from './refusal.ts';
import { validatedLabel } from './validatedLabel.ts';

/** One of its four labels passes its checksum. */
export const hasSoundLabel = (device: DeviceSurvey): boolean => device.labels.some(({ status }) => status === 'ok');

/** Errors for which `zpool import` asks again for one label at a time, and does without those that fail. */
const ASKED_AGAIN: ReadonlySet<string> = new Set(['EREMOTEIO', 'EAGAIN', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * One of its four labels gives a read error, for which `zpool import` passes the whole device over: it asks for all four
 * at once and takes one failure for all. A source that ends too early gives fewer bytes and no error. The front that a
 * shifted device lacks is made of zeros where it is shown.
 * Source: lib/libzutil/zutil_import.c, zpool_read_label
 */
export function hasUnreadableLabel(device: DeviceSurvey): boolean {
  const errors = unreadLabels(device);
  return errors.length > 0 && !errors.some(({ code }) => ASKED_AGAIN.has(code));
}

/**
 * Why labels of the device gave a read error where they are looked for. What an image never had gives none: whatever shows
 * the image to zpool has other bytes there, zeros mostly. A device itself fails again where it failed before.
 */
export function unreadLabels({ labels, shift, signed }: DeviceSurvey): SourceError[] {
  if (shift !== null) return [];
  const isNoError = (error: SourceError): boolean =>
    error instanceof EndedError || (error instanceof NeverReadError && signed?.block !== true);
  const unread = labels.flatMap(({ status, trouble }) => (status === 'unreadable' ? (trouble ?? []) : []));
  return unread.flatMap((error) => (error instanceof SourceError && !isNoError(error) ? error : []));
}

/**
 * Leaves below top-level vdev `top` that have a device which OpenZFS does not open, and why.
 *
 * A leaf that the config marks as offline, or as faulted by force, stays closed, in the tree of the labels too: what
 * only it holds is not read, neither uberblocks nor blocks.
 *
 * Source: module/zfs/vdev.c, vdev_alloc, vdev_open and vdev_validate
 */
export function refusedLeaves(top: VdevNode): ReadonlyMap<VdevNode, Refusal> {
  const refused = new Map<VdevNode, Refusal>();
  for (const size of leafSizes(top)) {
    if (isTruncated(size)) {
      refused.set(size.leaf, { code: 'too-short', size: size.device.alignedSize, needed: size.needed });
    }
  }
  for (const leaf of leavesOf(top)) {
    if (leaf.device === null) continue;
    const closed = whyClosed(leaf.config);
    if (closed !== null) refused.set(leaf, closed);
    else if (hasUnreadableLabel(leaf.device)) refused.set(leaf, { code: 'label-unreadable' });
    else if (!hasSoundLabel(leaf.device)) refused.set(leaf, { code: 'no-sound-label' });
    else {
      const other = otherVdev(leaf.device, leaf.config, top.config);
      if (other !== null) refused.set(leaf, other);
    }
  }
  return refused;
}

/**
 * The newest label of a device speaks for it, wherever it stands: one of an older pool behind the vdev's end does, when
 * its txg is the higher. The pool's own guid is not looked at before the config is that of the MOS.
 *
 * Source: module/zfs/vdev.c, vdev_validate; module/zfs/vdev_label.c, vdev_label_read_config
 */
function otherVdev(device: DeviceSurvey, leaf: VdevConfig, top: VdevConfig): Refusal | null {
  const label = validatedLabel(device);
  if (label === null || label.guid === null || label.topGuid === null) return null;
  if (label.guid === leaf.guid || label.vdevTree?.origGuid === leaf.guid) return null;
  if (label.topGuid === leaf.guid || label.guid === top.guid) return null;
  return { code: 'newer-label', pool: label.name ?? `${label.poolGuid}`, txg: label.txg };
}

/** Why a leaf stays closed that has its device; null when it is opened. */
export function whyClosed(config: VdevConfig): Refusal | null {
  const state = keptState(config);
  return state === null ? null : { code: state };
}

/** Devices of the leaves below `root` that OpenZFS opens and reads uberblocks from. */
export function usableDevices(root: VdevNode | null): ReadonlySet<DeviceSurvey> {
  const usable = new Set<DeviceSurvey>();
  for (const top of root?.children ?? []) {
    const refused = refusedLeaves(top);
    for (const leaf of leavesOf(top)) if (leaf.device !== null && !refused.has(leaf)) usable.add(leaf.device);
  }
  return usable;
}
