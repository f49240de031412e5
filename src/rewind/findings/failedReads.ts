import { isLeftByGone, restsOnFailedReads } from '../../load/predict.ts';
import { hasUnreadableLabel } from '../../load/usableLeaves.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { FailedRead, SourceError } from '../../source/source.ts';
import type { Judged } from '../judge.ts';
import type { Evidence, Finding } from './finding.ts';
import type { ReadValues } from './values/reads.ts';

/** Devices that stopped answering while they were read: what was asked of them after that nobody knows. */
export function vanishedDevices({ pool, judged }: Evidence): Finding[] {
  const open = judged.filter(({ prediction }) => isLeftByGone(prediction));
  const [newest] = open;
  return pool.devices.flatMap((device): Finding[] => {
    const gone = device.source.failures?.gone ?? null;
    if (gone === null) return [];
    return [
      {
        code: 'device-vanished',
        severity: newest === undefined ? 'warning' : 'error',
        values: {
          device: device.source.name,
          error: gone.code,
          offset: gone.place?.offset ?? null,
          known: true,
          txg: newest?.candidate.txg ?? null,
        },
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
  return [
    {
      code: 'device-vanished',
      severity: open === undefined ? 'warning' : 'error',
      values: {
        device: device.source.name,
        error: gone.code,
        offset: null,
        known: false,
        txg: open?.candidate.txg ?? null,
      },
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
  return pool.devices.flatMap((device): Finding[] => {
    const failures = device.source.failures;
    const all = failures?.ranges ?? [];
    const own = failing.filter(({ prediction }) =>
      prediction.unread?.some(({ place }) => place?.source === device.source.name),
    );
    return (['never-read', 'read-failed'] as const).flatMap((code): Finding[] => {
      const ranges = all.filter(({ error }) => codeOf(error) === code);
      if (ranges.length === 0) return [];
      const open = ranges.some(({ error }) => error.silent) ? unverified(judged) : undefined;
      const outcome = open ? { kind: 'open' as const, txg: open } : outcomeOf(own, best, hasUnreadableLabel(device));
      return [
        {
          code,
          severity: own.length > 0 || open !== undefined ? 'error' : 'warning',
          values: {
            device: device.source.name,
            ranges: ranges.map(rangeValues),
            omitted: ranges.length === all.length ? (failures?.omitted ?? 0) : 0,
            outcome,
          },
          devices: [device],
        },
      ];
    });
  });
}

/** Whose fault it is that bytes are not had: the device's, the image's, the bundle's. */
function codeOf({ code, silent }: SourceError): 'never-read' | 'not-in-bundle' | 'read-failed' {
  if (code === 'never-read' || code === 'image-damaged') return 'never-read';
  return silent ? 'not-in-bundle' : 'read-failed';
}

const unverified = (judged: readonly Judged[]): bigint | undefined =>
  judged.find(({ prediction: { verdict } }) => verdict === 'unverified')?.candidate.txg;

/** Places of which the bundle that stands for a device has nothing, or nothing that can be trusted. */
export function missingInBundle({ pool, judged }: Evidence): Finding[] {
  return pool.devices.flatMap((device): Finding[] => {
    const failures = device.source.failures;
    const ranges = (failures?.ranges ?? []).filter(({ error }) => codeOf(error) === 'not-in-bundle');
    if (ranges.length === 0) return [];
    const open = unverified(judged);
    return [
      {
        code: 'not-in-bundle',
        severity: open === undefined ? 'warning' : 'error',
        values: {
          device: device.source.name,
          ranges: ranges.map(rangeValues),
          omitted: failures?.omitted ?? 0,
          txg: open ?? null,
        },
        devices: [device],
      },
    ];
  });
}

const rangeValues = ({ offset, length, error }: FailedRead) => ({ offset, length, error: error.code });

function outcomeOf(own: readonly Judged[], best: Judged | null, hidden: boolean): ReadValues['read-failed']['outcome'] {
  const [newest] = own;
  if (newest === undefined) return { kind: hidden ? 'label' : 'none' };
  const readOnly = best === newest && newest.prediction.verdict === 'readonly';
  return {
    kind: 'fails',
    txg: newest.candidate.txg,
    older: own.length - 1,
    readOnly,
    best: best === null || readOnly ? null : best.candidate.txg,
  };
}
