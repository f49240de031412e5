import type { Evidence, Finding } from './finding.ts';

/** Images that no program of the system shows as a disk: the step makes a copy that zpool takes. */
export function imagesNotShown({ pool, placeOf }: Evidence): Finding[] {
  const vdevs = pool.devices.flatMap((device) => placeOf?.(device) ?? []);
  const steps = vdevs.length === pool.devices.length ? [{ kind: 'lay-overlay' as const, vdevs }] : [];
  const unshown = pool.devices.flatMap((device) => {
    const image = placeOf?.(device)?.image ?? null;
    return image === null || image.isShown ? [] : [{ device, image }];
  });
  return unshown.map(({ device, image }, index) => ({
    code: 'image-not-shown' as const,
    severity: 'warning' as const,
    values: { device: device.source.name, format: image.format },
    devices: [device],
    // One line makes the copies of all.
    ...(index === 0 ? { steps } : {}),
  }));
}
