import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, COMMAND } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

const FAILING_READS = join(import.meta.dirname, '..', 'tools', 'failingReads.js');
let images: string[] = [];

beforeAll(async () => {
  await built();
  images = await poolImages(pool('healthy-single'));
});

function run(command: readonly string[], faults: Readonly<Record<string, string>>) {
  const { PATH = '' } = process.env;
  const args = ['--import', FAILING_READS, COMMAND, ...command, ...images];
  const env = { PATH, LANG: 'C.UTF-8', ...faults };
  const { status, stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  // Lines are broken where the page ends.
  return { status, text: stdout.replaceAll(/\s+/g, ' ') };
}

const DATA = { FAIL_FROM: `${4 * 1024 * 1024}`, FAIL_TO: `${62 * 1024 * 1024}` };
const CONFIG = { FAIL_FROM: `${256 * 1024 + 32768}`, FAIL_TO: `${256 * 1024 + 33280}` };

describe('the command, where reads fail', () => {
  it('says of a scan from where it cannot be read, and to copy the device; nothing of a checksum or a flush', () => {
    const { status, text } = run(['scan'], DATA);
    expect(status).toBe(3);
    expect(text).toMatch(/txg 79: the root block \(.*?\) cannot be read from \S+d0\.img \(EIO at offset 0x6f0000/);
    expect(text).toContain('ddrescue');
    expect(text).not.toMatch(/checksum|flush|overwritten/);
  });

  it('says of a device that goes away that nothing is known, and to import nothing', () => {
    const { status, text } = run(['scan'], { FAIL_SINCE: '24', FAIL_CODE: 'ENXIO' });
    expect(status).toBe(3);
    expect(text).toContain('Not known whether it imports: a device stopped answering while it was read');
    expect(text).toContain('Import nothing.');
    expect(text).not.toMatch(/zpool import -d|flush|overwritten/);
  });

  it.each([['scan'], ['labels'], ['ring'], ['verify', '--txg', '79'], ['history'], ['datasets'], ['snapshots']])(
    'ends %s with status 3 where a sector of a label cannot be read',
    (...command) => {
      expect(run(command, CONFIG).status).toBe(3);
    },
  );
});
