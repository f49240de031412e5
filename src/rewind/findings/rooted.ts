import type { Evidence, Finding } from './finding.ts';

/** Devices whose labels were made of a root: what is said of the pool is of overlays, which the step makes. */
export function labelsFromRoots({ pool, placeOf }: Evidence): Finding[] {
  const rooted = pool.devices.filter(({ rooted }) => rooted !== undefined);
  const vdevs = pool.devices.flatMap((device) => placeOf?.(device) ?? []);
  const steps = vdevs.length === pool.devices.length ? [{ kind: 'lay-overlay' as const, vdevs }] : [];
  return rooted.flatMap((device, index): Finding[] =>
    device.rooted === undefined
      ? []
      : [
          {
            code: 'labels-from-root',
            severity: 'warning',
            values: { device: device.source.name, at: device.rooted.at, txg: device.rooted.txg },
            devices: [device],
            // One line makes the overlays of all.
            ...(index === 0 ? { steps } : {}),
          },
        ],
  );
}
