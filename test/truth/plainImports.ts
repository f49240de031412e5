import type { PoolEntry } from '../../src/document/pool.types.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';
import { scanText } from '../../src/text/scanText.ts';
import type { KernelAnswer } from '../tools/images.ts';
import { devicesOf } from './ask.ts';
import type { Bench, Report } from './compare.ts';

/** The sentence that says what an import does, as a terminal of any width has it. */
function headlineOf(document: ScanDocument, pool: PoolEntry): string {
  const page = { width: 10_000, rows: null, unicode: false, style: PLAIN_STYLE, now: 0 };
  const text = scanText(
    page,
    { ...document, pools: [pool] },
    { all: false, newestFirst: false, quiet: true, pool: null, show: [] },
  );
  return text.split('\n').find((line) => /^(?:Will|Imports once|A plain import|Not known|Nothing) /.test(line)) ?? '';
}

/** What a headline promises of an import without -T, read-only and read-write; null: nothing. */
function promiseOf(headline: string): { readonly ro: boolean | null; readonly rw: boolean | null } {
  if (/^Will import, but only read-only/.test(headline)) return { ro: true, rw: false };
  if (/^Will import (?:as it is|with -[mD])/.test(headline)) return { ro: true, rw: true };
  // Read-write it may come to the damage later.
  if (/^A plain import should pass/.test(headline)) return { ro: true, rw: null };
  if (/^Will not import/.test(headline)) return { ro: false, rw: false };
  return { ro: null, rw: null };
}

const harms = ({ rc }: KernelAnswer): boolean => rc === 'panic' || rc === 'hang';

/** Asks for an import of the newest txg without -T, read-only, read-write, and with -F. */
export async function plainImportsOf(document: ScanDocument, pool: PoolEntry, { made, judge }: Bench): Promise<Report> {
  const contradictions: string[] = [];
  const newest = pool.candidates
    .filter(({ checkpoint }) => checkpoint === undefined)
    .reduce<PoolEntry['candidates'][number] | null>(
      (best, each) => (best === null || BigInt(each.txg) > BigInt(best.txg) ? each : best),
      null,
    );
  if (newest === null) return { asked: 0, contradictions };
  const headline = headlineOf(document, pool);
  const promise = promiseOf(headline);
  const flags = newest.commandReadOnly.filter((word) => word === '-m' || word === '-D');
  const devices = devicesOf(newest.commandReadOnly, made);
  const has = (pattern: RegExp): boolean => pool.findings.some(({ code }) => pattern.test(code));
  const warned = newest.hazards.length > 0 || has(/^plain-import-(?:panics|hangs)$/);
  // That one says of read-write that it may hang.
  const warnedOfWriting = warned || has(/^plain-import-passes$/);
  const forms = [
    ['ro', '0'],
    ['rw', '0'],
    ['ro', 'F'],
  ] as const;
  for (const [mode, txg] of forms) {
    const answer = await judge.ask({ pool: pool.guid, mode, txg, flags, devices });
    const form = `${txg === 'F' ? '-F' : 'plain'} ${mode}`;
    if (harms(answer) && !(mode === 'rw' ? warnedOfWriting : warned))
      contradictions.push(`${form}: answers ${answer.rc} (${answer.msg}), unannounced`);
    const says = txg === 'F' ? null : promise[mode];
    const kernel = `${form} answers ${answer.rc} at txg ${answer.used} (${answer.msg})`;
    if (says === true && answer.rc !== 0) contradictions.push(`"${headline}", ${kernel}`);
    if (says === false && answer.rc === 0) contradictions.push(`"${headline}", ${kernel}`);
    if (says === true && answer.rc === 0 && String(answer.used) !== newest.txg)
      contradictions.push(`"${headline}", ${kernel}`);
  }
  return { asked: forms.length, contradictions };
}
