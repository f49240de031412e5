import { linkSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceNumber, majorOf, minorOf } from '../../src/node/deviceNumber.ts';
import { liesOn, type SystemView } from '../../src/node/liesOn.ts';
import { refuseOnOpened, refuseOnSources } from '../../src/node/outputIs.ts';

const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-lies-on-'));
const at = (name: string) => join(folder, name);
mkdirSync(at('disks'));
for (const name of ['disks/a.img', 'parent.img', 'x.map']) writeFileSync(at(name), 'bytes');
linkSync(at('disks/a.img'), at('hard'));
symlinkSync(at('disks/a.img'), at('soft'));
symlinkSync(at('disks'), at('elsewhere'));

describe('what is written', () => {
  it.each([
    ['a source itself', 'disks/a.img', ['disks/a.img']],
    ['a link to it', 'soft', ['disks/a.img']],
    ['another name of it', 'hard', ['disks/a.img']],
    ['what a link that was given leads to', 'disks/a.img', ['soft']],
    ['the file of a part', 'hard', ['disks/a.img@1M+2M']],
    ['the image of a snapshot', 'hard', ['disks/a.img#snapshot=before']],
    ['the image of a map', 'hard', ['disks/a.img?map=x.map']],
    ['a map', 'x.map', ['disks/a.img?map=x.map']],
    ['a new file in a folder of sources', 'disks/new', ['disks']],
    ['the same by a link to the folder', 'elsewhere/new', ['disks']],
  ])('is refused where it is %s', (_, output, sources) => {
    const specs = sources.map((source) =>
      source.replace(/(^|=)(?=[a-z])/g, `$1${folder}/`).replace(`=${folder}/before`, '=before'),
    );
    expect(() => refuseOnSources(at(output), specs)).toThrow(/only read/);
  });

  it('is refused where it is a file that an image is made of', () => {
    const opened = [{ path: at('disks/a.img'), madeOf: [at('parent.img')] }];
    expect(() => refuseOnOpened(at('parent.img'), opened)).toThrow(/parent\.img, which is only read/);
    expect(() => refuseOnOpened(at('other.img'), opened)).not.toThrow();
  });

  it('may lie beside sources, and where none is', () => {
    expect(() =>
      refuseOnSources(at('report'), [at('disks/a.img'), at('disks'), 'nbd://host/a', at('gone')]),
    ).not.toThrow();
  });
});

/** A system with these devices, files and file systems; what is not named is not there. */
function system(
  files: Readonly<Record<string, readonly [dev: string, ino: number, rdev?: string]>>,
  texts: Readonly<Record<string, string>> = {},
): SystemView {
  const number = (text: string) => deviceNumber(...(text.split(':').map(BigInt) as [bigint, bigint]));
  return {
    stat(path) {
      const found = files[path];
      if (found === undefined) return null;
      const [dev, ino, rdev] = found;
      const own = { dev: number(dev), ino: BigInt(ino), rdev: rdev === undefined ? 0n : number(rdev) };
      return { ...own, isBlockDevice: () => rdev !== undefined, isCharacterDevice: () => false };
    },
    real: (path) => (path in files ? path : null),
    text: (path) => texts[path] ?? null,
    list: (path) => [
      ...new Set(
        Object.keys(texts).flatMap((each) =>
          each.startsWith(`${path}/`) ? [each.slice(path.length + 1).split('/')[0] ?? ''] : [],
        ),
      ),
    ],
  };
}

describe('a file system', () => {
  const DEVICES = {
    '/dev/sdb': ['0:5', 1, '8:16'],
    '/dev/sdb1': ['0:5', 2, '8:17'],
    '/dev/sdb2': ['0:5', 3, '8:18'],
    '/dev/loop0': ['0:5', 4, '7:0'],
    '/dev/dm-0': ['0:5', 5, '253:0'],
    '/img/disk.img': ['8:1', 77],
  } as const;
  const LOOP = { '/sys/dev/block/7:0/loop/backing_file': '/img/disk.img\n' };

  it.each<[string, string, Record<string, readonly [string, number]>, Record<string, string>]>([
    ['on the device', '/dev/sdb1', { '/mnt': ['8:17', 2] }, {}],
    ['on a loop device over the image', '/img/disk.img', { '/mnt': ['7:0', 2] }, LOOP],
    [
      'on a partition of a loop device over the image',
      '/img/disk.img',
      { '/mnt': ['259:3', 2] },
      { '/sys/dev/block/259:3/partition': '1\n', '/sys/dev/block/259:3/../loop/backing_file': '/img/disk.img\n' },
    ],
    [
      'on a volume that lies on the device',
      '/dev/sdb2',
      { '/mnt': ['253:0', 2] },
      { '/sys/dev/block/253:0/slaves/sdb2/dev': '8:18\n', '/sys/dev/block/8:18/partition': '2\n' },
    ],
    [
      'in a file on a file system on the device',
      '/dev/sdb1',
      { '/mnt': ['7:0', 2], '/img/disk.img': ['8:17', 77] },
      LOOP,
    ],
    [
      'of Btrfs, whose number is no device',
      '/dev/sdb1',
      { '/mnt': ['0:44', 2] },
      {
        '/proc/self/mountinfo':
          '1 0 0:2 / / rw - ext4 /dev/sda1 rw\n2 1 0:40 / /mnt rw shared:1 - btrfs /dev/sdb1 rw\n',
      },
    ],
  ])('%s is not written to', (_, source, mounted, texts) => {
    expect(liesOn('/mnt/report', source, system({ ...DEVICES, ...mounted }, texts))).toBe(true);
  });

  it.each<[string, string, Record<string, readonly [string, number]>, Record<string, string>]>([
    [
      'on another partition of the disk',
      '/dev/sdb',
      { '/mnt': ['8:18', 2] },
      { '/sys/dev/block/8:18/partition': '2\n' },
    ],
    ['on another device', '/dev/sdb1', { '/mnt': ['8:1', 2] }, {}],
    ['with the image in it', '/img/disk.img', { '/mnt': ['8:1', 2] }, {}],
    [
      'on a loop device over another file',
      '/img/other.img',
      { '/mnt': ['7:0', 2], '/img/other.img': ['8:1', 78] },
      LOOP,
    ],
  ])('%s may be written to', (_, source, mounted, texts) => {
    expect(liesOn('/mnt/report', source, system({ ...DEVICES, ...mounted }, texts))).toBe(false);
  });

  it('on devices that stand on each other in a circle is looked at once', () => {
    const circle = { '/sys/dev/block/253:0/slaves/a/dev': '253:1\n', '/sys/dev/block/253:1/slaves/b/dev': '253:0\n' };
    expect(liesOn('/mnt/x', '/dev/sdb', system({ ...DEVICES, '/mnt': ['253:0', 2] }, circle))).toBe(false);
  });

  it('a file is not written to that is the source under a loop device', () => {
    expect(liesOn('/img/disk.img', '/dev/loop0', system(DEVICES, LOOP))).toBe(true);
  });
});

it('a device number is what its parts make', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 0xffffffffn), fc.bigInt(0n, 0xffffffffn), (major, minor) => {
      const number = deviceNumber(major, minor);
      expect([majorOf(number), minorOf(number)]).toEqual([major, minor]);
    }),
  );
});
