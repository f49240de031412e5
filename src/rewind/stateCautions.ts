import type { Caution } from './caution.ts';
import type { OngoingFacts } from './facts/ongoingFacts.ts';
import type { FindingCode } from './findings/codes.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { RecommendOptions } from './recommendation.ts';

/** What findings of the pool mean for an import. */
export function stateCautions({ findings, choice }: Pick<RecommendOptions, 'findings' | 'choice'>): Caution[] {
  const grave = (code: FindingCode): boolean =>
    findings.some((finding) => finding.code === code && finding.severity !== 'info');
  const cautions: Caution[] = [];
  if (grave('multihost')) cautions.push({ kind: 'multihost' });
  if (grave('history-diverged')) cautions.push({ kind: 'two-histories' });
  if (grave('trim-hazard')) cautions.push({ kind: 'trims' });
  // A vdev that stopped as a whole has no sibling to be resilvered from.
  const behind = findings.some(
    (each) => each.code === 'leg-stale' && 'values' in each && each.values.others === 'siblings',
  );
  if (behind && choice.passedOver.length > 0) cautions.push({ kind: 'resilvers-stale-leg' });
  return cautions;
}

/** What a read-write import goes on with by itself, and what it would go on without. */
export function ongoingCautions(ongoing: OngoingFacts | null, { commands, prediction }: JudgedCandidate): Caution[] {
  if (ongoing === null) return [];
  const { removing, substitutes, unlabelled } = ongoing;
  const cautions: Caution[] = [];
  if (unlabelled.length > 0) cautions.push({ kind: 'added-later', vdevs: unlabelled });
  if (prediction.verdict === 'readonly') return cautions;
  const { pool } = commands;
  if (removing !== null) cautions.push({ kind: 'removal-goes-on', vdev: removing, pool });
  for (const { kind, of, by, guids } of substitutes) {
    if (kind === 'spare') cautions.push({ kind: 'spare-in-use', of, by, pool, guids });
    else cautions.push({ kind: 'replacement-goes-on', of, by });
  }
  return cautions;
}
