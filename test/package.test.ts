import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { built } from './tools/command.ts';
import { pool, poolImages } from './tools/images.ts';

// What a user gets from the registry: the tarball, installed, run and imported.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const ROOT = join(import.meta.dirname, '..');
const MODULES = join(ROOT, 'node_modules');
let folder = '';
/** Where the package lies once it is installed. */
let installed = '';
let files: string[] = [];

const run = (program: string, args: readonly string[], cwd = folder): SpawnSyncReturns<string> =>
  spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });

function must(program: string, args: readonly string[], cwd = folder): string {
  const { status, stdout, stderr } = run(program, args, cwd);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

beforeAll(async () => {
  await built();
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'zfs-uber-package-')));
  // Built above; its own script would build again.
  const packed = must('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT);
  const [{ filename, files: names }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  files = names.map(({ path }) => path);
  installed = install(join(folder, filename));
  mkdirSync(join(folder, 'consumer', 'node_modules'), { recursive: true });
  // Also keeps Node from asking a manifest further up.
  writeFileSync(join(folder, 'consumer', 'package.json'), '{ "type": "module" }');
  symlinkSync(installed, join(folder, 'consumer', 'node_modules', manifest.name));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As `npm install -g` does it; where the dependencies cannot be had, by hand and with ours. */
function install(tarball: string): string {
  const prefix = join(folder, 'global');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline', '--fetch-retries=0'];
  if (run('npm', ['install', '-g', '--prefix', prefix, ...quiet, tarball]).status === 0) {
    return join(prefix, 'lib', 'node_modules', manifest.name);
  }
  rmSync(prefix, { recursive: true, force: true });
  const into = join(prefix, 'lib', 'node_modules', manifest.name);
  mkdirSync(into, { recursive: true });
  mkdirSync(join(prefix, 'bin'));
  must('tar', ['-xzf', tarball, '--strip-components=1', '-C', into]);
  symlinkSync(MODULES, join(into, 'node_modules'));
  symlinkSync(join(into, manifest.bin['zfs-uber']), join(prefix, 'bin', 'zfs-uber'));
  return into;
}

describe('the package', () => {
  it('holds what runs and what is read, and nothing of the workshop', () => {
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'bin/zfs-uber.cjs']));
    expect(files.filter((file) => /^(src|test|test-images|\.ci|node_modules)\//.test(file))).toEqual([]);
    expect(files.filter((file) => /develop\.js|images\.js|\.rs$/.test(file))).toEqual([]);
  });

  it('runs as a command from another folder', async () => {
    const command = join(folder, 'global', 'bin', 'zfs-uber');
    expect(must(command, ['--version'])).toMatch(new RegExp(`^zfs-uber ${manifest.version}, engine (native|node)`));
    const document = must(command, ['scan', '--json', '--depth', 'mos', ...(await poolImages(pool('demo')))]);
    expect(JSON.parse(document)).toMatchObject({ tool: { version: manifest.version }, pools: [{ name: 'tank' }] });
    expect(must(command, ['--help'])).toContain('zfs-uber COMMAND SOURCE...');
  });

  it('carries the addon where it was built', () => {
    const addons = (names: readonly string[]) =>
      names.filter((name) => name.endsWith('.node')).map((name) => name.replace('native/', ''));
    const here = run('ls', [join(ROOT, 'native')]).stdout.split('\n');
    expect(addons(files)).toEqual(addons(here));
  });

  it('is imported by its name, whole and as the parser alone', async () => {
    const [image = ''] = await poolImages(pool('torn-sector'));
    const consumer = join(folder, 'consumer', 'use.mjs');
    writeFileSync(
      consumer,
      `import { scan } from 'zfs-uber';
       import * as parser from 'zfs-uber/parser';
       const { pools } = await scan([${JSON.stringify(image)}], { depth: 'labels' });
       console.log(JSON.stringify([pools[0].name, Object.keys(parser).length > 0]));`,
    );
    expect(must(process.execPath, [consumer])).toBe('["tank",true]\n');
  });

  it('gives its types to a strict program', () => {
    const consumer = join(folder, 'consumer');
    writeFileSync(
      join(consumer, 'use.ts'),
      `import { scan, type ScanDocument } from 'zfs-uber';
       const document: ScanDocument = await scan(['disk.img'], { depth: 'labels' });
       export const txgs: readonly string[] = document.pools.flatMap((pool) => pool.candidates.map(({ txg }) => txg));
       // @ts-expect-error: what is not there is said
       export const nothing = document.nothing;`,
    );
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      strict: true,
      noEmit: true,
      types: [],
      skipLibCheck: false,
    };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
    const { stdout, status } = run(join(MODULES, '.bin', 'tsc'), ['-p', consumer]);
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  it('names only files that are there', () => {
    const named = [
      ...Object.values<string | Readonly<Record<string, string>>>(manifest.exports).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target),
      ),
      ...Object.values(manifest.bin),
      manifest.types,
    ];
    expect(named.map((file) => file.replace('*', 'scan')).filter((file) => !existsSync(join(installed, file)))).toEqual(
      [],
    );
  });
});
