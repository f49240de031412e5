import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { COMMANDS } from '../../src/cli/commands.ts';
import { DOCUMENTS } from './schemas.ts';

// What the pages point to is there: files, parts of pages, commands with their options.

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** As GitHub names the parts of a page. */
const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );

/** Code within a line, and blocks of lines that are indented or fenced. */
function codeOf(text: string): string[] {
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const lines = text
    .split('\n')
    .filter((line) => /^( {4}|\$ |[a-z])/.test(line) && /^[ $]*(zfs-uber|npm|node) /.test(line));
  return [...inline, ...lines.map((line) => line.replace(/^[ $]+/, '').replace(/\s+#.*$/, ''))];
}

/** Made by a build where Rust has the target for it. */
const BUILT = ['native/zfs-uber.wasm'];

/** Words that stand for something in a pattern of names, not for a file. */
const PATTERN = /[*<>{}]|\bNAME\b|\bx\.|\.\.\./;

describe.each(PAGES)('%s', (page) => {
  const text = textOf(page);

  it('links to pages, parts and files that are there', () => {
    const gone = [...text.matchAll(/\]\(([^)\s]+)\)/g)].filter(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = '', part] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) return true;
      return part !== undefined && !anchorsOf(textOf(file)).has(part);
    });
    expect(gone.map(([, target]) => target)).toEqual([]);
  });

  it('names files of the repository that are there', () => {
    const floors = readdirSync(join(ROOT, 'src'));
    const named = codeOf(text).filter(
      (code) => /^[\w-]+(\/[\w.-]+)+$/.test(code) && !PATTERN.test(code) && !code.startsWith('zfs-uber/'),
    );
    const gone = named.filter((code) => {
      const [first = ''] = code.split('/');
      const below = floors.includes(first) ? 'src' : '';
      if (below === '' && !existsSync(join(ROOT, first))) return false;
      const path = join(ROOT, below, code);
      return (
        !BUILT.includes(code) &&
        ![path, `${path}.ts`, `${path}.layout.ts`, join(ROOT, code)].some((each) => existsSync(each))
      );
    });
    expect(gone).toEqual([]);
  });

  it('shows commands and options that there are', () => {
    const wrong = codeOf(text).flatMap((code) => {
      if (code.startsWith('npm run ')) {
        const [script = ''] = code.replace('npm run ', '').replace('-s ', '').split(' ');
        return script in manifest.scripts ? [] : [code];
      }
      // What has an escape is bytes of a file, not a command.
      if (!/^zfs-uber [a-z]/.test(code) || code.includes('\\n')) return [];
      const [, name, ...words] = code.split(' ');
      const command = COMMANDS.find((each) => each.name === name);
      if (command === undefined) return name === 'help' || name === 'completion' ? [] : [code];
      const options = words.flatMap((word) => /^\[?--([a-z][a-z-]*)/.exec(word)?.[1] ?? []);
      return options.every((option) => option in command.options) ? [] : [code];
    });
    expect(wrong).toEqual([]);
  });
});

it('every document that is made has a schema', () => {
  const files = readdirSync(join(ROOT, 'src', 'document'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const made = files.flatMap((name) => [
    ...textOf(`src/document/${name}`).matchAll(/readonly schema: 'zfs-uber\/([\w-]+)\//g),
  ]);
  const names = new Set(made.map(([, name]) => name));
  expect([...names].sort()).toEqual(DOCUMENTS.map(([name]) => name).sort());
});
