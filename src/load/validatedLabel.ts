import type { LabelConfig } from '../format/labelConfig.ts';
import type { VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf } from '../pool/vdevHealth.ts';

/**
 * The label that decides: of those whose checksum holds the newest, or the first that was never synced.
 *
 * @param limit labels of later txgs are passed over; null for none
 * Source: module/zfs/vdev_label.c, vdev_label_read_config
 */
export function validatedLabel(device: DeviceSurvey, limit: bigint | null = null): LabelConfig | null {
  let best: LabelConfig | null = null;
  for (const { status, config } of device.labels) {
    if (status !== 'ok' || config === null) continue;
    if (!config.txg && best === null) return config;
    if (limit !== null && (config.txg ?? 0n) > limit) continue;
    if (config.txg && (best?.txg ?? 0n) < config.txg) best = config;
  }
  return best;
}

/**
 * Every device below `root` has a label that an import without `-T` accepts: no newer than the uberblock, and the leaf's
 * own.
 *
 * @param txg of the uberblock
 * Source: module/zfs/vdev.c, vdev_validate
 */
export const opensPlainly = (root: VdevNode, txg: bigint): boolean =>
  [...leavesOf(root)].every(
    ({ device, config }) => device === null || validatedLabel(device, txg)?.guid === config.guid,
  );
