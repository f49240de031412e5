import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const TEST_IMAGES = join(ROOT, 'test-images');
const { argv } = process;
afterEach(() => {
  process.argv = argv;
  vi.restoreAllMocks();
  vi.resetModules();
});

const TASKS = {
  accuracy: () => import('../accuracy/run.ts'),
  formats: () => import('../accuracy/formats.ts'),
  truth: () => import('../truth/run.ts'),
  pointers: () => import('../truth/pointers.ts'),
  fuzz: () => import('../fuzz/run.ts'),
  ztest: () => import('../oracle/manyPools.ts'),
} as const;

class Ended extends Error {}

/** What a task says, and the status that it ends with, before it does anything. */
async function refusal(task: keyof typeof TASKS, ...words: string[]): Promise<{ said: string; status: unknown }> {
  process.argv = [process.execPath, task, ...words];
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  const ended = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Ended();
  });
  await expect(TASKS[task]()).rejects.toThrow(Ended);
  return { said: said.mock.calls.flat().join('\n'), status: ended.mock.calls[0]?.[0] };
}

describe('a task that is asked for what there is not', () => {
  it.each<[keyof typeof TASKS, string[], string]>([
    ['formats', ['--format', 'floppy', TEST_IMAGES], "no format 'floppy': expected one of qcow2, "],
    ['formats', ['--pool', 'nowhere', TEST_IMAGES], "no pool 'nowhere': expected one of "],
    ['formats', [join(ROOT, 'docs')], 'no pool with a truth.json in '],
    ['accuracy', ['--zfs', '2.9', TEST_IMAGES], "no OpenZFS '2.9': expected one of 2.1, "],
    ['accuracy', [join(ROOT, 'docs')], 'of which OpenZFS 2.3 was asked'],
    ['truth', ['--zfs', '2.9'], "no release '2.9': expected one of 2.1, "],
    ['pointers', ['nowhere'], "no pool 'nowhere': expected one of "],
    ['fuzz', ['soon'], "SECONDS: expected a whole number; found 'soon'"],
    ['fuzz', ['1', '1', 'nowhere'], "no pool 'nowhere': expected one of "],
    ['ztest', ['many'], "POOLS: expected a whole number; found 'many'"],
  ])('%s %j says what there is, and ends as wrong usage', async (task, words, sentence) => {
    const { said, status } = await refusal(task, ...words);
    expect(said).toContain(sentence);
    expect(status).toBe(2);
  });

  it.each([
    [['bench', 'nonsense'], 'usage: npm run bench -- '],
    [['docs', 'now'], "docs: expected nothing; found 'now'"],
    [['audit', '--musst'], "audit: expected --must or nothing; found '--musst'"],
    [['nonsense'], 'usage: node bin/develop.js '],
  ])('develop.js %j does the same', (words, sentence) => {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin', 'develop.js'), ...words], {
      encoding: 'utf8',
    });
    expect(stderr).toContain(sentence);
    expect(status).toBe(2);
  });
});
