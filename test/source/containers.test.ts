import { describe, expect, it } from 'vitest';
import { Sha256 } from '../../src/block/sha256.ts';
import { findVdevs } from '../../src/source/findVdevs.ts';
import { memorySource } from '../../src/source/memorySource.ts';

const SIZE = 1024 * 1024;

function sha256(bytes: Uint8Array): Uint8Array {
  const digest = new Sha256();
  digest.update(bytes);
  return digest.digest();
}

/** What is said of a file that has these bytes at `at`, from its end where that is negative. */
async function saidOf(magic: string, at: number): Promise<string | undefined> {
  const bytes = new Uint8Array(SIZE);
  bytes.set(Buffer.from(magic, 'latin1'), at < 0 ? SIZE + at : at);
  const { refusal, disk } = await findVdevs(memorySource(bytes, 'disk.x'), { sha256 });
  expect(disk.size).toBe(SIZE);
  return refusal?.message;
}

describe('a disk image that is not read here', () => {
  it.each([
    ['a QED image', 'QED\0', 0, 'qemu-img convert -O raw disk.x NEW.img'],
    ['an Apple disk image', 'koly\0\0\0\x04', -512, 'qemu-img convert -O raw disk.x NEW.img'],
    ['an Ex01 image', 'EVF2\r\n\x81\0', 0, 'ewfexport -u -f raw -t NEW disk.x'],
    ['an AFF image', 'AFF10\r\n\0', 0, 'affuse disk.x FOLDER'],
    ['an AFF4 image', `PK\x03\x04${'\0'.repeat(26)}container.description`, 0, 'as a raw image'],
    ['an export of Ceph', 'rbd image v2\n', 0, 'rbd import --export-format 2 disk.x NAME'],
    ['a zip archive', 'PK\x03\x04', 0, 'unzip disk.x'],
  ])('is named with what opens it: %s', async (name, magic, at, command) => {
    const said = await saidOf(magic, at);
    expect(said).toContain(`this is ${name}`);
    expect(said).toContain(command);
  });

  it('is none where its last bytes lie elsewhere', async () => {
    expect(await saidOf('koly\0\0\0\x04', 512)).toBeUndefined();
    expect(await saidOf('koly\0\0\0\x04', -1024)).toBeUndefined();
  });
});
