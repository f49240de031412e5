import type { ReleaseDifference } from '../rewind/releaseDifference.ts';
import { reasonWords } from '../words/reasons.ts';
import { versionWords } from '../words/versions.ts';
import type { VersionEntry } from './pool.types.ts';

export function versionEntry(difference: ReleaseDifference): VersionEntry {
  const { releases, change, judged, all, reason } = difference;
  const errors = judged.map(({ counts }) => ({
    metadata: counts?.metadataErrors ?? null,
    data: counts?.dataErrors ?? null,
  }));
  return {
    ...{ releases, change, all },
    txgs: judged.map(({ candidate }) => candidate.txg.toString()),
    reason: reason === null ? null : reasonWords(reason, 'brief'),
    ...(reason !== null && 'features' in reason ? { features: reason.features } : {}),
    ...(change === 'counts' ? { errors } : {}),
    message: versionWords(difference),
  };
}
