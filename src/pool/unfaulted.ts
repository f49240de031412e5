import type { LabelConfig } from '../format/labelConfig.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { DeviceSurvey } from './survey.ts';

/**
 * What a device is once the key `aux_state` is called something else in its labels and their checksums are written anew:
 * OpenZFS finds no forced fault in them. What a MOS says of it stays.
 *
 * Source: module/zfs/vdev.c, vdev_alloc
 */
export function unfaulted(device: DeviceSurvey): DeviceSurvey {
  const config = (of: LabelConfig): LabelConfig => ({ ...of, vdevTree: of.vdevTree && withoutState(of.vdevTree) });
  return {
    ...device,
    config: device.config && config(device.config),
    labels: device.labels.map((label) => ({ ...label, config: label.config && config(label.config) })),
  };
}

const withoutState = (vdev: VdevConfig): VdevConfig => ({
  ...vdev,
  auxState: null,
  children: vdev.children.map(withoutState),
});
