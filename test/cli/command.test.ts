import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { scan } from '../../src/api/scan.ts';
import { wasmFile } from '../../src/node/wasmFile.ts';
import { shell, zfsUber } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

// The command as it is installed: usage, streams, width, colour.

// A build may have to come first, and each run starts a process or three.
let images: string[] = [];
let folder = '';

beforeAll(async () => {
  images = await poolImages(pool('demo'));
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-command-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LABELS = ['--depth', 'labels'] as const;

describe('wrong usage', () => {
  it.each([
    [[], 'no command given'],
    [['scna', 'x'], "unknown command 'scna'"],
    [['labels'], 'no SOURCE given'],
    [['scan', 'x', '--dpeth', 'mos'], 'unknown option --dpeth'],
    [['scan', 'x', '--depth', 'deep'], "expected labels, mos, meta, data; found 'deep'"],
    [['scan', 'x', '--depth'], '--depth needs a value'],
    [['scan', 'x', '--min-txg', '9', '--max-txg', '8'], '--min-txg 9 is above --max-txg 8'],
    [['scan', 'x', '--min-txg', '-3'], '--min-txg'],
    [['ring', 'x', '--pool', 'tank'], 'unknown option --pool'],
    [['scan', '\x1b[31mx\u202e', '--\x1b[2J'], 'unknown option'],
  ])('%j ends with status 2, one line that says so and one that helps', async (args, message) => {
    const { status, stdout, stderr } = await zfsUber(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/^zfs-uber: .*\nTry 'zfs-uber .*--help'\.\n$/);
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('with an engine that there is not ends with status 2', async () => {
    const { status, stderr } = await zfsUber(['scan', 'x'], { env: { ZFS_UBER_ENGINE: 'fast' } });
    expect(status).toBe(2);
    expect(stderr).toContain('expected pure, node, wasm or native');
  });
});

describe('streams', () => {
  it('end quietly when the reader goes away', async () => {
    const { stdout, stderr, status } = await shell('$Z scan --depth labels --json "$@" | head -1; exit $PIPESTATUS', [
      ...images,
    ]);
    expect({ stdout, stderr, status }).toEqual({ stdout: '{\n', stderr: '', status: 0 });
  });

  it('get no colour in a file, and colour where it is asked for', async () => {
    const out = join(folder, 'report.txt');
    await shell('$Z scan --depth labels "$@" > "$OUT"', images, { OUT: out });
    const plain = readFileSync(out, 'utf8');
    expect(plain).toMatch(/^tank /);
    expect(plain).not.toContain('\x1b');
    const { stdout } = await zfsUber(['scan', ...LABELS, ...images], { env: { FORCE_COLOR: '1' } });
    expect(stdout).toContain('\x1b[');
    const { stdout: refused } = await zfsUber(['scan', ...LABELS, '--no-color', ...images], {
      env: { FORCE_COLOR: '1' },
    });
    expect(refused).not.toContain('\x1b');
  });

  it('carry one document and nothing else with --json', async () => {
    const whole = await zfsUber(['scan', ...LABELS, '--json', '--progress', ...images]);
    expect(JSON.parse(whole.stdout)).toMatchObject({ schema: 'zfs-uber/scan/1', pools: [{ name: 'tank' }] });
    for (const command of ['labels', 'ring']) {
      const { stdout, stderr, status } = await zfsUber([command, '--json', ...images]);
      expect(JSON.parse(stdout)).toMatchObject({ schema: `zfs-uber/${command}/1` });
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    }
  });

  it('say the same whichever engine computes', async () => {
    const answers = await Promise.all(
      ['pure', 'node', ...(wasmFile() === null ? [] : ['wasm']), ''].map((engine) =>
        zfsUber(['scan', '--depth', 'mos', '--json', ...images], { env: { ZFS_UBER_ENGINE: engine } }),
      ),
    );
    const [pure, ...others] = answers.map(({ stdout }) => ({ ...(JSON.parse(stdout) as object), tool: null }));
    for (const other of others) expect(other).toEqual(pure);
  });
});

describe('an address with a signature in it', () => {
  it('is in no bundle and no page, although both tell how they were made', async () => {
    const secret = 'http://127.0.0.1:1/disk.img?signature=5ecret';
    const [bundle, page] = [join(folder, 'secret.bundle'), join(folder, 'secret.html')];
    await zfsUber(['bundle', '-o', bundle, secret, ...images]);
    const { stdout } = await zfsUber(['bundle', '--check', '--json', bundle]);
    expect(stdout).toContain('http://127.0.0.1:1/disk.img?...');
    expect(stdout).not.toContain('5ecret');
    await zfsUber(['scan', ...LABELS, '--html', page, secret, ...images]);
    expect(readFileSync(page, 'utf8')).not.toContain('5ecret');
  });
});

describe('sources of every kind', () => {
  it('are taken by their labels alone', async () => {
    const image = await imageIn(join(import.meta.dirname, '..', '..', 'test-images', 'disk-images'), 'v2.qcow2');
    const bundle = join(folder, 'pool.bundle');
    expect((await zfsUber(['bundle', '-o', bundle, ...images])).status).toBe(0);
    for (const source of [image, bundle]) {
      const { stdout, status } = await zfsUber(['scan', ...LABELS, source]);
      expect([source, status, /^tank /m.test(stdout)]).toEqual([source, 0, true]);
    }
    const { stdout, status } = await zfsUber(['scan', ...LABELS, 'nbd://127.0.0.1:1/']);
    expect([status, stdout]).toEqual([3, expect.stringContaining('ECONNREFUSED')]);
  });

  it('get the answer that the library gives', async () => {
    for (const depth of ['labels', 'mos'] as const) {
      const { stdout } = await zfsUber(['scan', '--depth', depth, '--json', ...images]);
      expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(await scan(images, { depth }))));
    }
  });
});

/** What is seen in the end: without colour, and without progress, which is written over. */
const seen = (output: string): string =>
  output
    .split('\x1b')
    .map((part, i) => (i === 0 ? part : part.replace(/^\[[0-9;]*[mK]/, '')))
    .join('')
    .replaceAll('\r\n', '\n')
    .replace(/^.*\r/gm, '');

/** All lines of a document that are made for a shell, and its commands as such lines. */
function shellLines(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return SHELL_LINES.has(name) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value) && name.startsWith('command')) return [value.join(' ')];
  return Object.entries(value).flatMap(([key, each]) => shellLines(each, Array.isArray(value) ? name : key));
}
const SHELL_LINES = new Set([
  'lines',
  'copies',
  'deviceMapper',
  'deviceMapperLoop',
  'undo',
  'qemu',
  'freebsd',
  'attach',
]);

const hasScript = (await shell('command -v script')).status === 0;

describe.skipIf(!hasScript)('a terminal', () => {
  beforeAll(() => {
    // Short names, so that no line is long for its path alone.
    for (const [i, image] of images.entries()) symlinkSync(image, join(folder, `d${i}`));
  });

  const onTerminal = async (columns: number, command: string, variables = '') => {
    const line = `cd "$FOLDER"; stty cols ${columns} rows 50; ${variables} $Z ${command}`;
    const env = { TERM: 'xterm-256color', FOLDER: folder };
    return (await shell(`script -qec "$LINE" /dev/null < /dev/null`, [], env, { LINE: line })).stdout;
  };

  it.each([
    [40, 'scan --depth labels'],
    [40, 'scan'],
    [40, 'ring'],
    [40, 'labels'],
    [80, 'scan'],
    [80, 'ring'],
    [120, 'scan'],
  ])('of %i columns is not passed by %s', async (columns, command) => {
    const output = await onTerminal(columns, `${command} d0 d1`);
    expect(output).toContain('\x1b[');
    const lines = shellLines(
      JSON.parse((await shell('cd "$FOLDER"; $Z scan --json d0 d1', [], { FOLDER: folder })).stdout),
    );
    for (const line of seen(output).split('\n')) {
      // To be copied whole.
      if (!lines.some((each) => line.endsWith(each))) expect([...line].length, line).toBeLessThanOrEqual(columns);
    }
  });

  it('shows the same answer on a narrow page as on a wide one', async () => {
    // On the narrow one the answer ends the report once more.
    const commands = (output: string) => new Set(seen(output).match(/zpool import .*/g));
    expect(commands(await onTerminal(40, 'scan d0 d1'))).toEqual(commands(await onTerminal(120, 'scan d0 d1')));
  });

  it.each(['NO_COLOR=1', 'TERM=dumb'])('gets no colour with %s', async (variable) => {
    const output = await onTerminal(80, 'scan --depth labels d0 d1', variable);
    expect(output).toContain('tank');
    expect(output).not.toContain('\x1b');
  });
});
