import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FOREIGN } from '../../src/source/foreign.layout.ts';
import { findForeign } from '../../src/source/foreign.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { type TestDisk, testDisk } from './testDisk.ts';

const MIB = 1024 * 1024;
const SIZE = 100 * MIB;
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const le64 = (value: number): string =>
  String.fromCharCode(...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer));

/** Text at byte offsets; as the tool that is named wrote it, of a disk of 100 MiB unless said otherwise. */
type Written = readonly (readonly [offset: number, text: string])[];

const md1 = (at: number): Written => [
  [at, '\xfc\x4e\x2b\xa9\x01\0\0\0'],
  [at + 144, le64(at / 512)],
];

// Offsets are what `wipefs -n` of util-linux 2.38 printed for images that each format's own tool made; those of md,
// DRBD and firmware RAID for images made by hand.
const SEEN: readonly (readonly [kind: string, offset: number, written: Written, size?: number])[] = [
  ['luks', 0, [[0, 'LUKS\xba\xbe\0\x02']]],
  ['luks', 0x4000, [[0x4000, 'SKUL\xba\xbe\0\x02']]],
  ['geli', SIZE - 512, [[SIZE - 512, 'GEOM::ELI\0']]],
  ['geli', SIZE - 4096, [[SIZE - 4096, 'GEOM::ELI\0']]],
  ['geom', SIZE - 512, [[SIZE - 512, 'GEOM::MIRROR\0']]],
  ['bitlocker', 3, [[3, '-FVE-FS-']]],
  ['md', 0, md1(0)],
  ['md', 0x1000, md1(0x1000)],
  ['md', 0x63fe000, md1(0x63fe000)],
  ['md', 0x63fe000, md1(0x63fe000), SIZE + 7 * 512],
  ['md', 0x63f0000, [[0x63f0000, '\xfc\x4e\x2b\xa9\0\0\0\0\x5a\0\0\0']]],
  ['md', 0x63f0000, [[0x63f0000, '\xfc\x4e\x2b\xa9\0\0\0\0\x5a\0\0\0']], SIZE + 39936],
  ['md', 0x63f0000, [[0x63f0000, '\xa9\x2b\x4e\xfc\0\0\0\0\0\0\0\x5a']]],
  [
    'lvm',
    0x218,
    [
      [0x200, 'LABELONE'],
      [0x218, 'LVM2 001'],
    ],
  ],
  ['bcache', 0x1018, [[0x1018, '\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81']]],
  ['drbd', 0x63ff03c, [[0x63ff03c, '\x83\x74\x02\x6b']]],
  ['firmware-raid', 0x63ffc00, [[0x63ffc00, 'Intel Raid ISM Cfg Sig. 1.3.00']]],
  ['firmware-raid', 0x63ffe00, [[0x63ffe00, '\xde\x11\xde\x11']]],
  ['swap', 0xff6, [[0xff6, 'SWAPSPACE2']]],
  [
    'filesystem',
    0x438,
    [
      [0x438, '\x53\xef'],
      [0x44c, '\x01\0\0\0'],
    ],
  ],
  ['filesystem', 0, [[0, 'XFSB\0\0\x10\0']]],
  ['filesystem', 0x10040, [[0x10040, '_BHRfS_M']]],
  [
    'filesystem',
    0x52,
    [
      [0x52, 'FAT32   '],
      [0x1fe, '\x55\xaa'],
    ],
  ],
  [
    'filesystem',
    0x36,
    [
      [0x36, 'FAT16   '],
      [0x1fe, '\x55\xaa'],
    ],
  ],
  [
    'filesystem',
    3,
    [
      [3, 'NTFS    '],
      [0x1fe, '\x55\xaa'],
    ],
  ],
  ['filesystem', 0x400, [[0x400, '\x10\x20\xf5\xf2']]],
  ['filesystem', 0x8001, [[0x8001, 'CD001']]],
];

function diskOf(written: Written, size = SIZE): TestDisk {
  const disk = testDisk(size);
  for (const [offset, text] of written) disk.put(offset, bytes(text));
  return disk;
}

describe('findForeign', () => {
  const seen = SEEN.map(([kind, offset, written, size = SIZE]) => ({ kind, offset, written, size }));
  it.each(seen)('finds $kind at byte $offset, where wipefs has it', async ({ kind, offset, written, size }) => {
    const found = await findForeign(diskOf(written, size), null);
    expect(found).toMatchObject([{ kind, offset }]);
  });

  it.each<[string, Written]>([
    [
      'an md superblock that stands elsewhere than it says',
      [
        [4096, '\xfc\x4e\x2b\xa9\x01\0\0\0'],
        [4096 + 144, le64(99)],
      ],
    ],
    ['the magic of ext alone', [[0x438, '\x53\xef']]],
    ['an LVM type without its label', [[0x218, 'LVM2 001']]],
    ['a boot sector that names FAT and is not signed', [[0x52, 'FAT32   ']]],
    ['a magic one byte off its place', [[1, 'LUKS\xba\xbe\0\x02']]],
  ])('passes over %s', async (_, written) => {
    expect(await findForeign(diskOf(written), null)).toEqual([]);
  });

  it('reads three small pieces, however large the disk is', async () => {
    const disk = testDisk(2 ** 45);
    expect(await findForeign(disk, null)).toEqual([]);
    expect(disk.reads.length).toBeLessThanOrEqual(3);
    expect(disk.reads.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(84 * 1024);
  });

  it('goes on where the front or the end cannot be read', async () => {
    const disk = diskOf([
      [0, 'LUKS\xba\xbe\0\x02'],
      [SIZE - 512, 'GEOM::ELI\0'],
    ]);
    disk.breakAt(SIZE - 512, 512);
    expect(await findForeign(disk, null)).toMatchObject([{ kind: 'luks' }]);
  });

  it('answers any bytes of any length without a throw', async () => {
    const magics = FOREIGN.map(({ magic }) => magic);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 70_000 }),
        fc.constantFrom(...magics),
        fc.nat(70_000),
        async (content, magic, at) => {
          const image = new Uint8Array(content);
          if (at + magic.length <= image.length) image.set(bytes(magic), at);
          for (const { offset } of await findForeign(memorySource(image, 'any'), null)) {
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(offset).toBeLessThan(image.length);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
