import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { scan } from '../../src/api/scan.ts';
import { scanStatus } from '../../src/cli/exitStatus.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { MIB, vdi } from '../source/images/made.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'test-images', 'disk-images');
const image = (name: string) => imageIn(FOLDER, name);

/** What must not depend on the form of the file: all but names, kinds and what is done to see the disk. */
function essence(document: ScanDocument): unknown {
  return document.pools.map(({ candidates, findings, recommendation, waysOut: _ways, ...pool }) => ({
    name: pool.name,
    guid: pool.guid,
    candidates: candidates.map(({ txg, verdict, reasons }) => ({ txg, verdict, reasons })),
    findings: findings.map(({ code }) => code),
    txg: recommendation?.txg,
  }));
}

describe('a scan of a disk image', () => {
  it.each([
    'v2.qcow2',
    'zstd.qcow2',
    'extended.qcow2',
    'child.qcow2',
    'stream.vmdk',
    'delta.vmdk',
    'dynamic.vdi',
    'dynamic.vhd',
    'dynamic.vhdx',
    'pieces.001',
    'evidence.E01',
  ])('%s says what a scan of the raw disk says', async (name) => {
    for (const each of ['base.img', 'parent.vmdk', 'pieces.002', 'pieces.003', 'pieces.004']) await image(each);
    const raw = await scan([await image('late.img')], { depth: 'meta' });
    const document = await scan([await image(name)], { depth: 'meta' });
    expect(JSON.parse(JSON.stringify(essence(document), plain))).toEqual(
      JSON.parse(JSON.stringify(essence(raw), plain).replaceAll('late.img', name)),
    );
  });

  it('prints how the disk in it is seen before the import, and takes that away at the end', async () => {
    const path = await image('dynamic.vhdx');
    const { pools } = await scan([path], { depth: 'mos' });
    const lines = (pools[0]?.recommendation?.steps ?? []).flatMap((step) => step.lines);
    expect(lines[0]).toMatch(/^modprobe nbd/);
    expect(lines[1]).toBe(`qemu-nbd -r -f vhdx -c /dev/nbd0 ${path}`);
    expect(lines).toContain('qemu-nbd -d /dev/nbd0');
  });

  it('is made into a copy where QEMU writes nothing into it: an import that writes would hang', async () => {
    const path = await image('stream.vmdk');
    const { pools } = await scan([path], { depth: 'mos' });
    const lines = (pools[0]?.recommendation?.steps ?? []).flatMap((step) => step.lines);
    expect(lines[0]).toBe(`qemu-img convert -f vmdk -O raw ${path} /var/tmp/zu-d0.raw`);
    expect(lines.join()).not.toContain('qemu-nbd');
  });

  it('is given no line that shows another disk where QEMU reads no such image, but an overlay', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-differing-'));
    const late = readFileSync(await image('late.img'));
    const blocks = Array.from({ length: late.length / MIB }, (_, index) => index);
    writeFileSync(join(folder, '{04030201-0605-0807-090a-0b0c0d0e0f10}.vdi'), vdi(1, blocks, late));
    const path = join(folder, 'child.vdi');
    writeFileSync(path, vdi(4, Array(blocks.length).fill(null), new Uint8Array()));
    const { pools } = await scan([path], { depth: 'mos' });
    const [pool] = pools;
    expect(pool?.recommendation).toMatchObject({ commandReadOnly: [], commandReadWrite: [], steps: [] });
    const found = pool?.findings.filter(({ code }) => code === 'image-not-shown');
    const lines = [`zfs-uber overlay --as copy -o /var/tmp/zu-overlay ${path}`];
    expect(found).toMatchObject([{ severity: 'warning', steps: [{ kind: 'lay-overlay', lines }] }]);
    const whole = await scan([await image('child.qcow2')], { depth: 'mos' });
    expect(whole.pools[0]?.findings.map(({ code }) => code)).not.toContain('image-not-shown');
    rmSync(folder, { recursive: true });
  });

  it('with a map of what was read judges that, and says that the rest was never read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-rescued-'));
    const path = join(folder, 'disk.img');
    copyFileSync(await image('late.img'), path);
    // All between the labels is lost.
    writeFileSync(join(folder, 'disk.map'), '0x0 +\n0 0x400000 +\n0x400000 0x3A00000 -\n0x3E00000 0x200000 +\n');
    const { pools, sources } = await scan([path], { depth: 'meta' });
    expect(sources[0]?.madeOf).toEqual([join(folder, 'disk.map')]);
    expect(sources[0]?.unreadable?.map(({ code }) => code)).toContain('never-read');
    expect(pools[0]?.candidates.some(({ verdict }) => verdict === 'importable')).toBe(false);
    const codes = pools[0]?.findings.map(({ code }) => code);
    expect(codes).toContain('never-read');
    expect(codes).not.toContain('read-failed');
    rmSync(folder, { recursive: true });
  });

  it('that ddrescue had not come to the end of is as long as its map says, and so is the copy that is printed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-rescued-'));
    const path = join(folder, 'disk.img');
    copyFileSync(await image('late.img'), path);
    truncateSync(path, 0x3000000);
    writeFileSync(join(folder, 'disk.map'), '0x3000000 ? 1\n0 0x3000000 +\n0x3000000 0x1000000 ?\n');
    const document = await scan([path], { depth: 'meta' });
    const [source, pool] = [document.sources[0], document.pools[0]];
    expect(source?.sizeBytes).toBe(`${0x4000000}`);
    expect(source?.labels.map(({ status }) => status)).toEqual(['ok', 'ok', 'unreadable', 'unreadable']);
    const codes = pool?.findings.map(({ code }) => code);
    expect(codes).toContain('never-read');
    expect(codes).not.toContain('device-truncated');
    expect(scanStatus(document)).toBe(3);
    const copy = '/var/tmp/zu-d0.raw';
    expect(pool?.recommendation?.steps?.[0]?.lines).toEqual([
      `cp --sparse=always ${path} ${copy}; truncate -s ${0x4000000} ${copy}`,
    ]);
    rmSync(folder, { recursive: true });
  });

  it('of which a label was never read is judged by the others: in the copy zeros stand there, and no read fails', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-rescued-'));
    const path = join(folder, 'disk.img');
    copyFileSync(await image('late.img'), path);
    const raw = await scan([path], { depth: 'meta' });
    // The config of label 0, and nothing of its ring.
    writeFileSync(join(folder, 'disk.map'), '0x0 +\n0 0x4000 +\n0x4000 0x1000 -\n0x5000 0x3FFB000 +\n');
    const { pools, sources } = await scan([path], { depth: 'meta' });
    expect(sources[0]?.labels.map(({ status }) => status)).toEqual(['unreadable', 'ok', 'ok', 'ok']);
    const told = (all: typeof pools) => all[0]?.candidates.map(({ txg, verdict }) => [txg, verdict]);
    expect(told(pools)).toEqual(told(raw.pools));
    const codes = pools[0]?.findings.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining(['label-lost', 'never-read']));
    expect(codes).not.toContain('better-after-copy');
    rmSync(folder, { recursive: true });
  });
});

/** 64-bit values as decimal text. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
