import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overlay } from '../../src/api/overlay.ts';
import { UsageError } from '../../src/bytes/errors.ts';
import { scan } from '../../src/index.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { findPartitions } from '../../src/source/partitions.ts';
import { flattenQcow2 } from '../tools/flattenQcow2.ts';
import { gptDisk, PARTITION_AT } from '../tools/gptDisk.ts';
import { pool, poolImages } from '../tools/images.ts';

const TABLE_BYTES = 34 * 512;
let room = '';
let image = '';
beforeAll(async () => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-overlay-of-disk-'));
  // Its leaf is a disk.
  [image = ''] = await poolImages(pool('demo'));
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** The pool in a partition, with zeros over some of the disk. */
async function diskLacking(name: string, lost: (size: number) => readonly (readonly [at: number, length: number])[]) {
  const path = join(room, name);
  await gptDisk(image, path);
  const { length } = readFileSync(path);
  const file = openSync(path, 'r+');
  for (const [at, size] of lost(length)) writeSync(file, new Uint8Array(size), 0, size, at);
  return path;
}

async function expectTable(bytes: Uint8Array): Promise<void> {
  const { partitions, troubles } = await findPartitions(memorySource(bytes));
  expect(troubles).toEqual([]);
  expect(partitions).toMatchObject([{ offset: PARTITION_AT, from: 'primary', hidden: null }]);
}

/** Nothing but what the manifest lists differs. */
function expectOnlyRegions(disk: Uint8Array, flat: Uint8Array, regions: readonly Region[]): void {
  const rest = Buffer.from(flat);
  for (const { offsetBytes, lengthBytes } of regions) {
    const [at, length] = [Number(offsetBytes), Number(lengthBytes)];
    rest.set(disk.subarray(at, at + length), at);
  }
  expect(Buffer.compare(rest, disk)).toBe(0);
}

/** What import.sh runs, with programs in the place of the system's that say how they were called. */
function scriptRun(output: string) {
  const programs = join(room, 'programs');
  const calls = join(room, 'calls');
  mkdirSync(programs, { recursive: true });
  const told = (name: string) => `echo "${name} $*" >> '${calls}'\n`;
  const losetup = `#!/bin/sh\n${told('losetup')}echo "/dev/fake$(grep -c . '${calls}')"\n`;
  writeFileSync(join(programs, 'losetup'), losetup, { mode: 0o755 });
  writeFileSync(join(programs, 'zpool'), `#!/bin/sh\n${told('zpool')}`, { mode: 0o755 });
  const run = (verb: string): string[] => {
    const before = existsSync(calls) ? readFileSync(calls, 'utf8').length : 0;
    const env = { PATH: `${programs}:/usr/bin:/bin` };
    execFileSync('sh', [join(output, 'import.sh'), verb], { env, stdio: 'pipe' });
    return readFileSync(calls, 'utf8').slice(before).trim().split('\n');
  };
  const attached = [...run('attach'), ...run('read-only')];
  return { attached, detached: run('detach'), left: existsSync(join(output, 'shown')) };
}
type Region = { readonly offsetBytes: string; readonly lengthBytes: string };

describe('the overlay of a whole disk', () => {
  it('has the table of the backup where the primary is gone, and else what the overlay of the partition has', async () => {
    const path = await diskLacking('front.img', () => [[0, TABLE_BYTES]]);
    const output = join(room, 'front');
    const { devices, answer, txg } = await overlay([path], { output, restoreGpt: 'auto' });
    const alone = await overlay([path], { txg: BigInt(txg ?? 0) });
    expect(answer).toBe('loads');
    const [device] = devices;
    const regions = device?.regions ?? [];
    expect(device).toMatchObject({ vdevOffsetBytes: `${PARTITION_AT}` });
    expect(regions.slice(0, 2).map(({ why }) => why)).toEqual(['boot-record', 'gpt-restored']);
    expect(regions.slice(2).map(({ offsetBytes, sha256After }) => [Number(offsetBytes), sha256After])).toEqual(
      alone.devices[0]?.regions.map((each) => [Number(each.offsetBytes) + PARTITION_AT, each.sha256After]),
    );
    const disk = readFileSync(path);
    const flat = flattenQcow2(readFileSync(join(output, device?.file ?? '')), disk);
    await expectTable(flat);
    expectOnlyRegions(disk, flat, regions);
    const script = readFileSync(join(output, 'import.sh'), 'utf8');
    expect(script).toContain(`losetup -f --show -o ${PARTITION_AT} --sizelimit`);
    expect(script).toContain('-d "$here/shown/d0-vdev"');
    execFileSync('sh', ['-n', join(output, 'import.sh')]);
  });

  it('has a table made for the vdev where none is left, once the size of sectors is said', async () => {
    const path = await diskLacking('both.img', (size) => [
      [0, TABLE_BYTES],
      [size - TABLE_BYTES, TABLE_BYTES],
    ]);
    const output = join(room, 'both');
    const { devices, txg } = await overlay([path], { output, as: 'copy', restoreGpt: '512' });
    const { refusal } = await overlay([path], { txg: BigInt(txg ?? 0), restoreGpt: 'auto' });
    expect(refusal).toMatchObject({ code: 'gpt-not-restored' });
    expect(refusal?.message).toContain('--restore-gpt 512');
    expect(devices[0]?.regions.map(({ why }) => why)).toContain('gpt-made');
    const copy = readFileSync(join(output, 'd0.img'));
    await expectTable(copy);
    expectOnlyRegions(readFileSync(path), copy, devices[0]?.regions ?? []);
    const { attached, detached, left } = scriptRun(output);
    const size = Number(devices[0]?.sizeBytes) - PARTITION_AT - TABLE_BYTES;
    expect(attached).toEqual([
      `losetup -f --show ${output}/d0.img`,
      `losetup -f --show -o ${PARTITION_AT} --sizelimit ${size} ${output}/shown/d0`,
      expect.stringContaining(`zpool import -d ${output}/shown/d0-vdev -o`),
    ]);
    expect(detached).toEqual(['losetup -d /dev/fake2', 'losetup -d /dev/fake1']);
    expect(left).toBe(false);
    const { sources } = await scan([join(output, 'd0.img')], { depth: 'labels' });
    expect(sources).toMatchObject([{ kind: 'gpt', offsetBytes: `${PARTITION_AT}` }]);
  });

  it('is not made of a disk whose table counts', async () => {
    const path = await diskLacking('whole.img', () => []);
    await expect(overlay([path], { restoreGpt: 'auto' })).rejects.toThrow(UsageError);
  });
});
