import { LARGE_LABEL } from '../../load/knownFeatures.layout.ts';
import type { Reason } from '../../load/reason.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { Evidence, Finding } from './finding.ts';

/** A form of label that no release writes: what is read here is what it keeps of the old form. */
export function largeLabels({ pool, judged }: Evidence): Finding[] {
  const devices = pool.devices.filter(hasLargeLabel);
  const txgs = judged.flatMap(({ candidate, prediction }) => (prediction.reasons.some(namesIt) ? [candidate.txg] : []));
  if (devices.length === 0 && txgs.length === 0) return [];
  const names = devices.map(({ source }) => source.name);
  return [
    { code: 'large-label', severity: 'warning', values: { feature: LARGE_LABEL, devices: names, txgs }, devices },
  ];
}

/** One of its labels that decode needs the feature to be read. */
export const hasLargeLabel = ({ labels }: Pick<DeviceSurvey, 'labels'>): boolean =>
  labels.some(({ config }) => config?.featuresForRead?.includes(LARGE_LABEL));

const namesIt = (reason: Reason): boolean =>
  (reason.code === 'features-unknown' || reason.code === 'label-features-unknown') &&
  reason.features.includes(LARGE_LABEL);
