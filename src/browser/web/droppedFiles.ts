import type { FileHost, FileStatus, ReadHandle } from '../../node/fileHost.ts';

/** A file and where it lay among what was dropped: `d0.img`, `images/d0.img`. */
export interface DroppedFile {
  readonly path: string;
  readonly blob: Blob;
}

/** As systems say it, so that the same words are found for it. */
const failure = (code: string, syscall: string): Error => Object.assign(new Error(code), { code, syscall });

/** Dropped files as a file system that can only be read. */
export function hostOf(files: readonly DroppedFile[]): FileHost {
  const byPath = new Map(files.map(({ path, blob }, index) => [path, { blob, index }] as const));
  const folders = new Map<string, Set<string>>();
  for (const { path } of files) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      folders.set(folder, (folders.get(folder) ?? new Set()).add(parts[depth] ?? ''));
    }
  }
  const found = (path: string, syscall: string) => {
    const file = byPath.get(path.replace(/\/$/, ''));
    if (file === undefined) throw failure(folders.has(path) ? 'EISDIR' : 'ENOENT', syscall);
    return file;
  };
  const statusOf = (path: string): FileStatus => {
    const folder = folders.has(path.replace(/\/$/, ''));
    const file = folder ? null : found(path, 'stat');
    const no = () => false;
    return {
      dev: 1n,
      ino: BigInt(file?.index ?? files.length),
      rdev: 0n,
      size: BigInt(file?.blob.size ?? 0),
      isFile: () => !folder,
      isDirectory: () => folder,
      isBlockDevice: no,
      isCharacterDevice: no,
      isFIFO: no,
      isSocket: no,
    };
  };
  return {
    stat: async (path) => statusOf(path),
    async open(path): Promise<ReadHandle> {
      const { blob } = found(path, 'open');
      return {
        async read(buffer, at, length, position) {
          const bytes = await bytesOf(blob.slice(position, position + length));
          buffer.set(bytes, at);
          return { bytesRead: bytes.length };
        },
        stat: async () => statusOf(path),
        close: async () => {},
      };
    },
    list: async (path) => [...(folders.get(path.replace(/\/$/, '')) ?? [])],
    readText: async (path) => found(path, 'open').blob.text(),
  };
}

/** A file that changed or went away since it was dropped cannot be read. */
async function bytesOf(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw failure('EIO', 'read');
  }
}
