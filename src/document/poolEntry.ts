import { type Candidate, carriers } from '../load/candidates.ts';
import type { VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { vdevHealth } from '../pool/vdevHealth.ts';
import { cautionSteps } from '../rewind/caution.ts';
import type { CutPool } from '../rewind/cutPool.ts';
import type { StateFacts } from '../rewind/facts/stateFacts.ts';
import type { Finding } from '../rewind/findings/finding.ts';
import { destroyedNewest } from '../rewind/findings/rings.ts';
import type { JudgedCandidate } from '../rewind/judgedCandidate.ts';
import type { PoolJudgement } from '../rewind/judgement.ts';
import type { Damage, Recommendation } from '../rewind/recommendation.ts';
import type { Relaxed } from '../rewind/waysOut.ts';
import type { SourceError } from '../source/source.ts';
import { cautionText } from '../words/cautions.ts';
import { choiceText, worthText } from '../words/choices.ts';
import { findingText } from '../words/findings/findings.ts';
import type { CandidateEntry } from './candidate.types.ts';
import { commandEntries } from './commandEntries.ts';
import { damagedDatasets, damagedFiles } from './damagedFiles.ts';
import type { FindingEntry } from './parts.types.ts';
import type { CutEntry, PoolEntry, VdevEntry } from './pool.types.ts';
import { hazardEntry, reasonEntries } from './reasonEntry.ts';
import type { DamageEntry, RecommendationEntry } from './recommendation.types.ts';
import { overlayOf } from './shell/overlay.ts';
import { type AlsoAsked, verifyCommand } from './shell/verifyCommand.ts';
import type { SourceIndexOf } from './sourceEntry.ts';
import { shellStepEntry, stepsEntry } from './stepEntry.ts';
import { dataEntry, valuesEntry } from './valuesEntry.ts';
import { versionEntry } from './versionEntry.ts';
import { relaxedEntry, wayOutEntry } from './wayOutEntry.ts';

/** The entry of one pool in `scan --json`. */
export function buildPoolEntry(
  { pool, ...judgement }: PoolJudgement,
  sourceIndexOf: SourceIndexOf,
  also: AlsoAsked = {},
): PoolEntry {
  const { found, expected } = pool.guidSum;
  return {
    name: pool.name,
    guid: pool.guid.toString(),
    state: pool.state,
    version: pool.version?.toString() ?? null,
    hostname: pool.hostname,
    hostid: pool.hostid?.toString() ?? null,
    sources: indexesOf(pool.devices, sourceIndexOf),
    vdevs: pool.root === null ? null : vdevEntry(pool.root, sourceIndexOf),
    missing: pool.missing.map(({ guid, type, path, role }) => ({ guid: guid.toString(), type, path, role })),
    guidSum: {
      expected: expected?.toString() ?? null,
      found: found.toString(),
      ok: expected !== null && expected === found,
    },
    findings: judgement.findings.map((finding) => findingEntry(finding, sourceIndexOf)),
    candidates: judgement.candidates.map((each) =>
      candidateEntry(each, judgement.relaxed.get(each.candidate) ?? null, sourceIndexOf),
    ),
    ...(judgement.waysOut.length === 0
      ? {}
      : { waysOut: judgement.waysOut.map((way) => wayOutEntry(way, sourceIndexOf)) }),
    ...(judgement.versions.length === 0 ? {} : { versions: judgement.versions.map(versionEntry) }),
    recommendation:
      judgement.recommendation === null
        ? null
        : recommendationEntry(judgement.recommendation, destroyedNewest(pool), also),
    ...(judgement.cut === null ? {} : { cut: cutEntry(judgement.cut, sourceIndexOf) }),
  };
}

const cutEntry = ({ cuts, best }: CutPool, sourceIndexOf: SourceIndexOf): CutEntry => ({
  devices: cuts.map(({ device, size, type }) => ({
    source: sourceIndexOf(device),
    sizeBytes: size.toString(),
    type,
  })),
  ...(best === null ? {} : { txg: best.candidate.txg.toString(), verdict: best.prediction.verdict }),
});

function indexesOf(devices: readonly DeviceSurvey[], sourceIndexOf: SourceIndexOf): number[] {
  const indexes = new Set<number>();
  for (const device of devices) {
    const index = sourceIndexOf(device);
    if (index !== null) indexes.add(index);
  }
  return [...indexes].sort((a, b) => a - b);
}

/** The tree is as deep as assembling made it, which has a limit. */
function vdevEntry(node: VdevNode, sourceIndexOf: SourceIndexOf): VdevEntry {
  const { type, guid, id, path, ashift, nparity } = node.config;
  return {
    type,
    guid: guid.toString(),
    id,
    role: node.role,
    path,
    source: node.device === null ? null : sourceIndexOf(node.device),
    state: vdevHealth(node),
    ...(ashift === null ? {} : { ashift }),
    ...(nparity === null ? {} : { nparity }),
    children: node.children.map((child) => vdevEntry(child, sourceIndexOf)),
  };
}

/** The entry of one finding, of a pool or of the whole scan. */
export function findingEntry(finding: Finding, sourceIndexOf: SourceIndexOf): FindingEntry {
  const { code, severity, devices, steps = [] } = finding;
  const sources = indexesOf(devices, sourceIndexOf);
  return {
    code,
    severity,
    message: findingText(finding),
    values: valuesEntry(finding.values),
    ...(sources.length === 0 ? {} : { sources }),
    ...stepsEntry(steps),
  };
}

function candidateEntry(
  judged: JudgedCandidate,
  relaxed: Relaxed | null,
  sourceIndexOf: SourceIndexOf,
): CandidateEntry {
  const { candidate, prediction, commands } = judged;
  return {
    rank: judged.rank,
    txg: candidate.txg.toString(),
    ...checkpointEntry(candidate),
    timestamp: secondsOf(candidate.uberblock.timestamp),
    lossSeconds: judged.lossSeconds,
    copies: judged.copies,
    verdict: prediction.verdict,
    metadataErrors: judged.counts?.metadataErrors ?? null,
    dataErrors: judged.counts?.dataErrors ?? null,
    blocksChecked: judged.blocksChecked,
    ...reasonEntries(prediction.reasons),
    failsAt: prediction.failsAt,
    ...(prediction.because === undefined ? {} : { because: prediction.because }),
    ...(prediction.unread === undefined ? {} : { failedReads: failedReadEntries(prediction.unread) }),
    hazards: prediction.hazards.map(hazardEntry),
    relaxed: relaxed && relaxedEntry(relaxed),
    ...commandEntries(commands),
    ...(commands.withoutLog && commands.readOnly.length > 0 ? { withoutLog: true } : {}),
    ...(commands.destroyed && commands.readOnly.length > 0 ? { destroyed: true } : {}),
    ...(commands.byGuid !== null && commands.readOnly.length > 0 ? { byGuid: commands.byGuid } : {}),
    sources: indexesOf([...carriers(candidate)], sourceIndexOf),
  };
}

const failedReadEntries = (unread: readonly SourceError[]): NonNullable<CandidateEntry['failedReads']> =>
  unread.map(({ code, place }) => ({
    source: place?.source ?? '',
    offsetBytes: (place?.offset ?? 0).toString(),
    code,
  }));

const checkpointEntry = ({ checkpoint }: Candidate): Pick<CandidateEntry, 'checkpoint'> =>
  checkpoint === null ? {} : { checkpoint: { heldBy: checkpoint.heldBy.toString() } };

function recommendationEntry(
  recommendation: Recommendation,
  destroyed: readonly bigint[],
  also: AlsoAsked,
): RecommendationEntry {
  const { candidate, why, alternatives, before, cautions, risky, state, damage, steps, showings, elsewhere } =
    recommendation;
  const verify = verifyCommand(showings, candidate.candidate, also);
  const overlay = risky ? overlayOf(showings, candidate.commands.readWrite, candidate.candidate) : null;
  const entries = steps.map(shellStepEntry);
  const attach = entries.find(({ kind }) => kind === 'show-read-only')?.lines ?? [];
  const [afterReadWrite] = entries.find(({ kind }) => kind === 'outrun')?.lines ?? [];
  return {
    txg: candidate.candidate.txg.toString(),
    ...checkpointEntry(candidate.candidate),
    lossSeconds: candidate.lossSeconds,
    why: choiceText(why),
    whyData: {
      kind: why.kind,
      verdict: why.verdict,
      passedOver: why.passedOver,
      aim: why.aim === null ? null : valuesEntry(why.aim),
    },
    ...(attach.length === 0 ? {} : { attach }),
    ...commandEntries(candidate.commands),
    steps: entries,
    alternatives: alternatives.map((each) => ({
      txg: each.txg.toString(),
      why: worthText(each.why),
      whyData: dataEntry(each.why),
      ...stepsEntry(each.steps),
    })),
    ...(elsewhere === null ? {} : { elsewhere: { afterTxg: elsewhere.after.toString(), certain: elsewhere.certain } }),
    cautions: cautions.map(cautionText),
    cautionData: cautions.map((caution) => dataEntry(caution)),
    cautionSteps: cautions.map((caution) => cautionSteps(caution).map(shellStepEntry)),
    ...(before.length === 0 ? {} : { before: before.map(cautionText) }),
    ...(destroyed.length === 0 ? {} : { destroyedNewest: destroyed.map(String) }),
    ...(afterReadWrite === undefined ? {} : { afterReadWrite }),
    ...(state === null ? {} : stateEntry(state)),
    ...(damage === null ? {} : { damage: damageEntry(damage) }),
    ...(verify === null ? {} : { commandVerify: verify }),
    ...(overlay === null ? {} : { overlay }),
  };
}

/** Names that are listed. */
const LISTED = 100;

function damageEntry({ blocks, located }: Damage): DamageEntry {
  const files = damagedFiles(located);
  return {
    blocks,
    blocksNamed: located.length,
    datasets: damagedDatasets(located).slice(0, LISTED),
    files: files.slice(0, LISTED),
    filesLeftOut: Math.max(0, files.length - LISTED),
  };
}

const stateEntry = ({
  snapshots,
  intentLogs,
}: StateFacts): Required<Pick<RecommendationEntry, 'snapshots' | 'intentLog'>> => ({
  snapshots: {
    count: snapshots.count,
    incomplete: snapshots.incomplete,
    newest: snapshots.newest.map(({ name, creationTime, creationTxg, vmsynced }) => ({
      name,
      creationTime: secondsOf(creationTime),
      creationTxg: creationTxg.toString(),
      vmsynced,
    })),
  },
  intentLog: intentLogs,
});

/** A forged time may be anything up to 2^64; JSON's numbers are exact to 2^53. */
const secondsOf = (timestamp: bigint): number =>
  timestamp > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(timestamp);
