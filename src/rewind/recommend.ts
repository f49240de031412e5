import type { Candidate } from '../load/candidates.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { vdevName } from '../pool/vdevHealth.ts';
import { type Alternative, alternatives } from './alternatives.ts';
import type { PoolFacts } from './facts/poolFacts.ts';
import type { StateFacts } from './facts/stateFacts.ts';
import { count, type Finding, list, span } from './findings/finding.ts';
import type { TimeJump } from './findings/timeJumps.ts';
import type { JudgedCandidate } from './judgement.ts';
import type { Choice } from './rank.ts';
import type { StoppedTop } from './stoppedTops.ts';

export interface Recommendation {
  readonly candidate: JudgedCandidate;
  readonly why: string;
  readonly alternatives: readonly Alternative[];
  /** Only what applies here; empty for a pool whose newest txg imports and that has nothing to warn of. */
  readonly cautions: readonly string[];
  /** Shell line for after a read-write import, that keeps later imports from the newer uberblocks; null without such. */
  readonly afterReadWrite: string | null;
  /** Trying it can cost something: better on a copy or an overlay. */
  readonly risky: boolean;
  /** Devices to attach as block devices before any command is run. */
  readonly toAttach: readonly DeviceSurvey[];
  /** Snapshots and intent logs at that txg; null where they were not read. */
  readonly state: StateFacts | null;
}

export interface RecommendOptions {
  readonly candidates: readonly JudgedCandidate[];
  /** Every candidate of the rings, newest first. */
  readonly all: readonly Candidate[];
  readonly choice: Choice<JudgedCandidate>;
  readonly findings: readonly Finding[];
  readonly facts: PoolFacts | null;
  /** Rewinds whose abandoned states are still in the rings. */
  readonly rewinds: readonly TimeJump[];
  /** Top-level vdevs of which the newest writing is on no device at hand. */
  readonly stopped: readonly StoppedTop[];
  /** Devices that zpool does not see before a line of their finding was run. */
  readonly unseen: readonly DeviceSurvey[];
  /** Devices that have to be attached as block devices first. */
  readonly toAttach: readonly DeviceSurvey[];
  readonly poolName: string | null;
}

/** The txg to try first, what else to try, and what to mind. */
export function recommend(options: RecommendOptions): Recommendation {
  const { candidates, choice, findings, facts, rewinds, toAttach, all } = options;
  const candidate = choice.judged;
  const { txg } = candidate.candidate;
  const newer = all.filter((each) => each.taken && each.txg > txg);
  const graver = findings.some(({ severity }) => severity !== 'info');
  const risky = newer.length > 0 || graver || candidate.prediction.verdict !== 'importable';
  return {
    candidate,
    why: choice.why,
    alternatives: alternatives(candidates, choice, rewinds),
    cautions: [
      ...findFirst(options),
      ...(risky ? workOnCopy(candidate) : []),
      ...rewindCautions(options, newer),
      ...stateCautions(options),
    ],
    afterReadWrite: outrunning(options, newer),
    risky,
    toAttach: toAttach.filter((device) => candidate.devices?.includes(device) ?? true),
    state: facts?.state ?? null,
  };
}

/** What was written last may still be had, on a device that is not here or in a newer copy of one that is. */
function findFirst({ stopped, choice }: RecommendOptions): string[] {
  const { txg } = choice.judged.candidate;
  const behind = stopped.filter(({ newest, until }) => txg < newest.txg || txg > until);
  const missing = behind.flatMap((each) => each.missing);
  const [first] = behind;
  if (first === undefined) return [];
  const cost =
    txg > first.until
      ? `what the pool wrote to ${vdevName(first.top)} after txg ${first.until} is not here, and files lack it`
      : 'to rewind and write is to give that up';
  if (missing.length === 0) {
    const names = behind.flatMap(({ stale }) => stale.map(({ device }) => device.source.name));
    return [`Look for a newer copy of ${list(names)} first and scan again with it: ${cost}.`];
  }
  const names = missing.map(({ config: { type, path, guid } }) => `${path ?? type} (guid ${guid})`);
  return [
    `Find ${list(names)} first and scan again with ${missing.length === 1 ? 'it' : 'them'}: only there can be what was written after txg ${first.until}, and ${cost}.`,
  ];
}

function workOnCopy({ prediction }: JudgedCandidate): string[] {
  const open =
    prediction.verdict === 'unverified'
      ? ['Not everything below the root block was checked: the import may still fail or find damage.']
      : [];
  return ['Work on a copy or an overlay of the devices, never on the only original. Import read-only first.', ...open];
}

/** What is given up by writing on from an older txg, and how it comes back by itself. */
function rewindCautions({ choice }: RecommendOptions, newer: readonly Candidate[]): string[] {
  const { candidate, prediction } = choice.judged;
  const [first] = newer;
  const last = newer.at(-1);
  if (first === undefined || last === undefined || prediction.verdict === 'readonly') return [];
  const which =
    first === last ? `txg ${first.txg}` : `${count(newer.length, 'newer uberblock')} (txg ${first.txg} to ${last.txg})`;
  const seconds = span(first.uberblock.timestamp - candidate.uberblock.timestamp);
  if (candidate.checkpoint !== null) {
    return [
      `A read-write import gives up ${which}, ${seconds} of writing, for good: OpenZFS writes the checkpoint into the rings as a txg newer than all, and keeps it as a checkpoint no more.`,
    ];
  }
  return [
    `A read-write import gives up ${which}, ${seconds} of writing: what only they use is overwritten from then on.`,
    `The newer uberblocks stay in the rings: until the pool has written past txg ${first.txg}, an import after an export or crash takes one of them (OpenZFS issue 19163).`,
  ];
}

/** A forged txg may be anything: so many syncs nobody waits for. */
const MOST_SYNCS = 100000n;

/** Each forced sync writes a txg, until the last of the newer uberblocks is no longer the newest. */
function outrunning({ choice, poolName }: RecommendOptions, newer: readonly Candidate[]): string | null {
  const { candidate, prediction, commands } = choice.judged;
  const [first] = newer;
  const name = commands.readWrite.at(-1);
  if (
    first === undefined ||
    candidate.checkpoint !== null ||
    poolName === null ||
    name === undefined ||
    prediction.verdict === 'readonly'
  )
    return null;
  const syncs = first.txg - candidate.txg + 1n;
  return syncs > MOST_SYNCS ? null : `for i in $(seq ${syncs}); do zpool sync -f ${name}; done`;
}

function stateCautions({ findings, unseen, choice }: RecommendOptions): string[] {
  const cautions: string[] = [];
  const codes = new Set(findings.map(({ code, severity }) => (severity === 'info' ? '' : code)));
  if (unseen.length > 0) {
    const names = unseen.map(({ source }) => source.name).join(', ');
    cautions.push(
      `zpool does not see ${names}: show each by the line in its finding (device-shifted) and add it with -d. The verdicts are for then.`,
    );
  }
  if (codes.has('multihost')) cautions.push('Make sure that no other host has the pool imported: multihost is on.');
  if (codes.has('history-diverged')) {
    cautions.push(
      'The devices hold two histories: an import with all of them overwrites one. Keep the other branch unplugged.',
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
