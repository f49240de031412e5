import { spawnSync } from 'node:child_process';
import { mkdtempSync, openAsBlob, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import { CACHE } from '../../bin/images.js';
import { history } from '../../src/api/streams.ts';
import { HOST_OF_BROWSER } from '../tools/hostOfBrowser.js';
import { pool, poolImages } from '../tools/images.ts';

// Each runs as it stands in docs/examples, with this library under the name that a program gives it.

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'docs', 'examples');

async function bundled(name: string, platform: 'node' | 'browser'): Promise<string> {
  const outfile = join(CACHE, 'examples', `${name}.${platform === 'node' ? 'mjs' : 'js'}`);
  await build({
    entryPoints: [join(EXAMPLES, `${name}.ts`)],
    alias: { 'zfs-uber': join(ROOT, 'src', 'index.ts'), 'zfs-uber/parser': join(ROOT, 'src', 'parser.ts') },
    bundle: true,
    platform,
    outfile,
    logLevel: 'silent',
    ...(platform === 'node'
      ? {
          format: 'esm' as const,
          target: 'node20',
          packages: 'external' as const,
          // Of the sources that are bundled in.
          define: {
            'import.meta.dirname': JSON.stringify(join(ROOT, 'src', 'node')),
            'import.meta.url': JSON.stringify(`file://${ROOT}/src/node/addon.ts`),
          },
        }
      : { format: 'iife' as const, target: 'es2022', plugins: [HOST_OF_BROWSER] }),
  });
  return outfile;
}

async function run(name: string, ...args: readonly string[]): Promise<string[]> {
  const program = await bundled(name, 'node');
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.trimEnd().split('\n');
}

const demo = () => poolImages(pool('demo'));

describe('the example', () => {
  it('rank-txgs gives the txgs of a pool, the best first, each with its command', async () => {
    const choices = (await run('rank-txgs', ...(await demo()))).map((line) => JSON.parse(line));
    expect(choices[0]).toMatchObject({ pool: 'tank', txg: '81', verdict: 'importable' });
    expect(choices[0].command).toEqual(expect.arrayContaining(['zpool', 'import', '-T', '81']));
    expect(choices.find(({ txg }: { txg: string }) => txg === '85')).toMatchObject({ verdict: 'damaged' });
  });

  it('own-source finds the same by a source of its own, and counts what it read', async () => {
    const lines = (await run('own-source', ...(await demo()))).map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ pool: 'tank', best: '81' });
    expect(lines).toHaveLength(3);
    for (const { count, bytes } of lines.slice(1)) {
      expect(count).toBeGreaterThan(4);
      expect(bytes).toBeLessThan(64 << 20);
    }
  });

  it('in-a-browser finds the same where there is nothing of Node', async () => {
    const { outputFiles } = await build({
      entryPoints: [await bundled('in-a-browser', 'browser')],
      write: false,
      logLevel: 'silent',
    });
    const files = await Promise.all(
      (await demo()).map(async (path) => Object.assign(await openAsBlob(path), { name: basename(path) })),
    );
    const [input, output] = [{ files, onchange: () => {} }, { textContent: '' }];
    const document = { querySelector: (name: string) => (name === 'input' ? input : output) };
    runInContext(outputFiles[0]?.text ?? '', createContext({ TextDecoder, TextEncoder, document }));
    input.onchange();
    await vi.waitFor(() => expect(output.textContent).not.toBe(''), 30_000);
    expect(output.textContent).toBe('tank: txg 81');
  });

  it('watch-a-folder looks at each image that is there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-watched-'));
    for (const image of await demo()) symlinkSync(image, join(folder, basename(image)));
    const lines = (await run('watch-a-folder', folder, '--once')).map((line) => JSON.parse(line));
    expect(lines.map(({ path }) => basename(path))).toEqual(['d0.img', 'd1.img']);
    expect(lines[0].found).toEqual([expect.objectContaining({ pool: 'tank', newest: expect.any(String) })]);
  });

  it('incident-report says when something was destroyed, and which txg still has it', async () => {
    const images = await poolImages(pool('four-tops'));
    const { records } = await history(images);
    const lost = records.findLast(({ destructive, dataset, ringTxgBefore }) => destructive && dataset && ringTxgBefore);
    const lines = await run('incident-report', lost?.dataset ?? '', ...images);
    expect(lines[0]).toBe(`# \`${lost?.dataset}\` of pool \`tank\``);
    expect(lines.some((line) => line.includes(`txg ${lost?.txg}: \`destroy`))).toBe(true);
    expect(lines.join('\n')).toMatch(/Txg \d+ has it\. [\s\S]*zpool import .*-T/);
  });

  it('there is has a test', () => {
    const names = [
      'datasets-at-two-txgs',
      'in-a-browser',
      'incident-report',
      'own-source',
      'rank-txgs',
      // In test/api/givenSources.test.ts.
      ...['scan-in-a-browser', 'scan-own-reader', 'scan-packed-images'],
      'watch-a-folder',
    ];
    expect(readdirSync(EXAMPLES).sort()).toEqual(names.map((name) => `${name}.ts`));
  });
});
