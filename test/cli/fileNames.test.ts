import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { shell } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

// Names that Node's text cannot hold, and names that look like something else.

let folder = '';
/** The bytes of a name as $'...' of bash takes them. */
const RAW = 'a\\377 \\200\\303\\251.img';
let usable = true;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-names-'));
  const [image = ''] = await poolImages(pool('torn-sector'));
  mkdirSync(join(folder, 'raw'));
  mkdirSync(join(folder, 'odd'));
  const raw = Buffer.concat([
    Buffer.from(`${folder}/raw/a`),
    Buffer.from([0xff, 0x20, 0x80, 0xc3, 0xa9]),
    Buffer.from('.img'),
  ]);
  try {
    cpSync(image, join(folder, 'odd', '-x.img'));
    // A filesystem may take nothing but UTF-8.
    const { copyFileSync } = await import('node:fs');
    copyFileSync(image, raw);
  } catch {
    usable = readdirSync(join(folder, 'raw')).length > 0;
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(process.platform === 'linux')('a file whose name is no UTF-8', () => {
  const WAYS = [
    ['in a directory', '"$1/raw"'],
    ['named itself', `"$1/raw/"$'${RAW}'`],
    ['as a slice', `"$1/raw/"$'${RAW}'@0`],
  ] as const;

  it.each(WAYS)('is opened %s, told escaped, with its bytes', async (_, spec) => {
    if (!usable) return;
    const { status, stdout } = await shell(`$Z scan --json --depth labels ${spec}`, [folder]);
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/\\ud[89c-f]/i);
    const { sources, pools } = JSON.parse(stdout) as ScanDocument;
    expect(sources[0]?.path).toBe(`${folder}/raw/a\\xff \\x80é.img`);
    expect(sources[0]?.pathBytes).toBe(`${Buffer.from(`${folder}/raw/a`).toString('hex')}ff2080c3a92e696d67`);
    expect(pools).toHaveLength(1);
  });

  it.each(['scan', 'labels', 'ring', 'verify --txg 94', 'datasets', 'history', 'object mos 1', 'block 0:0:1000'])(
    'is read by every command: %s',
    async (command) => {
      if (!usable) return;
      const { status, stdout, stderr } = await shell(`$Z ${command} "$1/raw"`, [folder]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).not.toMatch(/\ufffd/);
    },
  );

  it('goes into the lines to be typed as its very bytes', async () => {
    if (!usable) return;
    const { stdout } = await shell('$Z scan "$1/raw"', [folder]);
    expect(stdout).toContain(`raw/a\\377 \\200\\303\\251.img'`);
  });

  it('that is not there is told escaped', async () => {
    const { status, stdout } = await shell(`$Z labels "$1/"$'none\\376'`, [folder]);
    expect(status).toBe(3);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/none\\xfe @ 0x0: ENOENT/);
  });
});

describe('a file whose name begins with a dash', () => {
  it('is no option where it is found in a directory, or given behind --', async () => {
    for (const line of [
      '$Z labels --json "$1/odd"',
      'cd "$1/odd"; $Z labels --json .',
      'cd "$1/odd"; $Z labels --json -- -x.img',
    ]) {
      const { status, stdout } = await shell(line, [folder]);
      expect(status).toBe(0);
      expect(JSON.parse(stdout).sources).toHaveLength(1);
    }
  });
});
