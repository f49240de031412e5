// Changes files in small ways and tells which changes the unit tests beside them do not notice: npm run mutants -- FILE...
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVitest } from 'vitest/node';
import { oneOf } from '../tools/askedFor.ts';
import { mutantsOf } from './mutate.ts';
import { TESTS } from './tests.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const asked = process.argv.slice(2);
const known = Object.keys(TESTS);
const files = asked.length === 0 ? known : asked.map((file) => oneOf('file with tests beside it', file, known));

let mutated: { readonly path: string; readonly code: string } | null = null;
const plugin = {
  name: 'mutant',
  enforce: 'pre',
  load: (id: string) => (mutated !== null && id.split('?')[0] === mutated.path ? mutated.code : null),
} as const;

const silent = { onInit: () => {} };

/** One for each file: what failed in the tests of one would end those of the next. */
const openVitest = () =>
  createVitest(
    'test',
    {
      root: ROOT,
      config: join('test', 'vitest.config.ts'),
      watch: false,
      reporters: [silent],
      bail: 1,
      testTimeout: 20_000,
    },
    { plugins: [plugin], logLevel: 'silent' },
  );

const rows: string[] = [];
for (const file of files) {
  rows.push(await scoreOf(file, TESTS[file] ?? []));
}
console.log('\n| file | mutants | killed | left |\n| --- | --- | --- | --- |');
for (const row of rows) console.log(row);

/** Prints each mutant that the tests miss. @returns the row of the table */
async function scoreOf(file: string, tests: readonly string[]): Promise<string> {
  const path = join(ROOT, file);
  const vitest = await openVitest();
  try {
    const specs = (await vitest.globTestSpecifications([...tests])).filter(({ moduleId }) => existsSync(moduleId));
    const passes = async (): Promise<boolean> => {
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specs, false);
      return unhandledErrors.length === 0 && testModules.length > 0 && testModules.every((module) => module.ok());
    };
    if (!(await passes())) throw new Error(`${tests.join(', ')}: fails without a mutant`);
    let [all, killed] = [0, 0];
    for (const { line, what, code } of mutantsOf(readFileSync(path, 'utf8'))) {
      all++;
      mutated = { path, code };
      vitest.invalidateFile(path);
      if (await passes()) console.log(`${file}:${line}: ${what}`);
      else killed++;
    }
    return `| \`${file}\` | ${all} | ${killed} | ${all - killed} |`;
  } finally {
    mutated = null;
    await vitest.close();
  }
}
