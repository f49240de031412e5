// Compares the verdicts of `scan` with what real ZFS answered, over folders laid out like test-images.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { imageIn } from '../../bin/images.js';
import { scan } from '../../src/api/scan.ts';
import type { Verdict } from '../../src/load/predict.ts';
import { LINES, lineOf, releasesOf } from '../../src/load/releases.ts';
import { refuse } from '../tools/askedFor.ts';
import { type KernelAnswer, type Truth, truthOf } from '../tools/images.ts';
import { comparePool, type PoolComparison } from './contradictions.ts';

const {
  values: { markdown, zfs },
  positionals: folders,
} = parseArgs({
  options: { markdown: { type: 'boolean', default: false }, zfs: { type: 'string', default: '2.3' } },
  allowPositionals: true,
});

const VERDICTS: readonly Verdict[] = ['importable', 'readonly', 'damaged', 'incomplete', 'unverified'];

interface Scenario {
  readonly name: string;
  readonly dir: string;
  readonly truth: Truth;
}

/** Pools that the OpenZFS was asked for. */
function scenarios(folder: string): Scenario[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const dir = join(folder, name);
      const truth = statSync(dir).isDirectory() ? truthOf(dir, lineOf(zfs)) : null;
      return truth === null ? [] : [{ name, dir, truth }];
    });
}

/** Images may be packed or not. */
async function compare(scenario: Scenario): Promise<PoolComparison> {
  const { truth } = scenario;
  const images = await Promise.all(truth.images.map((image) => imageIn(scenario.dir, image)));
  const document = await scan(images, { depth: 'data', zfs });
  return comparePool(document.pools.find(({ name }) => name === truth.pool) ?? null, truth);
}

type Cell = { imports: number; refuses: number };
const cells = (): Record<Verdict, Cell> =>
  Object.fromEntries(VERDICTS.map((verdict) => [verdict, { imports: 0, refuses: 0 }])) as Record<Verdict, Cell>;

function count(table: Record<Verdict, Cell>, { answers }: PoolComparison): void {
  for (const { verdict, imports } of answers) table[verdict][imports ? 'imports' : 'refuses']++;
}

const WIDTH = 26;
const row = (name: string, table: Record<Verdict, Cell>, last: string): string =>
  `${name.padEnd(WIDTH)} ${VERDICTS.map((verdict) => {
    const { imports, refuses } = table[verdict];
    return `${imports}/${refuses}`.padStart(11);
  }).join('')}  ${last}`;

/** What `zpool import` without a txg does, in a cell of the table of docs/accuracy.md. */
function plainly(answer: KernelAnswer | null): string {
  if (answer === null) return 'not asked';
  if (answer.rc === 'panic') return 'crashes the machine';
  if (answer.rc === 'hang') return 'never ends';
  return answer.rc === 0 ? `imports txg ${answer.used}` : 'fails';
}

/** A row of the table of docs/accuracy.md. */
function markdownRow({ name, truth }: Scenario, { recommended, newest }: PoolComparison): string {
  const asked = truth.asked.length === 0 ? '-' : String(Math.max(...truth.asked));
  const { plain, plainF } = truth.answers;
  const ours = recommended === null ? 'none' : `txg ${recommended}`;
  return `| ${[name, asked, plainly(plain), plainly(plainF), newest ?? 'none', ours].join(' | ')} |`;
}

if (folders.length === 0) {
  refuse(
    'usage: npm run accuracy -- [--zfs 2.1|2.2|2.3|2.4] DIR...   (folders like test-images: NAME/truth.json beside the images)',
  );
}
if (releasesOf(zfs) === null) refuse(`no OpenZFS '${zfs}': expected one of ${LINES.join(', ')}, or a release of one`);
const asked = folders.flatMap(scenarios);
if (asked.length === 0) refuse(`no pool in ${folders.join(', ')} of which OpenZFS ${lineOf(zfs)} was asked`);
const total = cells();
const contradictions: string[] = [];
const rows: string[] = [];
console.log('kernel imports / refuses, by our verdict; read-only and read-write answers count one each\n');
console.log(
  `${''.padEnd(WIDTH)} ${VERDICTS.map((verdict) => verdict.padStart(11)).join('')}  recommended / newest of the kernel`,
);
for (const scenario of asked) {
  const table = cells();
  const comparison = await compare(scenario);
  count(table, comparison);
  count(total, comparison);
  const { recommended, newest } = comparison;
  if (markdown) rows.push(markdownRow(scenario, comparison));
  console.log(row(scenario.name, table, `${recommended ?? '-'} / ${newest ?? '-'}`));
  for (const line of comparison.contradictions) {
    console.log(`  CONTRADICTION ${line}`);
    contradictions.push(`${scenario.name}: ${line}`);
  }
}
console.log(row('total', total, `${contradictions.length} contradictions`));
if (markdown) console.log(`\n${rows.join('\n')}`);
process.exitCode = contradictions.length === 0 ? 0 : 1;
