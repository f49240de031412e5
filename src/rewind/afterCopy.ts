import { asTxg } from '../bytes/units.ts';
import { hasUnreadableLabel } from '../load/usableLeaves.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { surveyDevice } from '../pool/surveyDevice.ts';
import { zeroed } from '../source/zeroed.ts';
import type { Alternative } from './alternatives.ts';
import type { Finding } from './findings/finding.ts';
import type { Gathered } from './gather.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';

/** The txg that will be best once devices are copied which `zpool import` passes over as they are. */
export interface AfterCopy {
  /** What to say beside a recommendation; null where that has the same txg. */
  readonly alternative: Alternative | null;
  readonly finding: Finding;
}

/**
 * Judges the pool as it will be from copies of the devices of which one label gives a read error: with zeros in the
 * place of what cannot be read, which is the least that a copy has.
 *
 * @param best what is recommended of the devices as they are
 * @returns null where no device is passed over for that, or the copies make nothing better
 */
export async function afterCopy(
  { pool, all, options: { blocks, signal, placeOf }, judgeWith }: Gathered,
  best: JudgedCandidate | null,
): Promise<AfterCopy | null> {
  const hidden = pool.devices.filter((device) => hasUnreadableLabel(device) && device.source.failures?.gone == null);
  const newest = all[0]?.txg ?? 0n;
  if (hidden.length === 0 || blocks === undefined || signal?.aborted) return null;
  if (best?.prediction.verdict === 'importable' && best.candidate.txg >= newest) return null;
  const originals = new Map<DeviceSurvey, DeviceSurvey>();
  for (const device of hidden) {
    const source = zeroed(device.source);
    const copy = { ...(await surveyDevice(source, blocks.engine, { signal })), shift: device.shift };
    originals.set(copy, device);
  }
  const devices = [...pool.devices.filter((device) => !hidden.includes(device)), ...originals.keys()];
  const least = best === null ? null : asTxg(best.candidate.txg + (best.prediction.verdict === 'importable' ? 1n : 0n));
  const judged = await judgeWith(devices, {
    range: { oldest: least, newest: null },
    placeOf: (device) => placeOf(originals.get(device) ?? device),
  });
  const then = judged?.recommendation?.candidate ?? null;
  if (then === null || then.prediction.verdict === 'unverified') return null;
  return outcome(then, best, hidden);
}

function outcome(then: JudgedCandidate, best: JudgedCandidate | null, hidden: readonly DeviceSurvey[]): AfterCopy {
  const { txg } = then.candidate;
  const values = {
    devices: hidden.map(({ source }) => source.name),
    best: best?.candidate.txg ?? null,
    txg,
    readOnly: then.prediction.verdict === 'readonly',
  };
  return {
    alternative:
      best === null
        ? null
        : { txg, why: { kind: 'after-copy', devices: values.devices, readOnly: values.readOnly }, by: null },
    finding: { code: 'better-after-copy', severity: 'error', values, devices: hidden },
  };
}
