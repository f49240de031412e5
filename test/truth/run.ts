// Makes pools from a seed, asks OpenZFS's own code for each txg, and compares: npm run truth -- --seed S --pools N --kind K
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Judge } from './ask.ts';
import { judgePoolOf, type Report } from './compare.ts';
import { kindOf, makePool, type Recipe, recipeOf } from './make.ts';
import { nativePrograms } from './programs.ts';

const USAGE = `usage: npm run truth -- [--seed S] [--pools N] [--kind LAYOUT/HISTORY/DAMAGE] [--txgs N] [--keep DIR]
  a part of a kind that is left out or * is drawn; --txgs: how many of each pool are asked; --keep: where pools go that contradict us`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    pools: { type: 'string', default: '20' },
    kind: { type: 'string', default: '' },
    txgs: { type: 'string', default: '10' },
    keep: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function wantedOf(kind: string) {
  const [layout, history, damage] = kind.split('/').map((part) => (part === '' || part === '*' ? undefined : part));
  return { layout, history, damage };
}

const names = (part: string, joined: string) => [...new Set(joined.split('+'))].map((name) => [part, name] as const);

const programs = nativePrograms();
if (values.help) console.log(USAGE);
else if (programs === null) console.log('truth: libzpool or its headers are not to be had here: nothing was asked');
else {
  const scratch = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `zfs-uber-truth-${process.pid}`);
  const table = new Map<string, { pools: number; asked: number; wrong: number }>();
  const [from, pools] = [Number(values.seed), Number(values.pools)];
  let wrong = 0;
  let asked = 0;
  /** A pool counts for its layout and for each history and damage that it is made of. */
  const count = ({ layout, history, damage }: Recipe, report: Report): void => {
    const parts = [['layout', layout], ...names('history', history), ...names('damage', damage)] as const;
    for (const [part, name] of parts) {
      const key = `${part} | ${name}`;
      const row = table.get(key) ?? { pools: 0, asked: 0, wrong: 0 };
      row.pools++;
      row.asked += report.asked;
      row.wrong += report.contradictions.length;
      table.set(key, row);
    }
    asked += report.asked;
  };
  const judge = new Judge(programs.uask);
  try {
    for (let seed = from; seed < from + pools; seed++) {
      const recipe = recipeOf(seed, wantedOf(values.kind));
      const made = makePool(recipe, join(scratch, 'pool'), programs.umake);
      const report: Report = await judgePoolOf(made, judge, Number(values.txgs));
      count(recipe, report);
      wrong += report.contradictions.length;
      const head = `${seed} ${kindOf(recipe)} ${recipe.options.join(' ')} ${recipe.sizeBytes / 2 ** 20} MiB`;
      const failed = made.failed.length === 0 ? '' : `  (${made.failed.length}: ${made.failed[0]})`;
      console.log(`${head}: ${report.asked} answers, ${report.contradictions.length} contradictions${failed}`);
      for (const line of report.contradictions) console.log(`    ${line}`);
      if (report.contradictions.length > 0 && values.keep !== undefined) {
        mkdirSync(values.keep, { recursive: true });
        const kept = join(values.keep, String(seed));
        rmSync(kept, { recursive: true, force: true });
        spawnSync('cp', ['-r', '--sparse=always', made.folder, kept]);
      }
    }
  } finally {
    judge.close();
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log('\n| of | name | pools | answers | contradictions |\n| --- | --- | --- | --- | --- |');
  for (const [name, row] of [...table].sort()) console.log(`| ${name} | ${row.pools} | ${row.asked} | ${row.wrong} |`);
  console.log(`| all | | ${pools} | ${asked} | ${wrong} |`);
  process.exitCode = wrong > 0 ? 1 : 0;
}
