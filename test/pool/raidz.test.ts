import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asTxg } from '../../src/bytes/units.ts';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';
import {
  type Health,
  inner,
  leaf,
  MadeDevice,
  noise,
  type PointerSpec,
  pointer,
  readerOf,
  root,
  same,
  subsets,
} from './madePool.ts';
import { onAll, type RaidzBlockSpec, whileExpanding, writeRaidz } from './raidzByDefinition.ts';

const ashiftOf = (sector: number) => Math.log2(sector);

function devicesOf(width: number): MadeDevice[] {
  return Array.from({ length: width }, (_, i) => new MadeDevice(`disk${i}`));
}

function pool(devices: readonly MadeDevice[], spec: RaidzBlockSpec, more: Partial<VdevConfig> = {}) {
  const { nparity, sector } = spec;
  return root(
    inner(
      'raidz',
      devices.map((device) => leaf(device)),
      { nparity, ashift: ashiftOf(sector), ...more },
    ),
  );
}

const pointerTo = ({ data, offset }: RaidzBlockSpec, more: Partial<PointerSpec> = {}) =>
  pointer({ stored: data, dvas: [{ vdev: 0, offset }], ...more });

/** A shape and a block on it: 2 to 12 children, now and then 32; sizes below, at and above whole rows. */
const anyBlock = fc
  .record({
    nparity: fc.integer({ min: 1, max: 3 }),
    extra: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 9 }) },
      { weight: 1, arbitrary: fc.constant(29) },
    ),
    sector: fc.constantFrom(512, 4096),
    first: fc.integer({ min: 0, max: 8191 }),
    units: fc.integer({ min: 1, max: 60 }),
    seed: fc.nat(),
  })
  .map(({ nparity, extra, sector, first, units, seed }) => ({
    nparity,
    logical: nparity + extra,
    sector,
    offset: first * sector,
    // Any number of 512-byte units: the last sector need not be full.
    data: noise(units * 512, seed),
  }));

const anyDamage = fc.array(
  fc.record({ child: fc.nat(), health: fc.constantFrom<Health>('absent', 'garbled', 'failing') }),
  { minLength: 1, maxLength: 3 },
);

describe('raidz', () => {
  it('reads every block whatever is wrong with as many disks as there are parities', async () => {
    await fc.assert(
      fc.asyncProperty(anyBlock, anyDamage, fc.boolean(), async (block, damage, scrub) => {
        const devices = devicesOf(block.logical);
        writeRaidz(devices, block, onAll(block.logical, block.sector));
        for (const { child, health } of damage.slice(0, block.nparity)) {
          const device = devices[child % devices.length];
          if (device !== undefined) device.health = health;
        }
        const { bytes } = await readerOf(pool(devices, block), { scrub }).read(pointerTo(block));
        expect(same(bytes, block.data)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    [1, 2],
    [1, 3],
    [1, 6],
    [2, 3],
    [2, 5],
    [3, 4],
    [3, 7],
  ])(
    'with %i parities of %i disks reads with every allowed set of them absent, and of them wrong',
    async (nparity, width) => {
      for (const units of [1, width - nparity, 3 * (width - nparity) + 1]) {
        const block = {
          nparity,
          logical: width,
          sector: 512,
          offset: 2 ** 20 + 512 * 5,
          data: noise(units * 512, units),
        };
        const devices = devicesOf(width);
        writeRaidz(devices, block, onAll(width, 512));
        for (const lost of subsets(devices, nparity)) {
          for (const health of ['absent', 'garbled'] as const) {
            for (const device of devices) device.health = lost.includes(device) ? health : 'sound';
            const { bytes, attempts } = await readerOf(pool(devices, block), { scrub: true }).read(pointerTo(block));
            expect(same(bytes, block.data)).toBe(true);
            const named = attempts.filter(({ outcome }) => outcome === (health === 'absent' ? 'absent' : 'wrong'));
            const used = lost.filter((device) => attempts.some(({ vdev }) => vdev.endsWith(device.name)));
            expect(named.map(({ vdev }) => vdev).sort()).toEqual(
              used.map(({ name }) => `raidz${nparity}-0 > ${name}`).sort(),
            );
          }
        }
      }
    },
  );

  it('says which block is lost, and that devices are missing, when more are absent than there are parities', async () => {
    await fc.assert(
      fc.asyncProperty(anyBlock, fc.nat(), async (block, from) => {
        const devices = devicesOf(block.logical);
        writeRaidz(devices, block, onAll(block.logical, block.sector));
        const first = (block.offset / block.sector) % devices.length;
        // The block's own columns follow each other from here on; those past its end hold nothing of it.
        const sectors = Math.ceil(block.data.length / block.sector);
        const columns = Math.min(devices.length, sectors + block.nparity);
        for (let i = 0; i <= block.nparity; i++) {
          const device = devices[(first + ((from + i) % columns)) % devices.length];
          if (device !== undefined) device.health = 'absent';
        }
        const error = await readerOf(pool(devices, block))
          .read(pointerTo(block))
          .catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(UnavailableBlockError);
        expect(error).toMatchObject({ becauseMissing: true });
        expect(`${error}`).toContain(`0:${block.offset.toString(16)}`);
      }),
      { numRuns: 200 },
    );
  });

  it('does not call a block lost to missing devices when what is there contradicts itself', async () => {
    const block = { nparity: 1, logical: 4, sector: 512, offset: 0, data: noise(2048, 1) };
    const devices = devicesOf(4);
    writeRaidz(devices, block, onAll(4, 512));
    const [a, b] = devices;
    if (a !== undefined) a.health = 'absent';
    if (b !== undefined) b.health = 'garbled';
    const error = await readerOf(pool(devices, block))
      .read(pointerTo(block))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable', becauseMissing: false });
  });

  it('leaves the parity alone when the data is good, and looks at it when told to scrub', async () => {
    const block = { nparity: 2, logical: 5, sector: 512, offset: 0, data: noise(512 * 3, 1) };
    const devices = devicesOf(5);
    writeRaidz(devices, block, onAll(5, 512));
    for (const device of devices.slice(0, 2)) device.health = 'garbled';
    const read = await readerOf(pool(devices, block)).read(pointerTo(block));
    expect(read.attempts.map(({ outcome }) => outcome)).toEqual(['good', 'good', 'good']);
    expect(devices.map(({ reads }) => reads)).toEqual([0, 0, 1, 1, 1]);
    const scrubbed = await readerOf(pool(devices, block), { scrub: true }).read(pointerTo(block));
    expect(scrubbed.attempts.map(({ outcome }) => outcome)).toEqual(['wrong', 'wrong', 'good', 'good', 'good']);
  });

  it('takes the other content of a disk that is being replaced when the first is not right', async () => {
    const block = { nparity: 1, logical: 3, sector: 512, offset: 0, data: noise(1024, 3) };
    const devices = devicesOf(4);
    const [, second, , stale = new MadeDevice('stale')] = devices;
    writeRaidz(devices.slice(0, 3), block, onAll(3, 512));
    const [first, , third] = devices.map((device) => leaf(device));
    if (first === undefined || second === undefined || third === undefined) throw new Error('three disks');
    const replacing = inner('replacing', [leaf(stale), leaf(second)]);
    const absent = { ...third, device: null };
    const tree = root(inner('raidz', [first, replacing, absent], { nparity: 1, ashift: 9 }));
    expect(same((await readerOf(tree).read(pointerTo(block))).bytes, block.data)).toBe(true);
  });

  it('answers every read with the reason when the shape makes no sense', async () => {
    const block = { nparity: 3, logical: 4, sector: 512, offset: 0, data: noise(512, 3) };
    for (const more of [
      { nparity: 4 },
      { nparity: 0 },
      { ashift: 63 },
      { ashift: null },
      { raidzExpandTxgs: [asTxg(1n)] },
    ]) {
      const error = await readerOf(pool(devicesOf(4), block, more))
        .read(pointerTo(block))
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'unavailable', attempts: [{ error: { code: 'format-value' } }] });
    }
  });
});

describe('raidz after an expansion', () => {
  const anyExpanded = fc.record({
    block: anyBlock,
    wider: fc.integer({ min: 1, max: 3 }),
    damage: anyDamage,
  });

  it('reads a block that was laid out before by rows of its old width', async () => {
    await fc.assert(
      fc.asyncProperty(anyExpanded, async ({ block, wider, damage }) => {
        const width = block.logical + wider;
        const devices = devicesOf(width);
        writeRaidz(devices, block, onAll(width, block.sector));
        for (const { child, health } of damage.slice(0, block.nparity)) {
          const device = devices[child % width];
          if (device !== undefined) device.health = health;
        }
        const raidzExpandTxgs = Array.from({ length: wider }, (_, i) => asTxg(200n + BigInt(i)));
        const bp = pointerTo(block, { birth: 250n, physicalBirth: 199n });
        const { bytes } = await readerOf(pool(devices, block, { raidzExpandTxgs })).read(bp);
        expect(same(bytes, block.data)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('lays out a block by the width of the txg it was written in', async () => {
    const devices = devicesOf(6);
    const more = { raidzExpandTxgs: [asTxg(100n), asTxg(200n)] };
    for (const [birth, logical] of [
      [99n, 4],
      [100n, 5],
      [199n, 5],
      [200n, 6],
    ] as const) {
      const block = { nparity: 2, logical, sector: 512, offset: 512 * 77, data: noise(512 * 13, logical) };
      writeRaidz(devices, block, onAll(6, 512));
      const bp = pointerTo(block, { birth });
      expect(same((await readerOf(pool(devices, block, more)).read(bp)).bytes, block.data)).toBe(true);
    }
  });

  it('reads on both sides of where a running expansion is, and across', async () => {
    await fc.assert(
      fc.asyncProperty(anyExpanded, fc.integer({ min: -40, max: 80 }), fc.boolean(), async (made, ahead, scratch) => {
        const { block, damage } = made;
        const width = block.logical + 1;
        const devices = devicesOf(width);
        const reflowed = Math.max(0, block.offset / block.sector + ahead);
        writeRaidz(devices, block, whileExpanding(block, width, reflowed, scratch));
        const [{ child, health } = { child: 0, health: 'absent' as Health }] = damage;
        const device = devices[child % width];
        // A block part here and part there can lose a sector of each to one disk.
        if (device !== undefined && health !== 'garbled' && block.nparity > 1) device.health = health;
        const raidzReflow = { offset: BigInt(reflowed * block.sector), state: scratch ? 1 : 0 };
        const { bytes } = await readerOf(pool(devices, block, { raidzExpanding: true }), { raidzReflow }).read(
          pointerTo(block),
        );
        expect(same(bytes, block.data)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('finds what a disk got wrong before the expansion spread it over all', async () => {
    const block = { nparity: 1, logical: 4, sector: 512, offset: 0, data: noise(512 * 12, 9) };
    const devices = devicesOf(5);
    const { data } = block;
    writeRaidz(devices, block, onAll(5, 512));
    // Every sector that was on the third of four disks.
    for (let n = 2; n < 16; n += 4) devices[n % 5]?.write(Math.floor(n / 5) * 512, noise(512, n));
    const tree = pool(devices, block, { raidzExpandTxgs: [asTxg(200n)] });
    expect(same((await readerOf(tree).read(pointerTo(block))).bytes, data)).toBe(true);
  });
});
