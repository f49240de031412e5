import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { type BuildOptions, build } from 'esbuild';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makePackages } from '../bin/platforms.js';
import manifest from '../package.json' with { type: 'json' };
import { wasmFile } from '../src/node/wasmFile.ts';
import { built } from './tools/command.ts';
import { pool, poolImages } from './tools/images.ts';

// What a user gets from the registry: the tarball, installed, run and imported.

const ROOT = join(import.meta.dirname, '..');
const MODULES = join(ROOT, 'node_modules');
let folder = '';
/** Where the package lies once it is installed. */
let installed = '';
let files: string[] = [];
/** npm could have its dependencies, and installed it as a user's would. */
let byNpm = false;
/** Without an addon. */
let unpackedBytes = 0;

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
  const [{ filename, files: named }] = JSON.parse(packed) as [
    { filename: string; files: { path: string; size: number }[] },
  ];
  files = named.map(({ path }) => path);
  const own = named.filter(({ path }) => !/\.node(\.json)?$/.test(path));
  unpackedBytes = own.reduce((sum, { size }) => sum + size, 0);
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
    byNpm = true;
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

  it('takes less than 2 MiB without an addon', () => {
    expect(unpackedBytes).toBeLessThan(2 * 1024 * 1024);
  });

  it('serves its page', async () => {
    const served = spawn(join(folder, 'global', 'bin', 'zfs-uber'), ['web'], { stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      let said = '';
      for await (const part of served.stdout) {
        said += part;
        if (/http:\S+\/\s/.test(said)) break;
      }
      const [address = ''] = /http:\S+\//.exec(said) ?? [];
      expect(await (await fetch(address)).text()).toContain('src="modules/web.js"');
      for (const module of ['web.js', 'webWorker.js', 'host.js', 'pako/pako.mjs', '@noble/hashes/sha2.js']) {
        expect({ module, status: (await fetch(`${address}modules/${module}`)).status }).toEqual({
          module,
          status: 200,
        });
      }
    } finally {
      served.kill();
    }
  });

  it('has its page where man looks for it', ({ skip }) => {
    if (!byNpm) skip('npm cannot have the dependencies here');
    expect(readFileSync(join(folder, 'global', 'share', 'man', 'man1', 'zfs-uber.1'), 'utf8')).toContain('.TH');
  });

  it('runs as a command from another folder', async () => {
    const command = join(folder, 'global', 'bin', 'zfs-uber');
    expect(must(command, ['--version'])).toMatch(
      new RegExp(`^zfs-uber ${manifest.version}, engine (native|wasm|node)`),
    );
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

  it.skipIf(!readdirSync(join(ROOT, 'native')).some((file) => file.endsWith('.node')))(
    'finds the addon in the package of its platform, and goes without where there is none',
    () => {
      const modules = join(folder, 'platform', 'node_modules');
      cpSync(installed, join(modules, manifest.name), {
        recursive: true,
        filter: (path) => !path.slice(installed.length).match(/[/\\](native|node_modules)\b/),
      });
      const version = () => must(process.execPath, [join(modules, manifest.name, 'bin', 'zfs-uber.cjs'), '--version']);
      expect(version()).toContain(
        `engine node (TypeScript; none faster: no addon for ${process.platform}-${process.arch} is here)`,
      );
      const packages = join(folder, 'packages');
      const made = makePackages(packages).map((name) => name.replace(`${manifest.name}-`, ''));
      for (const platform of made) {
        must('npm', ['publish', '--dry-run'], join(packages, platform));
        expect(readdirSync(join(packages, platform)).sort()).toEqual([
          ...['LICENSE', 'README.md', `index.${platform}.node`, `index.${platform}.node.json`, 'package.json'],
        ]);
      }
      const here = made.find((each) => each.startsWith(`${process.platform}-${process.arch}`)) ?? '';
      renameSync(join(packages, here), join(modules, `${manifest.name}-${here}`));
      expect(version()).toContain('engine native');
    },
  );

  it('is imported by its name, whole and as the parser alone', async () => {
    const [image = ''] = await poolImages(pool('torn-sector'));
    const uses = (load: (name: string) => string) => `
      ${load('zfs-uber')} ${load('zfs-uber/parser')}
      zfs_uber.scan([${JSON.stringify(image)}], { depth: 'labels' }).then(({ pools }) =>
        console.log(pools[0].name, zfs_uber.ZfsUberError === zfs_uber_parser.ZfsUberError));`;
    const variable = (name: string) => name.replace(/\W/g, '_');
    const programs = {
      'use.mjs': uses((name) => `import * as ${variable(name)} from '${name}';`),
      'use.cjs': uses((name) => `const ${variable(name)} = require('${name}');`),
    };
    for (const [name, code] of Object.entries(programs)) {
      writeFileSync(join(folder, 'consumer', name), code);
      const { stdout, stderr } = run(process.execPath, [join(folder, 'consumer', name)]);
      expect({ name, stdout, stderr }).toEqual({ name, stdout: 'tank true\n', stderr: '' });
    }
  });

  it('names its errors as they are exported, and shows a line of itself where nobody catches one', () => {
    const program = join(folder, 'consumer', 'throws.mjs');
    writeFileSync(program, "import { scan } from 'zfs-uber'; await scan([], { zfs: '9' });");
    const { stderr, status } = run(process.execPath, [program]);
    expect(status).toBe(1);
    expect(stderr).toContain('UsageError');
    expect(stderr.length).toBeLessThan(2000);
  });

  it.each([
    ['node16', 'node16', true],
    ['nodenext', 'nodenext', true],
    ['es2022', 'bundler', true],
    // A CommonJS program: Node has loaded modules by require since 20.19, and only the last of these knows.
    ['nodenext', 'nodenext', false],
  ])(
    'gives its types to a strict program: module %s, resolution %s, itself a module: %s',
    (module, moduleResolution, isModule) => {
      const consumer = join(folder, 'consumer');
      const file = isModule ? 'use.mts' : 'use.cts';
      writeFileSync(
        join(consumer, file),
        `import { scan, type ScanDocument } from 'zfs-uber';
       import { surveyDevice } from 'zfs-uber/parser';
       export const document: Promise<ScanDocument> = scan(['disk.img'], { depth: 'labels' });
       export const txgs = document.then(({ pools }) => pools.flatMap((pool): string[] => pool.candidates.map(({ txg }) => txg)));
       export const survey: (...args: Parameters<typeof surveyDevice>) => unknown = surveyDevice;
       // @ts-expect-error: what is not there is said
       export const nothing = document.then((each) => each.nothing);`,
      );
      const compilerOptions = {
        ...{ module, moduleResolution, target: 'es2022', types: [] },
        ...{ strict: true, noEmit: true, skipLibCheck: false },
      };
      writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
      const { stdout, status } = run(join(MODULES, '.bin', 'tsc'), ['-p', consumer]);
      expect(stdout).toBe('');
      expect(status).toBe(0);
    },
  );

  it('has no maps, which would lead to sources that are not there', () => {
    const mapped = files.filter(
      (file) => file.endsWith('js') && readFileSync(join(installed, file)).includes('sourceMappingURL'),
    );
    expect(mapped).toEqual([]);
  });

  it('is the same bytes when it is packed again', () => {
    const again = join(folder, 'again');
    mkdirSync(again);
    // Built by itself, in a folder of another name.
    const tree = join(folder, 'tree');
    for (const part of [
      'bin',
      'docs',
      'man',
      'schema',
      'src',
      'package.json',
      'tsconfig.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'THIRD-PARTY.md',
    ]) {
      cpSync(join(ROOT, part), join(tree, part), { recursive: true });
    }
    cpSync(join(ROOT, 'native'), join(tree, 'native'), { recursive: true, filter: (path) => !path.includes('target') });
    symlinkSync(MODULES, join(tree, 'node_modules'));
    for (const part of ['browserPages.js', 'bundle.js']) must(process.execPath, [join(tree, 'bin', part)], tree);
    must('npm', ['pack', '--ignore-scripts', '--pack-destination', again], tree);
    const [tarball = ''] = readdirSync(again);
    expect(readFileSync(join(again, tarball)).equals(readFileSync(join(folder, tarball)))).toBe(true);
  });

  it('names only files that are there', () => {
    const named = [
      ...Object.values<string | Readonly<Record<string, string>>>(manifest.exports).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target),
      ),
      ...Object.values(manifest.bin),
      manifest.types,
    ];
    // Where Rust has no library for it, it is not built.
    const absent = wasmFile() === null ? ['./native/zfs-uber.wasm'] : [];
    const lacking = named.filter((file) => !existsSync(join(installed, file.replace('*', 'scan'))));
    expect(lacking).toEqual(absent);
  });
});

describe('a bundle of it', () => {
  /** Of a program that uses it, alone in a folder. */
  async function bundled(name: string, code: string, options: BuildOptions): Promise<string> {
    const outfile = join(folder, 'alone', name);
    await build({
      stdin: { contents: code, resolveDir: join(folder, 'consumer') },
      bundle: true,
      outfile,
      logLevel: 'error',
      ...options,
    });
    return outfile;
  }

  const SCAN =
    "import { scan } from 'zfs-uber'; scan(process.argv.slice(2), {}).then((it) => console.log(JSON.stringify(it)));";

  it.each([
    ['cjs', 'tool.cjs'],
    ['esm', 'tool.mjs'],
  ] as const)('runs alone in a folder, with neither manifest nor addon: %s', async (format, name) => {
    const images = await poolImages(pool('all-compressions'));
    const tool = await bundled(name, SCAN, { platform: 'node', format });
    const { stdout, stderr, status } = run(process.execPath, [tool, ...images], join(folder, 'alone'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      tool: { version: manifest.version, engine: 'node' },
      pools: [{ recommendation: { txg: expect.any(String) } }],
    });
  });

  const SURVEY = `
    import { memorySource, pureEngine, surveyDevice } from 'zfs-uber/parser';
    surveyDevice(memorySource(new Uint8Array(64 << 20), 'empty.img'), pureEngine).then((survey) => {
      globalThis.seen = survey.labels.map((label) => label.status).join();
    });`;

  /** What a page has, and nothing of Node. */
  async function inAPage(script: string): Promise<unknown> {
    const page = createContext({ TextDecoder, TextEncoder });
    runInContext(script, page);
    return vi.waitFor(() => {
      const seen: unknown = runInContext('globalThis.seen', page);
      if (seen === undefined) throw new Error('not yet');
      return seen;
    });
  }

  it('is made for browsers of the parser: esbuild', async () => {
    const script = await bundled('page.js', SURVEY, { platform: 'browser', format: 'iife' });
    expect(await inAPage(readFileSync(script, 'utf8'))).toBe('empty,empty,empty,empty');
  });

  it('is made for browsers of the parser: vite', async () => {
    const entry = join(folder, 'consumer', 'page.js');
    writeFileSync(entry, SURVEY);
    const made = await viteBuild({
      configFile: false,
      root: join(folder, 'consumer'),
      logLevel: 'error',
      build: { write: false, lib: { entry, formats: ['iife'], name: 'page' }, target: 'es2022' },
    });
    const [{ output }] = made as unknown as [{ output: { code: string }[] }];
    expect(await inAPage(output[0]?.code ?? '')).toBe('empty,empty,empty,empty');
  });
});
