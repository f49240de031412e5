import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ERROR_MEANINGS } from '../../src/words/meanings/errors.ts';
import { fieldsOf } from './jsonPage.ts';
import { madeFiles } from './made.ts';
import { DOCUMENTS, type Schema } from './schemas.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const files = madeFiles();

it.each([...files.keys()])('%s is what `npm run docs` makes', (name) => {
  expect(readFileSync(join(ROOT, name), 'utf8')).toBe(files.get(name));
});

it('docs/errors.md has every class of errors, and no other', () => {
  const src = join(ROOT, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const classes = files.flatMap((name) => [
    ...readFileSync(join(src, name), 'utf8').matchAll(/class (\w+) extends ZfsUberError/g),
  ]);
  expect(classes.map(([, name]) => name).sort()).toEqual(Object.keys(ERROR_MEANINGS).sort());
});

it('each class of errors has its name as it is written, whatever a bundler makes of it', () => {
  const src = join(ROOT, 'src');
  const texts = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(src, name), 'utf8'));
  const classes = texts.flatMap((text) => [...text.matchAll(/class (\w+) extends \w*Error \{\n(.*)/g)]);
  expect(classes.length).toBeGreaterThan(15);
  // The first of them extends Error, and leaves it to the others.
  const unnamed = classes.filter(([, name, first]) => first !== `  override readonly name: string = '${name}';`);
  expect(unnamed.map(([, name]) => name)).toEqual(['ZfsUberError']);
});

it('there is no schema of a document that nothing makes', () => {
  expect(readdirSync(join(ROOT, 'schema')).sort()).toEqual(DOCUMENTS.map(([name]) => `${name}.json`).sort());
});

it.each(DOCUMENTS)('every field of %s, and of what is in it, says what it means', (name) => {
  const schema = JSON.parse(files.get(`schema/${name}.json`) ?? '{}') as Schema;
  expect(schema.$id).toMatch(/^urn:zfs-uber:[\w-]+:\d+$/);
  const all = [schema, ...Object.values(schema.definitions ?? {})];
  const silent = all.flatMap((each) => [...fieldsOf(each, '')].filter(({ meaning }) => meaning === ''));
  expect(silent.map(({ path }) => path)).toEqual([]);
});
