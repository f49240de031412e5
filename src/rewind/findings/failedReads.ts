import { isLeftByGone, restsOnFailedReads } from '../../load/predict.ts';
import { hasUnreadableLabel } from '../../load/usableLeaves.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { FailedRead } from '../../source/failedReads.ts';
import type { Judged } from '../judge.ts';
import { type Evidence, type Finding, list, size } from './finding.ts';

const COPY = 'Copy it whole to a sound disk (ddrescue), and scan and import the copy';

/** Devices that stopped answering while they were read: what was asked of them after that nobody knows. */
export function vanishedDevices({ pool, judged }: Evidence): Finding[] {
  const open = judged.filter(({ prediction }) => isLeftByGone(prediction));
  const [newest] = open;
  return pool.devices.flatMap((device) => {
    const gone = device.source.failures?.gone ?? null;
    if (gone === null) return [];
    const where = gone.place === null ? '' : ` at byte ${gone.place.offset}`;
    const left =
      newest === undefined
        ? 'The others supply all that was looked at.'
        : `Txg ${newest.candidate.txg} and what is older is therefore not judged, and no txg is recommended in its place: an older one may look best only because the newer ones are on this device.`;
    return [
      {
        code: 'device-vanished',
        severity: newest === undefined ? ('warning' as const) : ('error' as const),
        message: `${device.source.name} stopped answering while it was read (${gone.code}${where}). ${left} Look at its cable, port and power. ${COPY}.`,
        devices: [device],
      },
    ];
  });
}

/** @param device that went away before it was known whose it is; null without */
export function vanishedStranger(device: DeviceSurvey | null, judged: readonly Judged[]): Finding[] {
  const gone = device?.source.failures?.gone ?? null;
  if (device === null || gone === null) return [];
  const open = judged.find(({ prediction }) => isLeftByGone(prediction));
  const left =
    open === undefined
      ? ''
      : ` Txg ${open.candidate.txg} and what is older is therefore not judged, and no txg is recommended in its place.`;
  return [
    {
      code: 'device-vanished',
      severity: open === undefined ? 'warning' : 'error',
      message: `${device.source.name} stopped answering (${gone.code}) before it was known whose it is. It may be a device that this pool lacks.${left} Look at its cable, port and power. ${COPY}.`,
      devices: [device],
    },
  ];
}

/** Places that gave an error, and which txgs fail for nothing else: those are on the device all the same, it may be. */
export function failedReads({ pool, judged, best }: Evidence): Finding[] {
  const failing = judged.filter(
    ({ candidate, prediction }) =>
      candidate.taken && restsOnFailedReads(prediction) && (best === null || candidate.txg >= best.candidate.txg),
  );
  return pool.devices.flatMap((device) => {
    const failures = device.source.failures;
    const ranges = failures?.ranges ?? [];
    if (ranges.length === 0) return [];
    const own = failing.filter(({ prediction }) =>
      prediction.unread?.some(({ place }) => place?.source === device.source.name),
    );
    return [
      {
        code: 'read-failed',
        severity: own.length > 0 ? ('error' as const) : ('warning' as const),
        message: `${device.source.name}: ${rangesText(ranges, failures?.omitted ?? 0)} could not be read. ${consequence(own, best, hasUnreadableLabel(device))}`,
        devices: [device],
      },
    ];
  });
}

function rangesText(ranges: readonly FailedRead[], omitted: number): string {
  const bytes = ranges.reduce((sum, { length }) => sum + BigInt(length), 0n);
  const places = ranges.map(({ offset, length, error }) => `${size(BigInt(length))} at byte ${offset} (${error.code})`);
  const more = omitted > 0 ? ` or more, ${omitted} places not listed` : '';
  return ranges.length === 1 && more === '' ? (places[0] ?? '') : `${size(bytes)}${more} in all, ${list(places, 4)},`;
}

function consequence(own: readonly Judged[], best: Judged | null, hidden: boolean): string {
  const [newest] = own;
  if (newest === undefined && hidden)
    return `A label is among it, for which zpool import passes the device over. ${COPY}.`;
  if (newest === undefined) return `What is judged here does without. ${COPY} before anything is written.`;
  const which =
    own.length === 1
      ? `Txg ${newest.candidate.txg} fails`
      : `Txg ${newest.candidate.txg} and ${own.length - 1} older fail`;
  const only = best === newest && newest.prediction.verdict === 'readonly';
  const how = only ? `Txg ${newest.candidate.txg} imports only read-only` : which;
  const worst =
    best === null || only
      ? 'where the copy has zeros instead, nothing better is known than what is said here'
      : `where the copy has zeros instead, txg ${best.candidate.txg} stays the best`;
  return `${how} for nothing but that: what stands there may be whole, and nothing says that it was not written. ${COPY}: if it recovers these places, ${
    only ? 'that txg should import whole' : own.length === 1 ? 'it should import' : 'they should import'
  }; ${worst}.`;
}
