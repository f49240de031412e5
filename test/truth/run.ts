// Makes pools from a seed, asks OpenZFS's own code for each txg, and compares: npm run truth -- --seed S --pools N --kind K
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { oneOf, refuse, wholeNumber } from '../tools/askedFor.ts';
import { Judge } from './ask.ts';
import { judgePoolOf, type PoolReport } from './compare.ts';
import { DAMAGES } from './damage.ts';
import { HISTORIES } from './histories.ts';
import { LAYOUTS } from './layouts.ts';
import { kindOf, type MadePool, makePool, recipeOf } from './make.ts';
import { NATIVE_RELEASES, nativePrograms } from './programs.ts';
import { type Asked, addToRecord, readRecord, tableOf, withTable } from './record.ts';

const USAGE = `usage: npm run truth -- [--zfs 2.1|2.2|2.3|2.3.9|2.4] [--seed S] [--pools N] [--kind LAYOUT/HISTORY/DAMAGE] [--txgs N] [--keep DIR] [--record FILE] [--table FILE]
  a part of a kind that is left out or * is drawn; --txgs: how many of each pool are asked; --keep: where pools go that contradict us,
  and with --keep-all all others, laid out like test-images; --record: adds to a table of what was asked; --again: asks again what contradicted us there; --table: writes the record by kind into FILE`;

const { values } = parseArgs({
  options: {
    zfs: { type: 'string', default: '2.3' },
    seed: { type: 'string', default: '1' },
    pools: { type: 'string', default: '20' },
    kind: { type: 'string', default: '' },
    txgs: { type: 'string', default: '10' },
    keep: { type: 'string' },
    'keep-all': { type: 'boolean', default: false },
    record: { type: 'string' },
    again: { type: 'boolean', default: false },
    table: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** The OpenZFS that makes the pools and answers. */
const release = oneOf('release', values.zfs, NATIVE_RELEASES);

/** A pool to make and ask. */
interface Task {
  readonly seed: number;
  readonly kind: string;
  readonly txgs: number;
}

function tasks(): Task[] {
  if (values.again) {
    if (values.record === undefined) refuse('--again: say by --record FILE of which record');
    const wrong = readRecord(values.record).filter(({ contradictions }) => contradictions > 0);
    return wrong.map(({ seed, kind, txgsWanted }) => ({ seed, kind, txgs: txgsWanted }));
  }
  const [from, pools, txgs] = [
    wholeNumber('--seed', values.seed),
    wholeNumber('--pools', values.pools),
    wholeNumber('--txgs', values.txgs),
  ];
  return Array.from({ length: pools }, (_, index) => ({ seed: from + index, kind: values.kind, txgs }));
}

function wantedOf(kind: string) {
  const [layout, history, damage] = kind.split('/').map((part) => (part === '' || part === '*' ? undefined : part));
  if (layout !== undefined) oneOf('layout', layout, LAYOUTS);
  for (const name of history?.split('+') ?? []) oneOf('history', name, Object.keys(HISTORIES));
  for (const name of damage?.split('+') ?? []) oneOf('damage', name, Object.keys(DAMAGES));
  return { layout, history, damage };
}

/** Copies a pool and what was answered, laid out like test-images. */
function keep({ folder, recipe, failed }: MadePool, report: PoolReport, where: string): void {
  const kept = join(where, String(recipe.seed));
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(where, { recursive: true });
  spawnSync('cp', ['-r', '--sparse=always', folder, kept]);
  const { contradictions, truths } = report;
  const about = { kind: kindOf(recipe), options: recipe.options, failed, contradictions, oracle: 'libzpool' };
  writeFileSync(join(kept, 'truth.json'), `${JSON.stringify({ ...about, ...truths[0] }, null, 1)}\n`);
}

/** @returns what was asked of one pool, said line by line as well */
async function askOne({ seed, kind, txgs }: Task, scratch: string, umake: string, judge: Judge): Promise<Asked> {
  const recipe = recipeOf(seed, wantedOf(kind));
  const made = await makePool(recipe, join(scratch, 'pool'), umake);
  const report = await judgePoolOf(made, judge, txgs, release);
  const { asked, contradictions, unsettled } = report;
  const head = `${seed} ${kindOf(recipe)} ${recipe.options.join(' ')} ${recipe.sizeBytes / 2 ** 20} MiB`;
  const failed = made.failed.length === 0 ? '' : `  (${made.failed.length}: ${made.failed[0]})`;
  console.log(`${head}: ${asked} answers, ${contradictions.length} contradictions${failed}`);
  for (const line of contradictions) console.log(`    ${line}`);
  for (const line of unsettled) console.log(`    now so, now so: ${line}`);
  if (values.keep !== undefined && (contradictions.length > 0 || values['keep-all'])) keep(made, report, values.keep);
  return {
    zfs: release,
    seed,
    kind: kindOf(recipe),
    txgsWanted: txgs,
    txgs: report.txgs,
    answers: asked,
    contradictions: contradictions.length,
  };
}

const programs = nativePrograms(release);
if (values.help) console.log(USAGE);
else if (programs === null) console.log('truth: libzpool or its headers are not to be had here: nothing was asked');
else {
  const scratch = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `zfs-uber-truth-${process.pid}`);
  const judge = new Judge(programs.uask);
  let asked: Asked[] = [];
  const began = Date.now();
  try {
    for (const task of tasks()) {
      const one = await askOne(task, scratch, programs.umake, judge);
      asked.push(one);
      if (values.record !== undefined) addToRecord(values.record, [one]);
    }
  } finally {
    judge.close();
    rmSync(scratch, { recursive: true, force: true });
  }
  const wrong = asked.some(({ contradictions }) => contradictions > 0);
  const seconds = Math.round((Date.now() - began) / 1000);
  const answers = asked.reduce((total, each) => total + each.answers, 0);
  if (values.record !== undefined) asked = readRecord(values.record);
  const table = tableOf(asked);
  if (values.table === undefined) console.log(`\n${table.join('\n')}`);
  else writeFileSync(values.table, withTable(readFileSync(values.table, 'utf8'), table));
  console.log(`${answers} answers in ${seconds} s`);
  process.exitCode = wrong ? 1 : 0;
}
