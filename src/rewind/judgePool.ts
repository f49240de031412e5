import type { Engine } from '../block/engine.ts';
import { asTxg } from '../bytes/units.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { type Candidate, collectCandidates } from './candidates.ts';
import { type ImportCommands, type ImportPlace, importCommands } from './commands.ts';
import type { Finding } from './findings/finding.ts';
import { collectFindings } from './findings/findings.ts';
import { isReason, type Judged, type JudgingOptions, judge } from './judge.ts';
import { type OpenBlocks, PoolReaders } from './load/poolReaders.ts';
import { verifyStep } from './load/verifyStep.ts';
import { guessMissingTops, needsLogLess } from './missingTops.ts';
import { type Choice, choose, rank } from './rank.ts';
import { checkRoots, NOT_CHECKED, type RootCheck } from './rootCheck.ts';
import { createVerifier } from './verify/verifier.ts';

/** How deep the judgement goes: labels and rings; the meta-object set; all metadata; all data. */
export type Depth = 'labels' | 'mos' | 'meta' | 'data';

export interface JudgeOptions {
  readonly depth: Depth;
  /** Candidates outside are neither read nor judged; they still count as what was written last. */
  readonly minTxg?: bigint | null;
  readonly maxTxg?: bigint | null;
  /** Where zpool finds a device; its name as a file unless told otherwise. */
  readonly placeOf?: (device: DeviceSurvey) => ImportPlace | null;
  /** Another pool of the same name is there. */
  readonly ambiguousName?: boolean;
  /** How to read the pool as its own MOS describes it; without it only labels, rings and root blocks are judged. */
  readonly blocks?: { readonly open: OpenBlocks; readonly engine: Engine };
  /** Ends the judging; what is not judged by then is `unverified`. */
  readonly signal?: AbortSignal;
  /** Root blocks read, then candidates judged, and how many there are. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Each candidate as soon as it is judged, the newest first. */
  readonly onCandidate?: (judged: Judged) => void;
}

export interface JudgedCandidate extends Judged {
  /** 1 is best. */
  readonly rank: number;
  /** Seconds from this state to the newest one by the writer's clock; never negative. */
  readonly lossSeconds: number;
  /** Sound copies in all rings of all devices. */
  readonly copies: number;
  /** Blocks that were read and verified for this candidate. */
  readonly blocksChecked: number;
  readonly commands: ImportCommands;
}

export interface Recommendation {
  readonly candidate: JudgedCandidate;
  readonly why: string;
  readonly alternatives: Choice['alternatives'];
  readonly cautions: readonly string[];
}

/** All that is known of a pool and of the states it can be rewound to. */
export interface PoolJudgement {
  /** Top-level vdevs that no label describes are filled in from a meta-object set where one reads. */
  readonly pool: Pool;
  readonly depth: Depth;
  /** Best first. */
  readonly candidates: readonly JudgedCandidate[];
  readonly findings: readonly Finding[];
  readonly recommendation: Recommendation | null;
  /** It was ended before every candidate had its turn. */
  readonly stopped: boolean;
}

/**
 * Judges every state that the rings of `pool` hold.
 *
 * @param reader of the pool's blocks; null when there is no tree to read from, then no root block is read
 * Ends when `options.signal` is aborted, with what is known by then: `stopped` says so.
 */
export async function judgePool(pool: Pool, reader: BlockReader | null, options: JudgeOptions): Promise<PoolJudgement> {
  const all = collectCandidates(pool);
  const { minTxg = null, maxTxg = null } = options;
  const asked = all.filter(({ txg }) => (minTxg === null || txg >= minTxg) && (maxTxg === null || txg <= maxTxg));
  const roots = await rootsOf(asked, reader, options);
  // The kernel too goes by the labels until it has read the MOS: what that adds names things, it decides nothing here.
  const judged: Judged[] = [];
  for await (const each of judge(pool, all, asked, {
    rootOf: ({ rootKey }) => roots.get(rootKey) ?? NOT_CHECKED,
    ...stepsOf(asked, reader === null ? { ...options, depth: 'labels' } : options),
    signal: options.signal,
  })) {
    judged.push(each);
    options.onCandidate?.(each);
    options.onProgress?.(judged.length, asked.length);
  }
  const complete = await completeByMos(pool, judged, reader, options.signal);
  const logMissing = needsLogLess(complete, guessMissingTops(complete, all));
  const newest = all.find(({ taken }) => taken) ?? all[0];
  const placeOf = options.placeOf ?? ((device) => ({ path: device.source.name, kind: 'file' as const }));
  const candidates = rank(judged).map((each, i): JudgedCandidate => {
    const { candidate, devices, root } = each;
    return {
      ...each,
      rank: i + 1,
      lossSeconds: newest === undefined ? 0 : secondsBetween(candidate, newest),
      copies: candidate.copies.length,
      blocksChecked: each.counts?.blocksChecked ?? (root.state === 'reads' || root.state === 'corrupted' ? 1 : 0),
      commands: importCommands(pool, candidate.txg, devices ?? pool.devices, {
        placeOf,
        ambiguousName: options.ambiguousName ?? false,
        logMissing: each.logMissing ?? logMissing,
      }),
    };
  });
  const findings = collectFindings({ pool: complete, candidates: all, judged });
  const unreachable = pool.devices.filter((device) => placeOf(device) === null);
  return {
    pool: complete,
    depth: options.depth,
    candidates,
    findings,
    recommendation: recommend(candidates, all, findings, unreachable),
    stopped: options.signal?.aborted ?? false,
  };
}

/** Meta-object sets that are tried for the names of missing vdevs: the newest may be damaged, all of them hardly. */
const MOS_TRIES = 8;

async function completeByMos(
  pool: Pool,
  judged: readonly Judged[],
  reader: BlockReader | null,
  signal: AbortSignal | undefined,
): Promise<Pool> {
  if (reader === null || !pool.root?.children.some(({ config }) => config.type === 'missing')) return pool;
  const sound = judged.filter(({ root, candidate }) => root.state === 'reads' && candidate.taken).slice(0, MOS_TRIES);
  const rootbps = sound.map(({ candidate }) => candidate.uberblock.rootbp);
  // Reading objects is more code than all of this, and hardly a scan needs it here.
  const { completePool, firstMosTree } = await import('./mosConfig.ts');
  const tree = await firstMosTree(reader, rootbps, signal);
  return tree === null ? pool : completePool(pool, tree);
}

/** What is needed to replay the load as deep as asked. */
function stepsOf(
  asked: readonly Candidate[],
  { blocks, depth }: JudgeOptions,
): Pick<JudgingOptions, 'readers' | 'traversal'> {
  if (blocks === undefined || depth === 'labels') return { readers: null };
  const readers = new PoolReaders(blocks.open);
  if (depth === 'mos') return { readers };
  const oldestTxg = asked.at(-1)?.txg ?? asTxg(0n);
  const verifier = createVerifier({ engine: blocks.engine, oldestTxg });
  return { readers, traversal: verifyStep(verifier, depth === 'data') };
}

async function rootsOf(
  candidates: readonly Candidate[],
  reader: BlockReader | null,
  { depth, signal, onProgress }: JudgeOptions,
): Promise<ReadonlyMap<string, RootCheck>> {
  if (reader === null || depth === 'labels') return new Map();
  try {
    return await checkRoots(candidates, reader, {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onChecked: onProgress }),
    });
  } catch (error) {
    if (isReason(error, signal)) return new Map();
    throw error;
  }
}

function secondsBetween(candidate: Candidate, newest: Candidate): number {
  const seconds = newest.uberblock.timestamp - candidate.uberblock.timestamp;
  // A torn or forged time may be anything up to 2^64.
  return seconds <= 0n ? 0 : Number(seconds > MAX_SECONDS ? MAX_SECONDS : seconds);
}

const MAX_SECONDS = BigInt(Number.MAX_SAFE_INTEGER);

function recommend(
  candidates: readonly JudgedCandidate[],
  all: readonly Candidate[],
  findings: readonly Finding[],
  unreachable: readonly DeviceSurvey[],
): Recommendation | null {
  const choice = choose(candidates);
  const candidate = candidates.find((each) => each.candidate === choice?.judged.candidate);
  if (choice === null || candidate === undefined) return null;
  const newer = all.filter(({ txg }) => txg > candidate.candidate.txg).length;
  const cautions = ['Work on a copy or an overlay of the devices, never on the only original.'];
  if (candidate.prediction.verdict === 'unverified') {
    cautions.push('Only the root block was checked: the import may still fail or find damage below it.');
  }
  cautions.push('Import read-only first. A read-write import begins to overwrite what older txgs need.');
  if (unreachable.length > 0) {
    const names = unreachable.map(({ source }) => source.name).join(', ');
    cautions.push(
      `zpool does not see inside image files: attach ${names} as block devices first (losetup -r -P) and add them with -d.`,
    );
  }
  if (newer > 0) {
    cautions.push(
      `The ${newer} newer uberblocks stay in the rings after a rewind: until the pool has written past txg ${all[0]?.txg}, a later import can pick the abandoned state.`,
    );
  }
  if (findings.some(({ code }) => code === 'multihost')) {
    cautions.push('Multihost is on: make sure that no other host has the pool imported.');
  }
  if (findings.some(({ code }) => code === 'history-diverged')) {
    cautions.push(
      'The devices hold two histories: an import with all of them overwrites one. Keep the other branch unplugged.',
    );
  }
  return { candidate, why: choice.why, alternatives: choice.alternatives, cautions };
}
