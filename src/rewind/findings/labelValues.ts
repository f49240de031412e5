import { ASHIFT } from '../../format/label.layout.ts';
import type { Evidence, Finding } from './finding.ts';

/** Sound labels that say what no ZFS writes: the checksum holds, so somebody made them so. */
export function impossibleLabels({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device) => {
    for (const { status, config, index, offset } of device.labels) {
      const ashift = config?.vdevTree?.ashift ?? null;
      if (status !== 'ok' || ashift === null || (ashift >= ASHIFT.min && ashift <= ASHIFT.max)) continue;
      return [
        {
          code: 'label-impossible',
          severity: 'error' as const,
          message:
            `${device.source.name} @ 0x${offset.toString(16)} label ${index}: ashift: expected ${ASHIFT.min} to ` +
            `${ASHIFT.max}, found ${ashift}. No ZFS writes that: the label was altered. What an import would do with it ` +
            'cannot be told; slot sizes were taken from the slots themselves.',
          devices: [device],
        },
      ];
    }
    return [];
  });
}
