import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SIGNATURES, type Signature } from '../../src/source/containers.layout.ts';
import { findVdevs } from '../../src/source/findVdevs.ts';
import { type ByteSource, slice } from '../../src/source/source.ts';
import { findVdevTrace, labelPlaces } from '../../src/source/vdevTrace.ts';
import { gpt512, gpt4096, mbr4096 } from './realTables.ts';
import { diskWith, markLabel, type TestDisk, testDisk } from './testDisk.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const looksLikeVdev = async (disk: ByteSource) => (await findVdevTrace(disk)).labels.length > 0;
const offsetsOf = async (disk: TestDisk) => (await findVdevs(disk, { sha256 })).windows.map(({ offset }) => offset);

/** A config of zeros that carries the right checksum for the label at `label`. */
function sealLabel(disk: TestDisk, label: number): void {
  const unit = new Uint8Array(112 * KIB);
  const view = new DataView(unit.buffer);
  view.setBigUint64(unit.length - 40, 0x0210da7ab10c7a11n, true);
  view.setBigUint64(unit.length - 32, BigInt(label + 0x4000), true);
  const digest = new DataView(Uint8Array.from(sha256(unit)).buffer);
  for (const at of [0, 8, 16, 24]) view.setBigUint64(unit.length - 32 + at, digest.getBigUint64(at), true);
  disk.put(label + 0x4000, unit);
}

describe('labelPlaces', () => {
  it('counts the last two labels from the size rounded down to 256 KiB', () => {
    expect(labelPlaces(64 * MIB + 1000)).toEqual([0, 256 * KIB, 64 * MIB - 512 * KIB, 64 * MIB - 256 * KIB]);
  });

  it('gives only places inside a source that is too short for four labels', () => {
    expect(labelPlaces(511 * KIB)).toEqual([0, 256 * KIB]);
    expect(labelPlaces(0)).toEqual([]);
  });
});

describe('findVdevTrace', () => {
  it.each([0, 1, 2, 3])('needs no more than label %i', async (index) => {
    const disk = testDisk(64 * MIB);
    expect(await looksLikeVdev(disk)).toBe(false);
    markLabel(disk, labelPlaces(disk.size)[index] ?? 0);
    expect(await looksLikeVdev(disk)).toBe(true);
  });

  it('is told by a ring alone when every label text is gone, in either byte order', async () => {
    for (const magic of [
      [0x0c, 0xb1, 0xba, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0xba, 0xb1, 0x0c],
    ]) {
      const disk = testDisk(64 * MIB);
      disk.put(64 * MIB - 256 * KIB + 0x24000, Uint8Array.from(magic));
      expect(await looksLikeVdev(disk)).toBe(true);
    }
  });

  it('goes on where a label cannot be read', async () => {
    const disk = testDisk(64 * MIB);
    disk.breakAt(0, 512 * KIB);
    markLabel(disk, 64 * MIB - 256 * KIB);
    expect(await looksLikeVdev(disk)).toBe(true);
  });
});

describe('findVdevs', () => {
  it('gives the partition that carries labels and leaves the others away', async () => {
    const disk = diskWith(gpt512);
    markLabel(disk, 6144 * 512);
    expect(await offsetsOf(disk)).toEqual([6144 * 512, 169984 * 512]);
  });

  it('gives both a partition and the whole disk when an older label of the disk is still there', async () => {
    const disk = diskWith(gpt512);
    markLabel(disk, 6144 * 512);
    markLabel(disk, 0);
    expect(await offsetsOf(disk)).toEqual([0, 6144 * 512]);
  });

  it('does not take the last label of a partition for one of the disk, where their places meet', async () => {
    const disk = diskWith(mbr4096);
    for (const label of labelPlaces(25344 * 4096)) markLabel(disk, 256 * 4096 + label);
    expect(labelPlaces(disk.size).map((label) => label - 256 * 4096)).toContain(labelPlaces(25344 * 4096).at(-1));
    expect(await offsetsOf(disk)).toEqual([256 * 4096]);
  });

  it('counts an MBR in 4096-byte sectors where only that leads to labels', async () => {
    const disk = diskWith(mbr4096);
    markLabel(disk, 256 * 4096);
    const { windows } = await findVdevs(disk, { sha256 });
    expect(windows.map(({ partition }) => partition)).toMatchObject([{ sectorSize: 4096, offset: 256 * 4096 }]);
  });

  it('offers the disk and every partition when nothing of ZFS is seen', async () => {
    const disk = diskWith(mbr4096);
    const found = await findVdevs(disk, { sha256 });
    expect(found.traced).toBe(false);
    expect(found.windows.map(({ partition }) => partition?.index ?? null)).toEqual([null, 1]);
  });

  it('keeps a partition of a ZFS type whose labels are gone', async () => {
    expect(await offsetsOf(diskWith(gpt4096))).toEqual([256 * 4096]);
  });

  it('stays within 64 KiB, and 84 KiB for the disk and each part that is used, for what else has signed it', async () => {
    const whole = testDisk(100 * MIB);
    markLabel(whole, 0);
    const parted = diskWith(gpt512);
    markLabel(parted, 6144 * 512);
    for (const disk of [whole, parted, testDisk(100 * MIB)]) {
      const { windows } = await findVdevs(disk, { sha256 });
      const parts = windows.filter(({ partition }) => partition !== null).length;
      expect(disk.reads.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan((64 + 84 * (1 + parts)) * KIB);
    }
  });

  /** Of a file that has the magic and nothing else: that it is refused as what the magic says, and why. */
  async function refusalOf({ kind, offset, magic }: Signature) {
    const disk = testDisk(MIB, 'vm.disk');
    disk.put(
      offset < 0 ? MIB + offset : offset,
      Uint8Array.from(magic, (letter) => letter.charCodeAt(0)),
    );
    const { container, refusal, windows } = await findVdevs(disk, { sha256 });
    expect({ container, windows }).toEqual({ container: kind, windows: [] });
    return refusal;
  }

  it.each(SIGNATURES.filter(({ format }) => format === null).map((signature) => [signature.name, signature] as const))(
    'refuses a file by its magic and says what to do: %s',
    async (name, signature) => {
      const refusal = await refusalOf(signature);
      expect(refusal?.message).toContain(`this is ${name}: `);
      expect(refusal?.message).toMatch(/`[^`]*vm\.disk[^`]*`/);
    },
  );

  it.each(SIGNATURES.filter(({ format }) => format !== null).map((signature) => [signature.name, signature] as const))(
    'says what is wrong with an image that has its magic and nothing else: %s',
    async (_name, signature) => {
      const refusal = await refusalOf(signature);
      expect(refusal?.code).toMatch(/^(format|unsupported)/);
    },
  );

  it('keeps to the disk when the magic of a container is garbage in front of a sealed label', async () => {
    const disk = testDisk(64 * MIB);
    disk.put(
      0,
      Uint8Array.from('QFI\xfb\0\0\0\x03', (letter) => letter.charCodeAt(0)),
    );
    sealLabel(disk, 256 * KIB);
    const { container, traced } = await findVdevs(disk, { sha256 });
    expect({ container, traced }).toEqual({ container: null, traced: true });
  });

  it('is not misled by a label that stands in a container at the place of another', async () => {
    const disk = testDisk(64 * MIB);
    disk.put(
      0,
      Uint8Array.from('QFI\xfb\0\0\0\x03', (letter) => letter.charCodeAt(0)),
    );
    sealLabel(disk, 0);
    const config = await disk.read(0x4000, 112 * KIB);
    disk.put(0x4000, new Uint8Array(112 * KIB));
    disk.put(256 * KIB + 0x4000, config);
    disk.put(20, Uint8Array.of(0, 0, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0));
    disk.put(100, Uint8Array.of(0, 0, 0, 104));
    expect((await findVdevs(disk, { sha256 })).container).toBe('qcow2');
  });

  it('takes a compressed file for what it is unless a label stands in its place', async () => {
    const disk = testDisk(64 * MIB);
    disk.put(0, Uint8Array.of(0x1f, 0x8b, 0x08));
    expect((await findVdevs(disk, { sha256 })).refusal?.code).toBe('unsupported');
    markLabel(disk, 64 * MIB - 512 * KIB);
    expect((await findVdevs(disk, { sha256 })).refusal).toBeNull();
  });

  /** @param size that the footer gives of the disk */
  function fixedVhd(size: number) {
    const disk = testDisk(64 * MIB + 512);
    disk.put(
      64 * MIB,
      Uint8Array.from('conectix', (letter) => letter.charCodeAt(0)),
    );
    disk.put(
      64 * MIB + 52,
      Uint8Array.from([24, 16, 8, 0], (shift) => (size >>> shift) & 0xff),
    );
    disk.put(64 * MIB + 60, Uint8Array.of(0, 0, 0, 2));
    return disk;
  }

  it('reads a fixed VHD without its footer, whatever labels are on it', async () => {
    const disk = fixedVhd(64 * MIB);
    const sizes = async () => (await findVdevs(disk, { sha256 })).windows.map(({ source }) => source.size);
    expect(await sizes()).toEqual([64 * MIB]);
    expect(await looksLikeVdev(slice(disk, 0, 64 * MIB))).toBe(false);
    sealLabel(disk, 0);
    expect(await sizes()).toEqual([64 * MIB]);
  });

  it('takes a footer that says another size for what an earlier image left there', async () => {
    const { windows } = await findVdevs(fixedVhd(32 * MIB), { sha256 });
    expect(windows.map(({ source }) => source.size)).toEqual([64 * MIB + 512]);
  });
});
