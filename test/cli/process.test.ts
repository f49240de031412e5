import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { CACHE } from '../../bin/images.js';

// The command as a process: streams, status, what it loads. Bundled as bin/develop.js does it.

const OUT = join(dirname(CACHE), 'zfs-uber-cli-test');
const PROGRAM = join(OUT, 'program.mjs');

beforeAll(async () => {
  await build({
    entryPoints: { cli: join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts') },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    outdir: OUT,
    logLevel: 'silent',
  });
  writeFileSync(PROGRAM, "import { run } from './cli.js';\nawait run();\n");
});

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
const shell = (line: string): SpawnSyncReturns<string> => spawnSync('bash', ['-c', line], { encoding: 'utf8' });
const program = quoted([process.execPath, PROGRAM]);

describe('the command', () => {
  it('answers a missing file with status 3, the message in the report and one document with --json', () => {
    const { status, stdout, stderr } = shell(`${program} scan --json /does/not/exist`);
    expect(status).toBe(3);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'zfs-uber/scan/1', sources: [{ error: { code: 'ENOENT' } }] });
  });

  it('says nothing when its reader goes away', () => {
    const { stderr, stdout } = shell(`${program} scan --help | head -1; echo "\${PIPESTATUS[0]}"`);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/\n0\n$/);
  });

  it('tells of a report that could not be written', () => {
    const { stderr, status } = shell(`${program} scan --help > /dev/full`);
    expect(stderr).toContain('zfs-uber: the output could not be written whole');
    expect(status).toBe(4);
  });

  it('loads neither yargs nor chalk to do its work', () => {
    const loaded = (args: string) => shell(`NODE_DEBUG=esm ${program} ${args}`).stderr;
    expect(loaded('labels /does/not/exist')).not.toMatch(/node_modules\/(yargs|chalk)\//);
    // What shows that this test would notice.
    expect(loaded('--help')).toMatch(/node_modules\/yargs\//);
  });
});
