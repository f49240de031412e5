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
          code: 'label-impossible' as const,
          severity: 'error' as const,
          values: {
            device: device.source.name,
            label: index,
            offset,
            ashift,
            least: ASHIFT.min,
            most: ASHIFT.max,
          },
          devices: [device],
        },
      ];
    }
    return [];
  });
}
