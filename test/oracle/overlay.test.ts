import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPools } from '../../src/api/openPool.ts';
import { overlay } from '../../src/api/overlay.ts';
import { isUsable } from '../../src/document/overlayDocument.ts';
import { flattenQcow2 } from '../tools/flattenQcow2.ts';
import { pool, poolImages, pools } from '../tools/images.ts';
import { ZDB } from '../tools/zdb.ts';

const QEMU_IMG = ['/usr/bin/qemu-img', '/usr/local/bin/qemu-img'].find((path) => existsSync(path)) ?? null;
/** Every txg instead of one a pool. */
const ALL = process.env['ZFS_UBER_OVERLAY_ALL'] === '1';

const MOST_COPIED = 4 * 1024 ** 3;

let room = '';
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-oracle-'));
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** Txgs that the kernel imported read-write, and that the rings given still hold. */
async function importable(name: string): Promise<bigint[]> {
  const { truth } = pool(name);
  const opened = await openPools(await poolImages(pool(name)));
  const held = new Set(opened.pools.flatMap(({ txgs }) => txgs));
  await opened.close();
  const found = Object.entries(truth.answers.rw)
    .filter(([txg, { rc, used }]) => rc === 0 && `${used}` === txg && held.has(BigInt(txg) as never))
    .map(([txg]) => BigInt(txg))
    .sort((a, b) => (a < b ? 1 : -1));
  return ALL ? found : found.slice(found.length >> 1).slice(0, 1);
}

/** Txg of the uberblock that a plain open of the pool in a folder takes. */
function openedBy(zdb: string, folder: string, guid: string): string | null {
  const text = execFileSync(zdb, ['-e', '-p', folder, '-u', guid], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return /\ttxg = (\d+)/.exec(text)?.[1] ?? null;
}

describe('zdb -e -u, without -t, opens the copies of a pool at the txg that was chosen', () => {
  it.for(pools().map(({ name }) => [name] as const))('%s', async ([name], { skip }) => {
    if (ZDB === null) return skip('no zdb');
    const txgs = await importable(name);
    if (txgs.length === 0) return skip('no txg of it imports read-write');
    const images = await poolImages(pool(name));
    // Every byte of a source is read for its copy, holes too.
    if (images.some((image) => statSync(image).size > MOST_COPIED)) return skip('too long to copy');
    for (const txg of txgs) {
      const output = join(room, `${name}-${txg}`);
      const made = await overlay(images, { txg, as: 'copy', output });
      expect(made.refusal, `txg ${txg}`).toBeNull();
      expect(made.answer !== null && isUsable(made.answer)).toBe(true);
      expect(openedBy(ZDB, output, made.pool?.guid ?? '')).toBe(txg.toString());
      rmSync(output, { recursive: true });
    }
  });
});

describe('qemu-img finds the overlay of a pool sound, and the same as a patched copy', () => {
  it.for(['lying-mirror-both', 'raidz2-two-missing', 'lying-ashift9'].map((name) => [name] as const))(
    '%s',
    async ([name], { skip }) => {
      if (QEMU_IMG === null) return skip('no qemu-img');
      const images = await poolImages(pool(name));
      const [qcow2, copy] = [join(room, `${name}-qcow2`), join(room, `${name}-copy`)];
      await overlay(images, { output: qcow2 });
      await overlay(images, { as: 'copy', output: copy });
      const files = readdirSync(qcow2).filter((each) => each.endsWith('.qcow2'));
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        const [over, raw] = [join(qcow2, file), join(copy, file.replace('.qcow2', '.img'))];
        execFileSync(QEMU_IMG, ['check', '-q', over]);
        execFileSync(QEMU_IMG, ['compare', '-q', over, raw]);
        const { 'full-backing-filename': below = '' } = JSON.parse(
          execFileSync(QEMU_IMG, ['info', '--output=json', over], { encoding: 'utf8' }),
        ) as { 'full-backing-filename'?: string };
        expect(Buffer.compare(flattenQcow2(readFileSync(over), readFileSync(below)), readFileSync(raw))).toBe(0);
      }
    },
  );
});
