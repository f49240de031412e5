import type { DeviceSurvey } from '../../pool/survey.ts';
import { vdevHealth } from '../../pool/vdevHealth.ts';
import type { HiddenReason } from '../../source/partition.ts';
import { type ImportPlace, wholePlace } from '../importPlace.ts';
import { showingOf } from '../showing.ts';
import { type Step, showingSteps } from '../steps.ts';
import type { Evidence, Finding } from './finding.ts';

/** Partitions that hold a vdev and that Linux makes no device of: why, where they lie, the line that shows them. */
export function hiddenPartitions({ pool, placeOf }: Evidence): Finding[] {
  const hidden = new Set(pool.devices.filter(({ hidden }) => hidden !== null && hidden.reason !== 'no-table'));
  if (hidden.size === 0) return [];
  const without = (device: DeviceSurvey | null): boolean => device !== null && !hidden.has(device);
  const lost =
    pool.root === null ||
    pool.root.children.some(
      (top) => top.role !== 'log' && vdevHealth(top, ({ device }) => without(device)) === 'missing',
    );
  return [...hidden].flatMap((device): Finding[] => {
    const { hidden: place } = device;
    const lies = placeOf?.(device) ?? null;
    if (place === null || place.reason === 'no-table') return [];
    const { reason, path, start, length, name } = place;
    return [
      {
        code: 'partition-hidden',
        severity: lost ? 'error' : 'warning',
        values: { path, name, reason, start, length, needed: lost },
        devices: [device],
        steps: lies === null ? [] : [...showingSteps([showingOf(device, lies)]), ...tableSteps(reason, lies)],
      },
    ];
  });
}

/** Where the boot record or the first of two tables is damaged, the other one may be whole. */
const REPAIRED: ReadonlySet<HiddenReason> = new Set<HiddenReason>([
  'boot-signature',
  'no-primary',
  'header-crc',
  'entries-crc',
]);

function tableSteps(reason: HiddenReason, { path, kind, name }: ImportPlace): Step[] {
  const place = wholePlace(path, kind, `${name}-disk`);
  if (REPAIRED.has(reason)) return [{ kind: 'repair-table', place }];
  return reason === 'no-device' && kind === 'block' ? [{ kind: 'read-table', place }] : [];
}
