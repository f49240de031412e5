import type { LabelConfig } from '../format/labelConfig.ts';
import type { DeviceSurvey } from '../pool/survey.ts';

/**
 * The label that decides: of those whose checksum holds the newest, or the first that was never synced.
 *
 * Source: module/zfs/vdev_label.c, vdev_label_read_config with no limit to the txg
 */
export function validatedLabel(device: DeviceSurvey): LabelConfig | null {
  let best: LabelConfig | null = null;
  for (const { status, config } of device.labels) {
    if (status !== 'ok' || config === null) continue;
    if (!config.txg && best === null) return config;
    if (config.txg && (best?.txg ?? 0n) < config.txg) best = config;
  }
  return best;
}
