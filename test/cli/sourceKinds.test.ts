import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { writeBundle } from '../../src/index.ts';
import { zfsUber } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

// Every kind of source goes through the program as it is built.

const IMAGES = join(import.meta.dirname, '..', '..', 'test-images', 'disk-images');
const KINDS = ['v2.qcow2', 'stream.vmdk', 'dynamic.vdi', 'dynamic.vhd', 'dynamic.vhdx', 'evidence.E01'];
let folder = '';
const sources: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-kinds-'));
  const bundle = join(folder, 'tank.bundle');
  await writeBundle(await poolImages(pool('torn-sector')), bundle);
  sources.push(bundle, ...(await Promise.all(KINDS.map((name) => imageIn(IMAGES, name)))));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([['labels'], ['ring'], ['scan', '--depth', 'labels']])(
  '%s of a bundle and of images of disks',
  {
    timeout: 120_000,
  },
  async (...command) => {
    const { status, stderr } = await zfsUber([...command, '--json', ...sources]);
    expect(stderr).toBe('');
    expect([0, 2, 3]).toContain(status);
  },
);
