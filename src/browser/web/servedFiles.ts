import type { FileHost, FileStatus } from '../../node/fileHost.ts';

/** Sources that the service of this page has been given; none where the page comes from a disk or another host. */
export async function servedSources(base: string): Promise<readonly string[]> {
  if (!base.startsWith('http:')) return [];
  try {
    const answer = await fetch(new URL('sources', base));
    return answer.ok ? ((await answer.json()) as readonly string[]) : [];
  } catch {
    // A static host: its policy lets the page ask nobody.
    return [];
  }
}

interface StatusEntry {
  readonly dev: string;
  readonly ino: string;
  readonly rdev: string;
  readonly size: string;
  readonly is: 'file' | 'directory' | 'block' | 'other';
}

/** What `zfs-uber web` hands over, as a file system that can only be read. @param base address of the page */
export function servedHost(base: string): FileHost {
  const ask = async (what: string, path: string, headers: Record<string, string> = {}): Promise<Response> => {
    const url = new URL(what, base);
    url.searchParams.set('path', path);
    const answer = await fetch(url, { headers });
    if (answer.ok) return answer;
    const said = await answer.json().catch(() => ({ code: answer.status === 403 ? 'EACCES' : 'EIO' }));
    const { code = 'EIO' } = said as { readonly code?: string };
    throw Object.assign(new Error(code), { code, syscall: what });
  };
  const json = async <T>(what: string, path: string): Promise<T> => (await ask(what, path)).json() as Promise<T>;
  const stat = async (path: string): Promise<FileStatus> => {
    const { is, ...numbers } = await json<StatusEntry>('stat', path);
    const no = () => false;
    return {
      dev: BigInt(numbers.dev),
      ino: BigInt(numbers.ino),
      rdev: BigInt(numbers.rdev),
      size: BigInt(numbers.size),
      isFile: () => is === 'file',
      isDirectory: () => is === 'directory',
      isBlockDevice: () => is === 'block',
      isCharacterDevice: no,
      isFIFO: no,
      isSocket: no,
    };
  };
  return {
    stat,
    open: async (path) => ({
      async read(buffer, at, length, position) {
        const answer = await ask('read', path, { range: `bytes=${position}-${position + length - 1}` });
        const bytes = new Uint8Array(await answer.arrayBuffer());
        buffer.set(bytes, at);
        return { bytesRead: bytes.length };
      },
      stat: () => stat(path),
      close: async () => {},
    }),
    list: (path) => json('list', path),
    readText: (path) => json('text', path),
  };
}
