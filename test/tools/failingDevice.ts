import { DeviceMedia, type DeviceMediaChoice } from '../../src/node/deviceMedia.ts';
import { FILE_HOST, type FileStatus } from '../../src/node/fileHost.ts';
import { type HandlePool, handlePool } from '../../src/node/handlePool.ts';

const PAGE = 4096;

export interface FailingDevice {
  readonly handles: HandlePool;
  /** How often each bad page was asked for, by its byte. */
  readonly asked: ReadonlyMap<number, number>;
  /** Reads of the device. */
  reads(): number;
}

/**
 * Files whose path ends as `path` does as a block device of Linux of which some sectors are bad: a read gives what is before
 * the page that fails, and fails where that page is what it begins with.
 *
 * @param as `file` for what stays a file
 */
export function failingDevice(
  path: string,
  bad: readonly number[],
  choice: DeviceMediaChoice = {},
  as: 'device' | 'file' = 'device',
): FailingDevice {
  const asked = new Map<number, number>();
  const pages = [...new Set(bad.map((sector) => sector - (sector % PAGE)))].sort((a, b) => a - b);
  let [reads, size] = [0, 0n];
  const asDevice = (status: FileStatus): FileStatus =>
    as === 'file'
      ? status
      : {
          ...{ dev: status.dev, ino: status.ino, rdev: 0x805n, size: 0n },
          ...{ isFile: () => false, isDirectory: () => false, isBlockDevice: () => true },
          ...{ isCharacterDevice: () => false, isFIFO: () => false, isSocket: () => false },
        };
  const host = {
    ...FILE_HOST,
    async stat(name: string) {
      const status = await FILE_HOST.stat(name);
      if (!name.endsWith(path)) return status;
      size = status.size;
      return asDevice(status);
    },
    async readText(name: string) {
      if (name.endsWith('/8:5/size')) return `${size / 512n}\n`;
      if (name.endsWith('/8:5/queue/logical_block_size')) return '512\n';
      throw Object.assign(new Error('none'), { code: 'ENOENT', syscall: 'open' });
    },
    list: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT', syscall: 'scandir' })),
    async open(name: string) {
      const handle = await FILE_HOST.open(name);
      if (!name.endsWith(path)) return handle;
      return {
        ...handle,
        stat: async () => asDevice(await handle.stat()),
        async read(buffer: Uint8Array, at: number, length: number, position: number) {
          reads++;
          const page = pages.find((each) => each + PAGE > position && each < position + length);
          if (page === undefined) return handle.read(buffer, at, length, position);
          if (page > position) return handle.read(buffer, at, page - position, position);
          asked.set(page, (asked.get(page) ?? 0) + 1);
          throw Object.assign(new Error('read failed'), { code: 'EIO', syscall: 'read' });
        },
      };
    },
  };
  return { handles: handlePool(host, undefined, new DeviceMedia(choice)), asked, reads: () => reads };
}
