import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importPlaces } from '../../src/api/importPlace.ts';
import { stepLines } from '../../src/document/shell/stepLines.ts';
import { FILE_HOST, type FileHost, type FileStatus, type ReadHandle } from '../../src/node/fileHost.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { handlePool } from '../../src/node/handlePool.ts';
import { openSources } from '../../src/node/openSources.ts';
import { measureRawDisk, systemDisks } from '../../src/node/rawDisk.ts';
import { isWindowsDisk, type System, systemOf } from '../../src/node/systems.ts';
import { loopNumber } from '../../src/rewind/showing.ts';

const SECTOR = 512;
const io = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'read' });

/** A disk of which reads within `bad` fail; behind its end is nothing, or, one sector further, an error. */
function disk(sectors: number, bad: ReadonlySet<number>, behind: 'nothing' | 'error', unit = SECTOR): ReadHandle {
  return {
    async read(_buffer, _at, length, position) {
      if (position % unit !== 0 || length % unit !== 0) throw io('EINVAL');
      const sector = position / unit;
      if (sector > sectors && behind === 'error') throw io('EIO');
      if (sector >= sectors) return { bytesRead: 0 };
      if (bad.has(sector)) throw io('EIO');
      return { bytesRead: length };
    },
    stat: () => Promise.reject(new Error('nobody asks')),
    close: async () => undefined,
  };
}

describe('the size of a disk that nobody tells', () => {
  it.each(['nothing', 'error'] as const)(
    'is where reads end, whatever single sectors are bad; behind it is %s',
    async (behind) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 2, max: 2 ** 40 }),
          fc.array(fc.nat(), { maxLength: 20 }),
          async (sectors, places) => {
            const bad = new Set([...places.map((place) => place % sectors), sectors - 1]);
            bad.delete(0);
            expect(await measureRawDisk(disk(sectors, bad, behind), SECTOR)).toBe(sectors * SECTOR);
          },
        ),
      );
    },
  );

  it('is none of what reads nothing, of what has no end, and of what takes no such sector', async () => {
    expect(await measureRawDisk(disk(0, new Set(), 'nothing'), SECTOR)).toBe(0);
    expect(await measureRawDisk(disk(Number.MAX_SAFE_INTEGER, new Set(), 'nothing'), SECTOR)).toBe(0);
    expect(await measureRawDisk(disk(1000, new Set(), 'error', 4096), SECTOR)).toBe(0);
  });
});

let folder = '';
let image = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-raw-'));
  image = join(folder, 'disk');
  writeFileSync(
    image,
    Uint8Array.from({ length: 8192 }, (_, i) => i % 251),
  );
  truncateSync(image, 1 << 20);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A system on which the image is a character device by any name, of which programs say what is in `says`. */
function host(
  system: System,
  says: Readonly<Record<string, string>>,
  unit = SECTOR,
): FileHost & { readonly asked: string[] } {
  const no = (): boolean => false;
  const asked: string[] = [];
  const status = {
    dev: 1n,
    ino: 2n,
    rdev: 3n,
    size: 0n,
    isFile: no,
    isDirectory: no,
    isBlockDevice: no,
    isFIFO: no,
    isSocket: no,
  };
  const asDevice: FileStatus = { ...status, isCharacterDevice: () => true };
  return {
    ...FILE_HOST,
    system,
    asked,
    stat: async () => asDevice,
    async open() {
      const handle = await FILE_HOST.open(image);
      return {
        ...handle,
        stat: async () => asDevice,
        async read(buffer, at, length, position) {
          if (position % unit !== 0 || length % unit !== 0) throw io('EINVAL');
          return handle.read(buffer, at, length, position);
        },
      };
    },
    async ask(program, ...args) {
      asked.push([program, ...args].join(' '));
      return says[program] ?? null;
    },
  };
}

const PLIST =
  '<dict><key>DeviceBlockSize</key><integer>4096</integer><key>TotalSize</key>\n<integer>1048576</integer></dict>';
const DISKS =
  '[{"Number":1,"Size":1048576,"LogicalSectorSize":4096},{"Number":10,"Size":5000000,"LogicalSectorSize":512}]';

describe('a disk that is a character device', () => {
  it.each<[string, System, string, Record<string, string>]>([
    ['diskinfo', 'freebsd', '/dev/da0', { '/usr/sbin/diskinfo': '/dev/da0\t4096\t1048576\t256\t0\t0\t0\t0\t0\n' }],
    ['diskutil', 'darwin', '/dev/rdisk2', { '/usr/sbin/diskutil': PLIST }],
    ['Get-Disk', 'windows', '\\\\.\\PHYSICALDRIVE1', { 'powershell.exe': DISKS }],
    ['reading', 'illumos', '/dev/rdsk/c1t0d0p0', {}],
    [
      'reading, as the program says nonsense',
      'freebsd',
      '/dev/da0',
      { '/usr/sbin/diskinfo': 'usage: \x1b[2J diskinfo' },
    ],
    [
      'reading, as the program says 2^60',
      'freebsd',
      '/dev/da0',
      { '/usr/sbin/diskinfo': 'da0 512 1152921504606846976' },
    ],
  ])('has its size from %s on %s, and is read by whole sectors', async (_, system, path, says) => {
    const source = await openFileSource(path, handlePool(host(system, says, 4096)));
    expect([source.size, source.sectorSize, source.block]).toEqual([1 << 20, 4096, true]);
    expect([...(await source.read(4095, 3))]).toEqual([4095 % 251, 4096 % 251, 4097 % 251]);
    await source.close();
  });

  it('is refused on Linux, where disks are block devices, and where it gives no bytes', async () => {
    await expect(openFileSource('/dev/x', handlePool(host('linux', {})))).rejects.toMatchObject({
      code: 'not-a-source',
    });
    const freebsd = host('freebsd', {});
    const empty = { ...disk(0, new Set(), 'nothing'), stat: () => freebsd.stat('') };
    const pool = handlePool({ ...freebsd, open: async () => empty });
    await expect(openFileSource('/dev/null', pool)).rejects.toMatchObject({ code: 'not-a-source' });
  });

  it('has on Windows a name that no file has', () => {
    expect(isWindowsDisk('windows', '\\\\.\\PhysicalDrive0')).toBe(true);
    expect(isWindowsDisk('windows', 'C:\\images\\PhysicalDrive0')).toBe(false);
    expect(isWindowsDisk('linux', '\\\\.\\PhysicalDrive0')).toBe(false);
    expect(systemOf('win32')).toBe('windows');
  });
});

describe('the disks that a system names', () => {
  const files = (text: Readonly<Record<string, string>>, lists: Readonly<Record<string, readonly string[]>>) => ({
    ...FILE_HOST,
    system: 'linux' as const,
    readText: async (path: string) => text[path] ?? Promise.reject(io('ENOENT')),
    list: async (path: string) => lists[path] ?? Promise.reject(io('ENOENT')),
  });

  it('are on Linux those with a medium, each once', async () => {
    const names = [
      'sda',
      'sdb',
      'sdc',
      'dm-0',
      'loop0',
      'loop1',
      'sr0',
      'ram0',
      'zd0',
      'cciss!c0d0',
      'nvme10n1',
      'nvme2n1',
    ];
    const sizes = Object.fromEntries(
      names.map((name) => [`/sys/block/${name}/size`, name === 'loop1' ? '0\n' : '2048\n']),
    );
    const mpath = {
      '/sys/block/sdc/holders/dm-0/dm/uuid': 'mpath-3600\n',
      '/sys/block/sdb/holders/dm-0/dm/uuid': 'LVM-x\n',
    };
    const lists = { '/sys/block': names, '/sys/block/sdc/holders': ['dm-0'], '/sys/block/sdb/holders': ['dm-0'] };
    expect(await systemDisks(files({ ...sizes, ...mpath }, lists))).toEqual([
      '/dev/cciss/c0d0',
      '/dev/dm-0',
      '/dev/loop0',
      '/dev/nvme2n1',
      '/dev/nvme10n1',
      '/dev/sda',
      '/dev/sdb',
    ]);
    expect(await systemDisks(files({}, {}))).toEqual([]);
  });

  it.each<[System, Record<string, string>, string[]]>([
    ['freebsd', { '/sbin/sysctl': 'da10 da2 cd0 nda0\n' }, ['/dev/da2', '/dev/da10', '/dev/nda0']],
    [
      'darwin',
      { '/usr/sbin/diskutil': '<key>WholeDisks</key><array><string>disk0</string>\n<string>disk3</string></array>' },
      ['/dev/rdisk0', '/dev/rdisk3'],
    ],
    ['windows', { 'powershell.exe': DISKS }, ['\\\\.\\PhysicalDrive1', '\\\\.\\PhysicalDrive10']],
    ['windows', { 'powershell.exe': DISKS.slice(1, DISKS.indexOf('}') + 1) }, ['\\\\.\\PhysicalDrive1']],
    ['windows', { 'powershell.exe': 'not json' }, []],
    ['freebsd', {}, []],
  ])('are on %s what its program says: %j', async (system, says, disks) => {
    expect(await systemDisks(host(system, says))).toEqual(disks);
  });

  it('are on illumos whole disks by their raw names', async () => {
    const names = ['c1t0d0p0', 'c1t0d0p1', 'c1t0d0s0', 'c1t0d0s2', 'c2t0d0s2', 'c2t0d0s0'];
    const system = { ...host('illumos', {}), list: async () => names };
    expect(await systemDisks(system)).toEqual(['/dev/rdsk/c1t0d0p0', '/dev/rdsk/c2t0d0s2']);
  });
});

describe('lines for another system', () => {
  it.each<[System, string | null, string | null]>([
    ['freebsd', 'mdconfig -a -t vnode -o readonly -u 900 -f ', 'mdconfig -d -u 900'],
    ['illumos', 'lofiadm -r -a ', 'lofiadm -d /dev/lofi/900'],
    ['darwin', 'hdiutil attach -imagekey diskimage-class=CRawDiskImage -nomount -readonly ', 'hdiutil detach '],
    ['windows', null, null],
  ])('show a file as a disk on %s: %s', async (system, show, detach) => {
    const [opened] = await openSources([image]);
    if (opened === undefined) throw new Error('nothing was opened');
    const place = importPlaces([opened], system).get(opened) ?? null;
    expect(place === null).toBe(show === null);
    if (place !== null && show !== null) {
      const path = system === 'freebsd' ? '/dev/md900' : system === 'illumos' ? '/dev/lofi/900' : '/var/run/zu-d0';
      expect(loopNumber('/dev/md900')).toBe(900);
      const showings = [{ kind: 'loop' as const, place, path, copy: '' }];
      expect(stepLines({ kind: 'show-read-only', showings })[0]).toContain(show);
      expect(stepLines({ kind: 'detach', showings })[0]).toContain(detach);
    }
    await opened.close();
  });

  it('are none for a part of a file, which nothing shows there', async () => {
    const [opened] = await openSources([`${image}@4096`]);
    if (opened === undefined) throw new Error('nothing was opened');
    expect(importPlaces([opened], 'freebsd').get(opened)).toBeNull();
    expect(importPlaces([opened], 'linux').get(opened)).not.toBeNull();
    await opened.close();
  });
});
