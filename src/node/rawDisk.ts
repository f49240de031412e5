import { FILE_HOST, type FileHost, type ReadHandle } from './fileHost.ts';
import type { System } from './systems.ts';

/** What the system says of a disk. */
export interface DiskShape {
  /** Bytes. */
  readonly size: number;
  /** Bytes a logical sector: reads begin and end on such. */
  readonly sectorSize: number;
}

/** A disk as the system lists it. */
export interface ListedDisk extends DiskShape {
  readonly path: string;
}

/**
 * What a program of the system says of a disk that is a character device, as FreeBSD and macOS have them, or that Windows
 * opens by a name of its own; null where it says nothing.
 *
 * Source: FreeBSD, diskinfo(8); macOS, diskutil(8); Microsoft, MSFT_Disk
 */
export async function rawDiskShape(host: FileHost, path: string): Promise<DiskShape | null> {
  switch (host.system) {
    case 'freebsd':
      return diskinfo((await host.ask?.('/usr/sbin/diskinfo', path)) ?? '');
    case 'darwin':
      return diskutil((await host.ask?.('/usr/sbin/diskutil', 'info', '-plist', path)) ?? '');
    case 'windows':
      return (await windowsDisks(host)).find((disk) => disk.path.toLowerCase() === path.toLowerCase()) ?? null;
    default:
      return null;
  }
}

/** One line: name, bytes a sector, bytes, sectors... */
function diskinfo(text: string): DiskShape | null {
  const [, sectorSize = '', size = ''] = text.trim().split(/\s+/);
  return shapeOf(size, sectorSize);
}

function diskutil(plist: string): DiskShape | null {
  const integer = (key: string): string =>
    new RegExp(`<key>${key}</key>\\s*<integer>(\\d{1,16})</integer>`).exec(plist)?.[1] ?? '';
  return shapeOf(integer('TotalSize') || integer('Size'), integer('DeviceBlockSize') || '512');
}

function shapeOf(size: string, sectorSize: string): DiskShape | null {
  if (!/^\d{1,16}$/.test(size) || !/^\d{1,5}$/.test(sectorSize)) return null;
  const shape = { size: Number(size), sectorSize: Number(sectorSize) };
  const sound = Number.isSafeInteger(shape.size) && shape.size > 0 && shape.sectorSize >= 512;
  return sound && Number.isInteger(Math.log2(shape.sectorSize)) ? shape : null;
}

/** `Win32_DiskDrive` rounds sizes down to cylinders: labels 2 and 3 would be looked for elsewhere. */
const GET_DISKS = 'Get-Disk | Select-Object Number,Size,LogicalSectorSize | ConvertTo-Json -Compress';

async function windowsDisks(host: FileHost): Promise<ListedDisk[]> {
  const text = await host.ask?.('powershell.exe', '-NoProfile', '-NonInteractive', '-Command', GET_DISKS);
  let found: unknown = null;
  try {
    found = JSON.parse(text ?? 'null');
  } catch {
    return [];
  }
  const disks: unknown[] = Array.isArray(found) ? found : [found];
  return disks.flatMap((disk) => {
    if (typeof disk !== 'object' || disk === null || !('Number' in disk)) return [];
    const { Number: number, Size: size, LogicalSectorSize: sector } = disk as Record<string, unknown>;
    const shape = shapeOf(`${size}`, `${sector}`);
    return shape === null || !/^\d{1,4}$/.test(`${number}`)
      ? []
      : [{ path: `\\\\.\\PhysicalDrive${number}`, ...shape }];
  });
}

/**
 * Paths of all disks that the system names, partitions left out: they are found on their disks.
 *
 * @returns none where it does not say
 * Source: Linux Documentation/ABI/stable/sysfs-block; FreeBSD, sysctl kern.disks; macOS, diskutil(8); illumos, devfs(4FS)
 */
export async function systemDisks(host: FileHost = FILE_HOST): Promise<string[]> {
  return (await LISTS[host.system ?? 'linux'](host)).sort(byNumber);
}

/** `sdb` before `sdaa`, `da2` before `da10`. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

const LISTS: Readonly<Record<System, (host: FileHost) => Promise<string[]>>> = {
  async linux(host) {
    const names = await namesIn(host, '/sys/block');
    const shown: string[] = [];
    for (const name of names) if (await isLinuxDisk(host, name)) shown.push(`/dev/${name.replaceAll('!', '/')}`);
    return shown;
  },
  async freebsd(host) {
    const text = (await host.ask?.('/sbin/sysctl', '-n', 'kern.disks')) ?? '';
    return words(text).flatMap((name) => (/^cd\d+$/.test(name) ? [] : [`/dev/${name}`]));
  },
  async darwin(host) {
    const plist = (await host.ask?.('/usr/sbin/diskutil', 'list', '-plist')) ?? '';
    const wholes = /<key>WholeDisks<\/key>\s*<array>([\s\S]*?)<\/array>/.exec(plist)?.[1] ?? '';
    return [...wholes.matchAll(/<string>(disk\d+)<\/string>/g)].map(([, name]) => `/dev/r${name}`);
  },
  // Of a whole disk: p0 on x86, slice 2 of a VTOC label elsewhere.
  illumos: async (host) =>
    (await namesIn(host, '/dev/rdsk'))
      .filter((name, _, all) => /p0$/.test(name) || (/s2$/.test(name) && !all.includes(name.replace(/s2$/, 'p0'))))
      .map((name) => `/dev/rdsk/${name}`),
  windows: async (host) => (await windowsDisks(host)).map(({ path }) => path),
};

const words = (text: string): string[] => text.split(/\s+/).filter((word) => /^[\w.-]+$/.test(word));

const namesIn = (host: FileHost, folder: string): Promise<readonly string[]> => host.list(folder).catch(() => []);

/** Memory, drives of discs and floppies, and what has no medium, are left out; so are the volumes of pools that are imported. */
const NO_DISKS = /^(ram|zram|sr|fd|mtd|zd)\d/;

async function isLinuxDisk(host: FileHost, name: string): Promise<boolean> {
  if (NO_DISKS.test(name)) return false;
  const text = (path: string) =>
    host.readText(`/sys/block/${name}/${path}`).then(
      (line) => line.trim(),
      () => '',
    );
  if (!/^[1-9]\d*$/.test(await text('size'))) return false;
  // A leg of a multipath device is the same disk once more.
  for (const holder of await namesIn(host, `/sys/block/${name}/holders`)) {
    if ((await text(`holders/${holder}/dm/uuid`)).startsWith('mpath-')) return false;
  }
  return true;
}

/** What a read of one sector says of it. */
type Answer = 'there' | 'end' | 'error';

/** Sectors beside one that gives an error which are asked as well: a bad place has a few. */
const BESIDE = [1, 8, 64, 4096];

/**
 * The size of a disk by reading, where nobody tells it: some hundred reads of one sector. At the end a read gives nothing;
 * behind it some systems give an error, and so do bad sectors in front of it.
 *
 * @returns bytes; 0 where nothing can be read
 */
export async function measureRawDisk(handle: ReadHandle, sectorSize: number): Promise<number> {
  const buffer = new Uint8Array(sectorSize);
  const most = Math.floor(Number.MAX_SAFE_INTEGER / sectorSize);
  const ask = async (sector: number): Promise<Answer> => {
    if (sector >= most) return 'error';
    try {
      return (await handle.read(buffer, 0, sectorSize, sector * sectorSize)).bytesRead > 0 ? 'there' : 'end';
    } catch (error) {
      if (error instanceof Error && 'code' in error) return 'error';
      throw error;
    }
  };
  let [there, gone] = [-1, most];
  for (let at = 0; at < most; at = Math.max(1, at * 2)) {
    const answer = await ask(at);
    if (answer === 'there') there = at;
    if (answer === 'end') {
      gone = at;
      break;
    }
  }
  while (gone - there > 1) {
    const middle = Math.floor((there + gone) / 2);
    let [answer, at] = [await ask(middle), middle];
    for (const step of BESIDE) {
      for (const other of [middle + step, middle - step]) {
        if (answer !== 'error' || other <= there || other >= gone) continue;
        [answer, at] = [await ask(other), other];
      }
    }
    if (answer === 'there') there = at;
    else gone = answer === 'end' ? at : middle;
  }
  // The last sectors may be bad: where a read gives nothing is the end.
  for (let step = 0; step <= 64 && there >= 0; step++) {
    if ((await ask(gone + step)) === 'end') return (gone + step) * sectorSize;
  }
  // What has no end is no disk: a source of zeros.
  return gone === most ? 0 : (there + 1) * sectorSize;
}
