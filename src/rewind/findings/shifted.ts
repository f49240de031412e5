import { SECTOR } from '../../bytes/units.ts';
import { LABEL_SIZE } from '../../format/label.layout.ts';
import { type DeviceShift, type DeviceSurvey, fillsPath, type LabelSurvey } from '../../pool/survey.ts';
import { vdevHealth } from '../../pool/vdevHealth.ts';
import type { ImportPlace } from '../importPlace.ts';
import { leafType, showingOf } from '../showing.ts';
import { type Step, showingSteps } from '../steps.ts';
import type { Evidence, Finding } from './finding.ts';
import { isAround } from './foreign.ts';
import type { PlaceValues, ShiftCause } from './values/places.ts';

const MIB = 1024 * 1024;
/** Sectors at which tools of the last decades began the first partition. */
const USUAL_STARTS = [8, 34, 40, 63, 64, 128, 256];

/** Vdevs that do not begin, or do not end, where `zpool import` looks for them: which, by how much, and what shows them. */
export function shiftedDevices({ pool, placeOf: lies }: Evidence): Finding[] {
  const shifted = new Set(pool.devices.filter(({ shift, source }) => shift !== null && !fillsPath(shift, source.size)));
  const lost =
    pool.root === null ||
    pool.root.children.some(
      (top) =>
        top.role !== 'log' && vdevHealth(top, ({ device }) => device !== null && !shifted.has(device)) === 'missing',
    );
  return pool.devices.flatMap((device): Finding[] => {
    const { shift, source } = device;
    if (shift === null) return [];
    const { path, pathSize, start, expected, expectedBy } = shift;
    const hidden = shifted.has(device);
    const misplaced = misplacedOf(device, shift);
    return [
      {
        code: 'device-shifted',
        severity: hidden && lost ? 'error' : 'warning',
        values: {
          ...{ device: source.name, path, pathSize, start, expected, expectedBy, size: source.size },
          type: leafType(device) ?? 'disk',
          labels: device.labels.filter(isSound).map(({ index, offset }) => ({ label: index, offset: start + offset })),
          cause: causeOf(device, shift, misplaced !== null),
          unseen: hidden ? (lost ? 'needed' : 'spared') : null,
          misplaced,
        },
        devices: [device],
        ...(hidden ? { steps: stepsFor(device, lies?.(device) ?? null) } : {}),
      },
    ];
  });
}

/** What usually makes vdevs begin there; null where `doubted` names another cause. */
function causeOf(
  { source, signed }: DeviceSurvey,
  { start, expected, expectedBy, inPartition, pathSize }: DeviceShift,
  doubted: boolean,
): ShiftCause | null {
  const by = start - expected;
  const around = signed?.found.find((found) => isAround(signed, found));
  if (around !== undefined) return { kind: 'inside', name: around.name, offset: around.offset };
  if (start < 0) return { kind: 'front-lost' };
  if (inPartition) return { kind: 'partition-moved' };
  if (expectedBy !== null) return { kind: 'wrong-offset' };
  if (by === 0) return { kind: pathSize > source.size ? 'device-grown' : 'end-lost' };
  if (by % MIB === 0 || USUAL_STARTS.includes(by / SECTOR)) return { kind: 'partition-lost' };
  return doubted ? null : { kind: 'put-in-front' };
}

/** What shows it, and what this tool reads of it as it lies. */
function stepsFor(device: DeviceSurvey, place: ImportPlace | null): Step[] {
  if (place === null) return [];
  const there = place.part !== null && place.part.start >= 0;
  return [...showingSteps([showingOf(device, place)]), ...(there ? [{ kind: 'read-part' as const, place }] : [])];
}

/** A label proves a start, and not that the whole vdev follows it: images stored in a pool lie in pieces. */
function misplacedOf(
  { labels }: DeviceSurvey,
  { start, pathSize }: DeviceShift,
): PlaceValues['device-shifted']['misplaced'] {
  const there = labels.filter(({ offset }) => start + offset >= 0 && start + offset + LABEL_SIZE <= pathSize);
  const lost = there.filter((label) => !isSound(label)).length;
  return lost === 0 ? null : { labels: lost, of: there.length };
}

const isSound = ({ status }: LabelSurvey): boolean => status === 'ok' || status === 'malformed';
