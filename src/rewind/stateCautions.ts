import type { OngoingFacts } from './facts/ongoingFacts.ts';
import { list } from './findings/finding.ts';
import type { JudgedCandidate } from './judgement.ts';
import type { RecommendOptions } from './recommend.ts';

/** What findings of the pool mean for an import. */
export function stateCautions({ findings, choice }: Pick<RecommendOptions, 'findings' | 'choice'>): string[] {
  const cautions: string[] = [];
  const codes = new Set(findings.map(({ code, severity }) => (severity === 'info' ? '' : code)));
  if (codes.has('multihost')) cautions.push('Make sure that no other host has the pool imported: multihost is on.');
  if (codes.has('history-diverged')) {
    cautions.push(
      'The devices hold two histories: an import with all of them overwrites one. The commands name the devices of one; keep the others unplugged.',
    );
  }
  if (codes.has('trim-hazard')) {
    cautions.push('Written to, the pool trims or overwrites unused space: every other txg is lost then.');
  }
  if (codes.has('leg-stale') && choice.passedOver.length > 0) {
    cautions.push(
      'A device that stayed behind is resilvered by a read-write import: copy it first if it may be needed.',
    );
  }
  return cautions;
}

/** What a read-write import goes on with by itself, and what it would go on without. */
export function ongoingCautions(ongoing: OngoingFacts | null, { commands, prediction }: JudgedCandidate): string[] {
  if (ongoing === null) return [];
  const { removing, substitutes, unlabelled } = ongoing;
  const cautions: string[] = [];
  if (unlabelled.length > 0) {
    cautions.push(
      `The labels at hand are older than the zpool add of ${list(unlabelled)}, which the meta-object set alone knows: look for it and scan again with it.`,
    );
  }
  if (prediction.verdict === 'readonly') return cautions;
  if (removing !== null) {
    cautions.push(
      `${removing} is being removed: a read-write import goes on with that at once, copying and freeing. \`zpool remove -s ${commands.pool}\` stops it.`,
    );
  }
  for (const { kind, of, by } of substitutes) {
    cautions.push(
      kind === 'spare'
        ? `The hot spare ${by} stands in for ${of}: a read-write import resilvers on. \`zpool detach\` of the spare gives it back, of the other keeps it in its place.`
        : `${by} is taking the place of ${of}: a read-write import resilvers on, and then lets ${of} go.`,
    );
  }
  return cautions;
}
