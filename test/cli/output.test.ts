import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

// What is printed reaches its place whole, or the status is 4 and stderr says why.

let folder = '';
let images: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-output-'));
  images = await poolImages(pool('demo'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const VIEWS = ['datasets', 'snapshots', 'history', 'object mos 1', 'block 0:0:20000'];
const BOTH = ['scan', 'scan --depth labels', 'labels', 'ring', 'verify --txg 85', ...VIEWS];
const OUTPUTS = [
  ...BOTH.flatMap((command) => [command, `${command} --json`]),
  'scan --json-lines',
  ...['jsonl', 'bodyfile', 'l2tcsv'].map((format) => `scan --timeline ${format}`),
  'block --raw 0:0:20000',
];

describe.each(OUTPUTS)('%s', (command) => {
  it('says with status 4 that a full device takes nothing', async () => {
    const { status, stderr } = await shell(`$Z ${command} "$@" > /dev/full`, images);
    expect(stderr).toContain('zfs-uber: the output could not be written whole: ENOSPC');
    expect(status).toBe(4);
  });
});

/** One of each way to write: a text or document at once, parts, lines, bytes. */
describe.each([
  'scan --json',
  'labels',
  'history',
  'history --json',
  'scan --json-lines',
  'scan --timeline l2tcsv',
  'block --raw 0:0:20000',
])('%s', (command) => {
  it('says with status 4 that a file takes only its beginning', async () => {
    // As on a full filesystem the system writes what there is room for, says so, and fails the next time.
    const file = join(folder, 'cut');
    const line = `trap '' XFSZ; : > "$OUT"; ulimit -f 1; $Z ${command} "$@" > "$OUT"`;
    const { status, stderr } = await shell(line, images, { OUT: file });
    expect(stderr).toMatch(/zfs-uber: the output could not be written whole: EFBIG/);
    expect(statSync(file).size).toBe(1024);
    expect(status).toBe(4);
  });

  it('says nothing when its reader goes away', async () => {
    const { stderr, stdout } = await shell(`$Z ${command} "$@" | true; echo "\${PIPESTATUS[0]}"`, images);
    expect(stderr).toBe('');
    expect(stdout).toBe('0\n');
  });

  it('writes the same to a file as to a pipe', async () => {
    const file = join(folder, 'whole');
    await shell(`$Z ${command} "$@" > "$OUT"; $Z ${command} "$@" | cat > "$OUT.piped"`, images, { OUT: file });
    expect(readFileSync(file).equals(readFileSync(`${file}.piped`))).toBe(true);
    expect(statSync(file).size).toBeGreaterThan(1024);
  });
});

it.each(['--help', 'scan --help', '--version'])(
  '%s says with status 4 that a full device takes nothing',
  async (args) => {
    const { status, stderr } = await shell(`$Z ${args} > /dev/full`);
    expect(stderr).toContain('zfs-uber: the output could not be written whole: ENOSPC');
    expect(status).toBe(4);
  },
);

describe('surroundings that are not as usual', () => {
  it.each([
    ['stdin closed', '$Z scan "$@" <&-'],
    ['stdout closed', '$Z scan "$@" >&-'],
    ['stderr closed', '$Z scan --progress "$@" 2>&-'],
    ['all of them closed', '$Z scan --json "$@" <&- >&- 2>&-'],
    ['stderr full', '$Z scan --progress "$@" 2>/dev/full'],
    ['no variables at all', 'env -i $Z scan "$@"'],
    ['a terminal that is dumb', 'TERM=dumb FORCE_COLOR= $Z scan "$@"'],
    ['columns beyond reason', 'COLUMNS=99999999999 $Z scan "$@"'],
    ['columns that are none', 'COLUMNS=-1 $Z scan "$@"'],
    ['a locale without Unicode', 'LANG=C LC_ALL=C $Z scan "$@"'],
    ['a locale that there is not', 'LANG=x_X.UTF-99 $Z scan "$@"'],
    ['a working directory that is gone', 'd=$(mktemp -d); cd "$d"; rmdir "$d"; $Z scan "$@"'],
    ['a pager that reads nothing', '$Z scan "$@" | sleep 0; exit $PIPESTATUS'],
  ])('%s keeps nothing from being found', async (_, line) => {
    const { status, signal, stderr } = await shell(line, images);
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  });
});
