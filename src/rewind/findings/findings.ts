import type { Severity } from './codes.ts';
import { missingDevices, outsideDevices, truncatedDevices } from './devices.ts';
import { failedReads, missingInBundle, vanishedDevices } from './failedReads.ts';
import type { Evidence, Finding } from './finding.ts';
import { foreignSignatures } from './foreign.ts';
import { foreignPools } from './foreignPools.ts';
import { guidSumMismatch } from './guidSum.ts';
import { hiddenPartitions } from './hidden.ts';
import { imagesOfTwoTimes } from './imageOfTwoTimes.ts';
import { keptStates } from './keptStates.ts';
import { disagreeingLabels, lostLabels, newerLabels, otherNames, placesClaimedTwice } from './labels.ts';
import { impossibleLabels } from './labelValues.ts';
import { largeLabels } from './largeLabels.ts';
import { memoryBound } from './memoryBound.ts';
import { overwrittenPools } from './overwritten.ts';
import { plainImport } from './plainImport.ts';
import { checkpoint, multihost, poolState, raidzExpansion } from './poolState.ts';
import { failingSlots, lostRings, tornSectors, unreadableSlots } from './rings.ts';
import { labelsFromRoots } from './rooted.ts';
import { shiftedDevices } from './shifted.ts';
import { timeGoingBack } from './timeGoingBack.ts';
import { divergedHistory, staleLegs } from './timelines.ts';
import { changedDevices } from './trees.ts';
import { trimHazard } from './trim.ts';
import { failingNewest, reusedRoots } from './uberblocks.ts';
import { imagesNotShown } from './unshown.ts';

/** In the order in which equals are told. */
const FAMILIES: readonly ((evidence: Evidence) => readonly Finding[])[] = [
  vanishedDevices,
  failedReads,
  missingInBundle,
  failingNewest,
  overwrittenPools,
  plainImport,
  divergedHistory,
  missingDevices,
  keptStates,
  truncatedDevices,
  shiftedDevices,
  hiddenPartitions,
  labelsFromRoots,
  imagesNotShown,
  foreignSignatures,
  staleLegs,
  imagesOfTwoTimes,
  timeGoingBack,
  multihost,
  trimHazard,
  raidzExpansion,
  lostLabels,
  impossibleLabels,
  largeLabels,
  disagreeingLabels,
  placesClaimedTwice,
  otherNames,
  newerLabels,
  changedDevices,
  guidSumMismatch,
  lostRings,
  failingSlots,
  tornSectors,
  unreadableSlots,
  foreignPools,
  outsideDevices,
  poolState,
  checkpoint,
  reusedRoots,
  memoryBound,
];

const WEIGHT: Record<Severity, number> = { error: 0, warning: 1, info: 2 };

/** Everything that labels, rings and what was read of the pool tell of it, the gravest first. */
export function collectFindings(evidence: Evidence): Finding[] {
  return FAMILIES.flatMap((family) => family(evidence)).sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
}
