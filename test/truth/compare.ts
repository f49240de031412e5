import { statSync } from 'node:fs';
import { join } from 'node:path';
import { scan } from '../../src/api/scan.ts';
import type { CandidateEntry, PoolEntry } from '../../src/document/document.ts';
import type { KernelAnswer } from '../tools/images.ts';
import { ask } from './ask.ts';
import { Draw } from './draw.ts';
import type { MadePool } from './make.ts';

export interface Report {
  readonly asked: number;
  readonly contradictions: readonly string[];
}

/** Scans a made pool, asks for `txgs` of its candidates, read-only and read-write, and for a plain import. */
export async function judgePoolOf(made: MadePool, uask: string, scratch: string, txgs: number): Promise<Report> {
  const document = await scan([made.folder], { depth: 'data' });
  const contradictions: string[] = [];
  let asked = 0;
  for (const pool of document.pools) {
    const candidates = pool.candidates.filter(({ checkpoint }) => checkpoint === undefined);
    let newest: bigint | null = null;
    for (const candidate of chosen(candidates, txgs, made.recipe.seed)) {
      const devices = devicesOf(candidate, made);
      for (const mode of ['ro', 'rw'] as const) {
        const flags = candidate.commandReadOnly.filter((word) => word === '-m' || word === '-D');
        const answer = ask({ pool: pool.guid, mode, txg: candidate.txg, flags, devices }, uask, scratch);
        asked++;
        const imports = answer.rc === 0 && String(answer.used) === candidate.txg;
        if (mode === 'ro' && imports && (newest === null || BigInt(candidate.txg) > newest))
          newest = BigInt(candidate.txg);
        const why = contradictionOf(candidate, mode, answer, imports);
        if (why !== null) contradictions.push(`${pool.name} txg ${candidate.txg} ${mode}: ${why}`);
        if (!imports && mode === 'ro' && answer.rc === 1) break;
      }
    }
    const recommended = pool.recommendation?.txg ?? null;
    if (newest !== null && (recommended === null || BigInt(recommended) < newest)) {
      contradictions.push(`${pool.name}: recommended ${recommended}, the kernel imports ${newest}`);
    }
    contradictions.push(...plainContradictions(pool));
  }
  return { asked, contradictions };
}

/** The newest half of those asked in a row, where verdicts change; the rest drawn. */
function chosen(candidates: readonly CandidateEntry[], txgs: number, seed: number): CandidateEntry[] {
  const byTxg = new Map<string, CandidateEntry>();
  // Of two candidates of one txg the better ranked is the one that the kernel takes.
  for (const each of candidates) if (!byTxg.has(each.txg)) byTxg.set(each.txg, each);
  const inOrder = [...byTxg.values()].sort((a, b) => (BigInt(a.txg) > BigInt(b.txg) ? -1 : 1));
  const row = inOrder.slice(0, Math.ceil(txgs / 2));
  const rest = inOrder.slice(row.length);
  const draw = new Draw(seed);
  while (row.length < txgs && rest.length > 0) row.push(...rest.splice(draw.int(0, rest.length - 1), 1));
  return row;
}

/** Those that the command hands over. */
function devicesOf({ commandReadOnly }: CandidateEntry, { folder, images }: MadePool): string[] {
  const given = commandReadOnly.flatMap((word, i) => (commandReadOnly[i - 1] === '-d' ? [word] : []));
  const all = images.map((image) => join(folder, image));
  if (given.length === 0 || given.some((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true))
    return all;
  return all.filter((image) => given.includes(image));
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
function plainContradictions(pool: PoolEntry): string[] {
  const best = pool.recommendation;
  if (best === null) return [];
  const candidate = pool.candidates.find(({ txg, checkpoint }) => txg === best.txg && checkpoint === best.checkpoint);
  const promised = candidate === undefined || ['importable', 'readonly', 'unverified'].includes(candidate.verdict);
  return promised ? [] : [`${pool.name}: recommends txg ${best.txg}, which is ${candidate.verdict}`];
}
