import type { Candidate } from '../load/candidates.ts';
import { hasUnreadableLabel } from '../load/usableLeaves.ts';
import { assemblePools } from '../pool/assemblePools.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { surveyDevice } from '../pool/surveyDevice.ts';
import { zeroed } from '../source/zeroed.ts';
import type { Alternative } from './alternatives.ts';
import type { Finding } from './findings/finding.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { JudgeOptions, JudgePool } from './judgement.ts';
import { openByLabels } from './openByLabels.ts';

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
 * @param all candidates of `pool`
 * @param best what is recommended of the devices as they are
 * @param judge judges the pool that the copies are
 * @returns null where no device is passed over for that, or the copies make nothing better
 */
export async function afterCopy(
  pool: Pool,
  all: readonly Candidate[],
  best: JudgedCandidate | null,
  { onCandidate: _, onProgress: __, onShare: ___, placeOf, ...options }: JudgeOptions,
  judge: JudgePool,
): Promise<AfterCopy | null> {
  const { blocks, depth, signal } = options;
  const hidden = pool.devices.filter((device) => hasUnreadableLabel(device) && device.source.failures?.gone == null);
  const newest = all[0]?.txg ?? 0n;
  if (hidden.length === 0 || blocks === undefined || depth === 'labels' || signal?.aborted) return null;
  if (best?.prediction.verdict === 'importable' && best.candidate.txg >= newest) return null;
  const originals = new Map<DeviceSurvey, DeviceSurvey>();
  for (const device of hidden) {
    const source = zeroed(device.source);
    const copy = { ...(await surveyDevice(source, blocks.engine, { signal })), shift: device.shift };
    originals.set(copy, device);
  }
  const devices = [...pool.devices.filter((device) => !hidden.includes(device)), ...originals.keys()];
  const copied = assemblePools(devices).pools.find(({ guid, root }) => guid === pool.guid && root !== null);
  if (copied?.root == null) return null;
  const reader = openByLabels(blocks, copied.root);
  const least = best?.prediction.verdict === 'importable' ? best.candidate.txg + 1n : best?.candidate.txg;
  const asked = least === undefined || (options.minTxg ?? 0n) > least ? options : { ...options, minTxg: least };
  const place = placeOf && ((device: DeviceSurvey) => placeOf(originals.get(device) ?? device));
  const { recommendation } = await judge(copied, reader, {
    ...asked,
    waysOut: false,
    ...(place && { placeOf: place }),
  });
  const then = recommendation?.candidate ?? null;
  if (then === null || then.prediction.verdict === 'unverified') return null;
  return told(then, best, hidden);
}

function told(then: JudgedCandidate, best: JudgedCandidate | null, hidden: readonly DeviceSurvey[]): AfterCopy {
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
