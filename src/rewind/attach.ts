import { ownLeaf } from '../format/labelConfig.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { ImportPlace } from './importPlace.ts';

/**
 * Whether a device has to be shown to the system as a block device before `zpool import` can use it: what was a disk is
 * opened as a block device only, so an image of it is refused ("Block device required"). What was a file stays one.
 *
 * @param place where zpool finds the device as it is; null when it does not
 * Source: module/os/linux/zfs/vdev_disk.c, vdev_disk_open; asked of OpenZFS 2.3.2
 */
export function needsAttaching(device: DeviceSurvey, place: ImportPlace | null): boolean {
  if (place !== null) return place.kind === 'file' && isDisk(device);
  const { shift, config } = device;
  // What lacks its front, and a file that begins elsewhere, need more than one line: their finding has it.
  return shift === null || (shift.start >= 0 && (config === null || isDisk(device)));
}

/** Its own label says that it is a disk; without a label that decodes nothing is known, and nothing imports it. */
const isDisk = ({ config }: DeviceSurvey): boolean => config !== null && ownLeaf(config)?.type === 'disk';
