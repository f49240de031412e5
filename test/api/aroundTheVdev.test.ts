import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { copyFile, open, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importPlaces } from '../../src/api/importPlace.ts';
import { scan } from '../../src/api/scan.ts';
import { scanStatus } from '../../src/cli/exitStatus.ts';
import type { FindingEntry } from '../../src/document/parts.types.ts';
import { FILE_HOST, type FileHost } from '../../src/node/fileHost.ts';
import { handlePool } from '../../src/node/handlePool.ts';
import { openSources } from '../../src/node/openSources.ts';
import { gptDisk, PARTITION_AT } from '../tools/gptDisk.ts';
import { pool, poolImages } from '../tools/images.ts';

const MIB = 1024 * 1024;

let folder = '';
let disk = '';
let image = '';
let size = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-around-'));
  [image = ''] = await poolImages(pool('demo'));
  ({ size } = statSync(image));
  disk = join(folder, 'disk.img');
  await gptDisk(image, disk);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy with bytes written to it. */
async function damaged(of: string, name: string, offset: number, bytes: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await copyFile(of, path);
  const file = await open(path, 'r+');
  await file.write(
    typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes),
    0,
    bytes.length,
    offset,
  );
  await file.close();
  return path;
}

const linesOf = (findings: readonly FindingEntry[]) =>
  findings.flatMap(({ steps = [] }) => steps.flatMap(({ lines }) => lines));
const findingsOf = ({ pools, findings }: Awaited<ReturnType<typeof scan>>) => [
  ...pools.flatMap((each) => each.findings),
  ...findings,
];

describe('a partition that Linux makes no device of', () => {
  it('is nothing to tell of while the table is whole', async () => {
    const document = await scan([disk], { depth: 'mos' });
    expect(document.sources[0]).toMatchObject({ kind: 'gpt', offsetBytes: `${PARTITION_AT}` });
    expect(document.sources[0]?.hidden).toBeUndefined();
    expect(findingsOf(document).map(({ code }) => code)).not.toContain('partition-hidden');
  });

  it.each<[string, string, number, Uint8Array]>([
    ['boot-signature', 'sector 0 is zeroed', 0, new Uint8Array(512)],
    ['header-crc', 'the primary header is damaged', 512 + 60, Uint8Array.of(1, 2, 3)],
    ['no-primary', 'the primary table is zeroed', 512, new Uint8Array(33 * 512)],
  ])('%s: is told of and shown first where %s', async (reason, _, offset, bytes) => {
    const path = await damaged(disk, `${reason}.img`, offset, bytes);
    const document = await scan([path], { depth: 'mos' });
    expect(document.sources[0]).toMatchObject({ kind: 'gpt', hidden: reason });
    const line = `ln -s "$(losetup -r -f --show -o ${PARTITION_AT} --sizelimit ${size} ${path})" /run/zu-d0`;
    const copy = '/var/tmp/zu-d0-disk';
    const repair = [`cp --sparse=always --reflink=auto ${path} ${copy}`, `sgdisk -v ${copy}`, `sgdisk -e ${copy}`];
    const steps = [
      { kind: 'show-read-only', lines: [line] },
      { kind: 'repair-table', lines: repair },
    ];
    expect(findingsOf(document)).toContainEqual(
      expect.objectContaining({ code: 'partition-hidden', severity: 'error', steps }),
    );
  });

  it('is not where zpool looks on a block device, and is where its table counts', async () => {
    const path = await damaged(disk, 'place.img', 0, new Uint8Array(512));
    for (const [of, place] of [
      [disk, { path: `${disk}1`, part: null }],
      [path, { path, part: { start: PARTITION_AT, size } }],
    ] as const) {
      const [opened] = await openSources([of]);
      if (opened?.disk == null) throw new Error('the disk did not open');
      const asBlock = { ...opened, disk: { ...opened.disk, block: true } };
      expect(importPlaces([asBlock]).get(asBlock)).toMatchObject({ ...place, kind: 'block' });
      await opened.close();
    }
  });
});

describe('a partition of a block device', () => {
  /** The image as the block device 8:0, of which /sys lists these partitions: number and first byte. */
  function hostWith(partitions: Readonly<Record<string, readonly [number: number, start: number]>>): FileHost {
    const base = '/sys/dev/block/8:0';
    const texts = new Map([[`${base}/queue/logical_block_size`, '512']]);
    for (const [name, [number, start]] of Object.entries(partitions)) {
      texts.set(`${base}/${name}/partition`, `${number}\n`);
      texts.set(`${base}/${name}/start`, `${start / 512}\n`);
    }
    const none = () => Promise.reject(Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open' }));
    return {
      ...FILE_HOST,
      stat: async (path) => {
        const { dev, ino, size: bytes } = await FILE_HOST.stat(path);
        texts.set(`${base}/size`, `${bytes / 512n}`);
        const no = () => false;
        const is = { isFile: no, isDirectory: no, isBlockDevice: () => true, isCharacterDevice: no };
        return { dev, ino, rdev: 0x800n, size: 0n, ...is, isFIFO: no, isSocket: no };
      },
      list: async () => ['queue', 'size', ...Object.keys(partitions)],
      readText: async (path) => texts.get(path) ?? none(),
    };
  }
  const partitionOf = async (of: string, host: FileHost) => {
    const opened = await openSources([of], { pool: handlePool(host) });
    await Promise.all(opened.map((each) => each.close()));
    return opened[0]?.partition;
  };

  it('is hidden where the kernel has not looked at a table that counts', async () => {
    expect(await partitionOf(disk, hostWith({}))).toMatchObject({ index: 1, hidden: 'no-device' });
    expect(await partitionOf(disk, hostWith({ sda1: [1, PARTITION_AT] }))).toMatchObject({ index: 1, hidden: null });
  });

  it('is not called hidden on a device of the device mapper, where kpartx makes the partitions', async () => {
    const host = hostWith({});
    const mapped = { ...host, list: async () => ['dm', 'queue', 'size'] };
    expect(await partitionOf(disk, mapped)).toMatchObject({ index: 1, hidden: null });
  });

  it('is not hidden where the kernel was told of it although its table does not count', async () => {
    const path = await damaged(disk, 'told.img', 0, new Uint8Array(512));
    expect(await partitionOf(path, hostWith({}))).toMatchObject({ hidden: 'boot-signature' });
    expect(await partitionOf(path, hostWith({ sda4: [4, PARTITION_AT] }))).toMatchObject({ index: 4, hidden: null });
  });
});

describe('a foreign signature', () => {
  it.each<[string, string, number, string]>([
    ['LVM', 'in front of label 0', 512, `LABELONE${'\0'.repeat(16)}LVM2 001`],
    ['Btrfs', 'over label 0', 0x10040, '_BHRfS_M'],
    ['GPT', 'in front of label 0', 512, 'EFI PART\0\0\x01\0'],
    ['DDF', 'over labels 2 and 3', -512, '\xde\x11\xde\x11'],
  ])('of %s is named with its place, %s, and with what frees the device', async (name, where, offset, bytes) => {
    const path = await damaged(image, `${name}.img`, offset < 0 ? size + offset : offset, bytes);
    const found = findingsOf(await scan([path], { depth: 'labels' })).filter(
      ({ code }) => code === 'foreign-signature',
    );
    expect(found).toMatchObject([{ severity: 'warning' }]);
    for (const text of [name, where, 'frees the device', 'wipefs']) expect(found[0]?.message).toContain(text);
    expect(linesOf(found)).toContain(`wipefs -n ${path}`);
    expect(found[0]?.message).not.toMatch(/`|COPY|NAME/);
  });

  it('in front of a vdev that begins behind it is the cause of that, and is not to be taken away', async () => {
    const path = await damaged(disk, 'volume.img', 0, new Uint8Array(34 * 512));
    await truncate(path, PARTITION_AT + size + 512);
    const inside = await damaged(path, 'inside.img', 512, `LABELONE${'\0'.repeat(16)}LVM2 001`);
    const found = findingsOf(await scan([inside], { depth: 'labels' }));
    const messageOf = (code: string) => found.find((each) => each.code === code)?.message ?? '';
    expect(messageOf('device-shifted')).toContain('It lies inside what the label of an LVM physical volume');
    expect(messageOf('device-shifted')).not.toContain('partition table is lost');
    const lines = linesOf(found.filter(({ code }) => code === 'foreign-signature')).join('\n');
    expect(lines).toContain('vgchange -ay');
    expect(lines).not.toContain('wipefs');
  });

  it.each([
    ['LUKS', 0, 'LUKS\xba\xbe\0\x02', 'cryptsetup open --readonly'],
    ['GELI', 72 * MIB - 512, 'GEOM::ELI\0', 'geli attach -r'],
    ['BitLocker', 3, '-FVE-FS-', 'cryptsetup open --type bitlk --readonly'],
  ])(
    'of a %s container without a trace of ZFS says how to open it, with status 1',
    async (name, offset, magic, line) => {
      const path = join(folder, `${name}-container.img`);
      await writeFile(path, '');
      await truncate(path, 72 * MIB);
      const document = await scan([await damaged(path, `${name}-signed.img`, offset, magic)]);
      expect(scanStatus(document)).toBe(1);
      expect(document.findings).toMatchObject([{ code: 'container-not-opened' }]);
      expect(document.findings[0]?.message).toContain(`this is a ${name} container`);
      expect(document.findings[0]?.steps).toMatchObject([
        { kind: 'open-container', lines: [expect.stringContaining(line)] },
      ]);
    },
  );

  it('of a container in a partition is that of the partition, which is shown first', async () => {
    const path = join(folder, 'empty.img');
    await writeFile(path, '');
    await truncate(path, 64 * MIB);
    await gptDisk(path, join(folder, 'crypt-disk.img'));
    const signed = await damaged(join(folder, 'crypt-disk.img'), 'crypt.img', PARTITION_AT, 'LUKS\xba\xbe\0\x02');
    const { findings } = await scan([signed]);
    expect(findings).toMatchObject([{ code: 'container-not-opened' }]);
    const shown = `losetup -r -f --show -o ${PARTITION_AT} --sizelimit ${64 * MIB} ${signed}`;
    expect(linesOf(findings)).toEqual([expect.stringContaining(`cryptsetup open --readonly "$(${shown})" zu-`)]);
  });
});
