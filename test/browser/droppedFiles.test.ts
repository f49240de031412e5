import { describe, expect, it } from 'vitest';
import { hostOf } from '../../src/browser/web/droppedFiles.ts';

const blob = (text: string) => new Blob([text]);
const host = hostOf([
  { path: 'd0.img', blob: blob('0123456789') },
  { path: 'images/a.img', blob: blob('a') },
  { path: 'images/more/b.img', blob: blob('bb') },
]);

describe('dropped files as a host', () => {
  it('reads the bytes that are asked for, and fewer at the end', async () => {
    const handle = await host.open('d0.img');
    const buffer = new Uint8Array(8);
    expect(await handle.read(buffer, 2, 4, 3)).toEqual({ bytesRead: 4 });
    expect(new TextDecoder().decode(buffer)).toBe('\0\x003456\0\0');
    expect(await handle.read(buffer, 0, 8, 8)).toEqual({ bytesRead: 2 });
  });

  it('lists folders by what was dropped below them', async () => {
    expect((await host.stat('images')).isDirectory()).toBe(true);
    expect(await host.list('images')).toEqual(['a.img', 'more']);
    expect(await host.list('images/more')).toEqual(['b.img']);
  });

  it('tells files from each other and how long they are', async () => {
    const [one, other] = [await host.stat('images/a.img'), await host.stat('images/more/b.img')];
    expect(one.ino).not.toBe(other.ino);
    expect([one.size, other.size, other.isFile()]).toEqual([1n, 2n, true]);
  });

  it('says what a system says of what is not there, of a folder, and of a file that went away', async () => {
    await expect(host.stat('x.img')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'stat' });
    await expect(host.open('images')).rejects.toMatchObject({ code: 'EISDIR' });
    const gone = { size: 4, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) };
    const handle = await hostOf([{ path: 'gone', blob: gone as unknown as Blob }]).open('gone');
    await expect(handle.read(new Uint8Array(4), 0, 4, 0)).rejects.toMatchObject({ code: 'EIO', syscall: 'read' });
  });
});
