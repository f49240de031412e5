import { scan } from '../../src/api/scan.ts';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import type { PoolEntry } from '../../src/document/pool.types.ts';
import type { KernelAnswer, Truth } from '../tools/images.ts';
import { devicesOf, type Judge, questionOf } from './ask.ts';
import { Draw } from './draw.ts';
import type { MadePool } from './make.ts';
import { plainImportsOf } from './plainImports.ts';
import { waysOutOf } from './ways.ts';

export interface Report {
  /** Imports asked. */
  readonly asked: number;
  readonly contradictions: readonly string[];
}

export interface PoolReport extends Report {
  /** Its txgs that were asked for. */
  readonly txgs: number;
  /** Where OpenZFS answers now so, now so: what a copy that does not read left in memory may make up for another. */
  readonly unsettled: readonly string[];
  /** The answers, as test-images keeps them: of each pool that the scan found. */
  readonly truths: readonly Truth[];
}

/** How often a question is asked that contradicts us: an answer that OpenZFS does not give each time is none. */
const ASKED_AGAIN = 5;

/** What judges one pool needs of the run. */
export interface Bench {
  readonly made: MadePool;
  readonly judge: Judge;
}

/**
 * Scans a made pool and asks, with the very commands that the document has: for `txgs` of its candidates, read-only and
 * read-write, for what is recommended, for a plain import with -F and without, and for the ways out.
 */
export async function judgePoolOf(made: MadePool, judge: Judge, txgs: number, zfs = '2.3'): Promise<PoolReport> {
  const bench: Bench = { made, judge };
  const document = await scan([made.folder], { depth: 'data', zfs });
  const contradictions: string[] = [];
  const unsettled: string[] = [];
  let asked = 0;
  let askedTxgs = 0;
  const truths: Truth[] = [];
  for (const pool of document.pools) {
    const about = `${pool.name}`;
    let newest: bigint | null = null;
    const answers: Record<'ro' | 'rw', Record<string, KernelAnswer>> = { ro: {}, rw: {} };
    for (const candidate of chosen(pool, txgs, made.recipe.seed)) {
      askedTxgs++;
      for (const mode of ['ro', 'rw'] as const) {
        const settled = await settledAnswer(pool, candidate, mode, bench);
        if (settled === null) continue;
        const { answer, imports, why, first } = settled;
        asked++;
        if (candidate.checkpoint === undefined) answers[mode][candidate.txg] = answer;
        const txg = BigInt(candidate.txg);
        if (mode === 'ro' && imports && candidate.checkpoint === undefined && (newest === null || txg > newest))
          newest = txg;
        const which = candidate.checkpoint === undefined ? '' : ' (checkpoint)';
        if (why !== null) contradictions.push(`${about} txg ${txg}${which} ${mode}: ${why}`);
        else if (first !== null) unsettled.push(`${about} txg ${txg}${which} ${mode}: ${first}`);
      }
    }
    const recommended = pool.recommendation?.txg ?? null;
    if (newest !== null && (recommended === null || BigInt(recommended) < newest)) {
      contradictions.push(`${about}: recommended ${recommended}, the kernel imports ${newest}`);
    }
    for (const more of [await plainImportsOf(document, pool, bench), await waysOutOf(pool, bench)]) {
      asked += more.asked;
      contradictions.push(...more.contradictions.map((line) => `${about}: ${line}`));
    }
    contradictions.push(...contradictionsOf(pool).map((line) => `${about}: ${line}`));
    truths.push(truthOf(pool, made, answers));
  }
  return { asked, txgs: askedTxgs, contradictions, unsettled, truths };
}

interface Settled {
  readonly answer: KernelAnswer;
  readonly imports: boolean;
  /** What contradicts us each time. */
  readonly why: string | null;
  /** What contradicted us at first. */
  readonly first: string | null;
}

/** Null where there is nothing to ask. */
async function settledAnswer(
  pool: PoolEntry,
  candidate: CandidateEntry,
  mode: 'ro' | 'rw',
  bench: Bench,
): Promise<Settled | null> {
  let first: string | null = null;
  for (let times = 1; ; times++) {
    const answer = await askOf(pool, candidate, mode, bench);
    if (answer === null) return null;
    const imports = answer.rc === 0 && (candidate.checkpoint !== undefined || loads(answer, candidate));
    const why = contradictionOf(candidate, mode, answer, imports);
    first ??= why;
    if (why === null || times === ASKED_AGAIN) return { answer, imports, why, first };
  }
}

function truthOf(
  { name, candidates }: PoolEntry,
  { images }: MadePool,
  { ro, rw }: Record<'ro' | 'rw', Record<string, KernelAnswer>>,
): Truth {
  const flags = candidates[0]?.commandReadOnly.filter((word) => word === '-m' || word === '-D') ?? [];
  const asked = Object.keys(ro).map(Number);
  return {
    images,
    pool: name ?? '',
    extra: flags.join(' '),
    asked: asked.sort((a, b) => b - a),
    answers: { plain: null, plainF: null, ro, rw },
  };
}

/** With the candidate's command; null where there is none and no other form would ask the same. */
async function askOf(pool: PoolEntry, candidate: CandidateEntry, mode: 'ro' | 'rw', { made, judge }: Bench) {
  const command = mode === 'ro' ? candidate.commandReadOnly : candidate.commandReadWrite;
  if (command.length > 0) return judge.ask(questionOf(command, made));
  if (candidate.checkpoint !== undefined) return null;
  const flags = candidate.commandReadOnly.filter((word) => word === '-m' || word === '-D');
  const devices = devicesOf(candidate.commandReadOnly, made);
  return judge.ask({ pool: pool.guid, mode, txg: candidate.txg, flags, devices });
}

const loads = ({ used }: KernelAnswer, { txg }: CandidateEntry): boolean => String(used) === txg;

/** The newest half of those asked in a row, where verdicts change; what is recommended and checkpoints; the rest drawn. */
function chosen({ candidates, recommendation }: PoolEntry, txgs: number, seed: number): CandidateEntry[] {
  const byTxg = new Map<string, CandidateEntry>();
  // Of two candidates of one txg the better ranked is the one that the kernel takes.
  for (const each of candidates) {
    if (each.checkpoint === undefined && !byTxg.has(each.txg)) byTxg.set(each.txg, each);
  }
  const inOrder = [...byTxg.values()].sort((a, b) => (BigInt(a.txg) > BigInt(b.txg) ? -1 : 1));
  const row = inOrder.slice(0, Math.ceil(txgs / 2));
  const rest = inOrder.slice(row.length);
  const best = rest.findIndex(({ txg }) => txg === recommendation?.txg);
  if (best >= 0) row.push(...rest.splice(best, 1));
  const draw = new Draw(seed);
  while (row.length < txgs && rest.length > 0) row.push(...rest.splice(draw.int(0, rest.length - 1), 1));
  return [...row, ...candidates.filter(({ checkpoint }) => checkpoint !== undefined)];
}

function contradictionOf(
  candidate: CandidateEntry,
  mode: 'ro' | 'rw',
  answer: KernelAnswer,
  imports: boolean,
): string | null {
  const { verdict } = candidate;
  const kernel = imports ? 'imports it' : `answers ${answer.rc} at txg ${answer.used} (${answer.msg})`;
  const because = candidate.reasons[0] ?? '';
  if (verdict === 'unverified') return `unverified (${because}), OpenZFS ${kernel}`;
  const says = verdict === 'importable' || (verdict === 'readonly' && mode === 'ro');
  if (says !== imports) return `${verdict} (${because}), OpenZFS ${kernel}`;
  if ((answer.rc === 'panic' || answer.rc === 'hang') && candidate.hazards.length === 0)
    return `OpenZFS ${kernel}, and no hazard says so`;
  if (!imports || mode === 'rw') return null;
  const [metadata = 0, data = 0] = answer.errs === '' ? [0, 0] : answer.errs.split(',').map(Number);
  if (candidate.metadataErrors !== metadata)
    return `${candidate.metadataErrors} metadata errors, OpenZFS counts ${metadata}`;
  if (candidate.dataErrors !== data) return `${candidate.dataErrors} data errors, OpenZFS counts ${data}`;
  return null;
}

/** What any document must keep, whatever the pool. */
function contradictionsOf({ recommendation: best, candidates }: PoolEntry): string[] {
  if (best === null) return [];
  const wrong: string[] = [];
  const candidate = candidates.find(({ txg, checkpoint }) => txg === best.txg && checkpoint === best.checkpoint);
  if (candidate !== undefined && !['importable', 'readonly', 'unverified'].includes(candidate.verdict))
    wrong.push(`recommends txg ${best.txg}, which is ${candidate.verdict}`);
  const printed = best.steps.filter(({ kind }) => kind === 'import-read-only').flatMap(({ lines }) => lines);
  const lacking = best.commandReadOnly.find((word) => !printed.some((line) => line.includes(word)));
  if (printed.length > 0 && lacking !== undefined) wrong.push(`the steps import without ${lacking}`);
  return wrong;
}
