import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fletcher4 } from '../../src/block/fletcher4.ts';
import { type DraidShape, draidMap } from '../../src/pool/draidMap.ts';
import { DRAID_MAPS, DRAID_ROW_HEIGHT } from '../../src/pool/draidMaps.layout.ts';
import { draidPermutations, shuffleDomains } from '../../src/pool/draidPermutations.ts';
import { type Health, inner, leaf, MadeDevice, noise, pointer, readerOf, root, same } from './madePool.ts';

const place = { source: 'draid', offset: 0, path: [] };
const row = (children: number, i: number) => [
  ...draidPermutations(children, place).rows.subarray(i * children, (i + 1) * children),
];

describe('dRAID permutations', () => {
  it('are those of a pool that OpenZFS made with 9 disks', () => {
    expect(row(9, 0)).toEqual([7, 3, 6, 5, 0, 2, 8, 4, 1]);
    expect(row(9, 1)).toEqual([8, 1, 5, 2, 3, 7, 0, 6, 4]);
    expect(row(9, 255)).toEqual([0, 1, 2, 7, 8, 4, 3, 6, 5]);
  });

  it('have the published checksum for every number of disks, and name each disk once a row', {
    timeout: 60_000,
  }, () => {
    for (const [children, count, , checksum] of DRAID_MAPS) {
      const { rows } = draidPermutations(children, place);
      expect(fletcher4(rows, true)[0]).toBe(checksum);
      for (let i = 0; i < count; i += 97)
        expect(new Set(rows.subarray(i * children, (i + 1) * children)).size).toBe(children);
    }
    expect(DRAID_MAPS.map(([children]) => children)).toEqual(Array.from({ length: 254 }, (_, i) => i + 2));
  });

  it('give each disk of a failure domain its place in one of the domains, and only there', () => {
    const shuffled = shuffleDomains(draidPermutations(5, place), 15, place);
    for (let i = 0; i + 3 <= shuffled.count; i += 3) {
      const slices = shuffled.rows.subarray(i * 5, (i + 3) * 5);
      expect([...slices].sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, disk) => disk));
      // One disk of each domain in three, at the places of its peers.
      const own = draidPermutations(5, place).rows.subarray(i * 5, (i + 3) * 5);
      expect([...slices].map((disk) => disk % 5)).toEqual([...own]);
    }
  });

  it('refuses a width that is no multiple of the domain', () => {
    expect(() => shuffleDomains(draidPermutations(5, place), 12, place)).toThrow('width of a dRAID');
    expect(() => draidPermutations(1, place)).toThrow('children of a dRAID');
  });
});

/** Groups that fill whole rows, in domains with one spare more (`fewer` disks of data) and in the others alike. */
function groupsOf(groupWidth: number, children: number, nspares: number, domains: number): number {
  const disks = children - Math.floor(nspares / domains);
  const uneven = nspares % domains;
  const fewer = uneven === 0 ? disks : disks - 1;
  let groups = 1;
  const fits = () => (groups * groupWidth) % fewer === 0 && (uneven === 0 || ((groups + 1) * groupWidth) % disks === 0);
  while (!fits()) groups++;
  return uneven === 0 ? groups * domains : groups * uneven + (groups + 1) * (domains - uneven);
}

/** A dRAID of some shape that OpenZFS would make: groups that fill whole rows. */
const anyShape = fc
  .record({
    nparity: fc.integer({ min: 1, max: 3 }),
    ndata: fc.integer({ min: 1, max: 8 }),
    nspares: fc.integer({ min: 0, max: 3 }),
    extra: fc.integer({ min: 0, max: 6 }),
    domains: fc.constantFrom(1, 1, 1, 2, 3),
    sector: fc.constantFrom(512, 4096),
  })
  .map(({ nparity, ndata, nspares, extra, domains, sector }): DraidShape => {
    const children = ndata + nparity + Math.ceil(nspares / domains) + extra;
    const width = children * domains;
    const ngroups = groupsOf(ndata + nparity, children, nspares, domains);
    const permutations = shuffleDomains(draidPermutations(children, place), width, place);
    return { sector, ndata, nparity, nspares, ngroups, width, permutations };
  })
  .filter(({ ngroups, width }) => ngroups <= 255 && width <= 255);

/** Writes a block by a map: parity as XOR alone would not find a mistake in the map, data and its place would. */
function writeByMap(devices: readonly MadeDevice[], shape: DraidShape, offset: number, data: Uint8Array): void {
  const padded = new Uint8Array(Math.ceil(data.length / shape.sector) * shape.sector);
  padded.set(data);
  for (const { columns } of draidMap(shape, offset, padded.length, place).rows) {
    for (const { child, offset: at, size, at: from } of columns) {
      if (from >= 0) devices[child]?.write(at, padded.subarray(from, from + size));
    }
    for (let p = 0; p < shape.nparity; p++) {
      const column = columns[p];
      if (column === undefined) continue;
      const parity = new Uint8Array(column.size);
      for (const { size, at: from } of columns.slice(shape.nparity)) {
        for (let i = 0; i < parity.length; i++) {
          let value = parity[i] ?? 0;
          for (let times = 0; times < p; times++) value = ((value << 1) ^ (value >= 0x80 ? 0x11d : 0)) & 0xff;
          parity[i] = value ^ (i < size ? (padded[from + i] ?? 0) : 0);
        }
      }
      devices[column.child]?.write(column.offset, parity);
    }
  }
}

function poolOf(shape: DraidShape, devices: readonly MadeDevice[]) {
  const { sector, nparity, ndata, nspares, ngroups, width, permutations } = shape;
  const nchildren = permutations.children === width ? null : permutations.children;
  const more = { nparity, ashift: Math.log2(sector), draid: { ndata, nspares, ngroups, nchildren } };
  return root(
    inner(
      'draid',
      devices.map((device) => leaf(device)),
      more,
    ),
  );
}

const pointerTo = (data: Uint8Array, offset: number) => pointer({ stored: data, dvas: [{ vdev: 0, offset }] });

describe('dRAID', () => {
  it('gives no two bytes of the vdev the same place on a disk, and none of a spare', async () => {
    fc.assert(
      fc.property(anyShape, fc.integer({ min: 0, max: 3 }), (shape, slice) => {
        const stripe = (shape.ndata + shape.nparity) * shape.sector;
        const groups = DRAID_ROW_HEIGHT * (shape.ndata + shape.nparity);
        const seen = new Map<string, number>();
        for (let group = slice * shape.ngroups; group < (slice + 1) * shape.ngroups; group++) {
          const { rows } = draidMap(shape, group * groups, stripe - shape.nparity * shape.sector, place);
          expect(rows.length).toBe(1);
          for (const { child, offset } of rows.flatMap(({ columns }) => columns)) {
            const key = `${child} ${offset}`;
            expect(seen.has(key)).toBe(false);
            seen.set(key, offset);
          }
        }
        // A slice is whole rows, of which each disk has a part, less the spares.
        const rowsOfSlice = ((shape.ndata + shape.nparity) * shape.ngroups) / (shape.width - shape.nspares);
        expect(new Set(seen.values()).size).toBe(rowsOfSlice);
      }),
      { numRuns: 60 },
    );
  });

  it('reads every block whatever is wrong with as many disks as there are parities', async () => {
    const anyDamage = fc.array(
      fc.record({ child: fc.nat(), health: fc.constantFrom<Health>('absent', 'garbled', 'failing') }),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        anyShape,
        fc.integer({ min: 0, max: 2 ** 20 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 80 }),
        anyDamage,
        async (shape, at, atEnd, units, damage) => {
          const stripe = (shape.ndata + shape.nparity) * shape.sector;
          const group = DRAID_ROW_HEIGHT * (shape.ndata + shape.nparity);
          const data = noise(units * 512, units);
          // Often so close to the end of a group that the block goes on in the next.
          const offset = atEnd ? (1 + (at % 50)) * group - stripe : at * stripe;
          const devices = Array.from({ length: shape.width }, (_, i) => new MadeDevice(`disk${i}`));
          writeByMap(devices, shape, offset, data);
          for (const { child, health } of damage.slice(0, shape.nparity)) {
            const device = devices[child % devices.length];
            if (device !== undefined) device.health = health;
          }
          const { bytes } = await readerOf(poolOf(shape, devices)).read(pointerTo(data, offset));
          expect(same(bytes, data)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('counts a disk that is absent as lost also where the block has nothing on it, as OpenZFS does', async () => {
    const permutations = draidPermutations(5, place);
    const shape: DraidShape = { sector: 4096, ndata: 2, nparity: 1, nspares: 1, ngroups: 4, width: 5, permutations };
    const data = noise(4096, 7);
    const read = async (first: Health, empty: Health) => {
      const devices = Array.from({ length: 5 }, (_, i) => new MadeDevice(`disk${i}`));
      writeByMap(devices, shape, 0, data);
      // Parity, the one sector of data, and nothing.
      const [, written, nothing] = draidMap(shape, 0, 4096, place).rows[0]?.columns ?? [];
      for (const [column, health] of [
        [written, first],
        [nothing, empty],
      ] as const) {
        const device = devices[column?.child ?? -1];
        if (device !== undefined) device.health = health;
      }
      return readerOf(poolOf(shape, devices)).read(pointerTo(data, 0));
    };
    for (const [first, empty] of [
      ['garbled', 'garbled'],
      ['absent', 'garbled'],
      ['sound', 'absent'],
    ] as const)
      expect(same((await read(first, empty)).bytes, data)).toBe(true);
    await expect(read('garbled', 'absent')).rejects.toThrow(/no copy of block/);
    await expect(read('absent', 'absent')).rejects.toThrow(/no copy of block/);
  });

  it('reads a disk whose place a distributed spare took from the disks that the spare is made of', async () => {
    const permutations = draidPermutations(6, place);
    const shape: DraidShape = { sector: 4096, ndata: 3, nparity: 1, nspares: 1, ngroups: 5, width: 6, permutations };
    const top = 77n;
    for (let slice = 0; slice < 6; slice++) {
      const devices = Array.from({ length: 6 }, (_, i) => new MadeDevice(`disk${i}`));
      const group = 4 * DRAID_ROW_HEIGHT;
      const offset = slice * shape.ngroups * group + 16384 * 3;
      const data = noise(4096 * 3, slice);
      writeByMap(devices, shape, offset, data);
      // What was on the lost disk is on the one whose place is spare there: the last of the permutation.
      const { columns = [] } = draidMap(shape, offset, data.length, place).rows[0] ?? {};
      const [, lost] = columns;
      const poff = slice % (256 * 6);
      const spareDisk = ((permutations.rows[Math.floor(poff / 6) * 6 + 5] ?? 0) + (poff % 6)) % 6;
      if (lost === undefined) throw new Error('a column');
      const column = data.subarray(lost.at, lost.at + lost.size);
      devices[spareDisk]?.write(lost.offset, column);
      const children = devices.map((device, i) => {
        if (i !== lost.child) return leaf(device);
        const values = [
          { name: 'top_guid', type: 'uint64' as const, value: top },
          { name: 'spareid', type: 'uint64' as const, value: 0n },
        ];
        device.health = 'absent';
        return inner('spare', [leaf(device), inner('dspare', [], { nvlist: { pairs: values } })]);
      });
      // One more disk is gone, so that the parity is needed for that one.
      const other = columns[2]?.child ?? 0;
      const gone = children[other];
      if (gone !== undefined) children[other] = { ...gone, device: null };
      const tree = poolOf(shape, []);
      const [draid] = tree.children;
      if (draid === undefined) throw new Error('a dRAID');
      const config = { ...draid.config, guid: top as typeof draid.config.guid };
      const reader = readerOf({ ...tree, children: [{ ...draid, config, children }] });
      expect(same((await reader.read(pointerTo(data, offset))).bytes, data)).toBe(true);
    }
  });

  it.each([
    [{ ndata: 0 }],
    [{ ndata: 9 }],
    [{ ngroups: 0 }],
    [{ ngroups: 7 }],
    [{ ngroups: 4096 }],
    [{ nspares: 101 }],
    [{ nchildren: 4 }],
    [{ nchildren: 0 }],
  ])('answers with the reason when the shape makes no sense: %j', async (wrong) => {
    const devices = Array.from({ length: 6 }, (_, i) => new MadeDevice(`disk${i}`));
    const draid = { ndata: 3, nspares: 1, ngroups: 5, nchildren: null, ...wrong };
    const tree = root(
      inner(
        'draid',
        devices.map((device) => leaf(device)),
        { nparity: 1, ashift: 12, draid },
      ),
    );
    const error = await readerOf(tree)
      .read(pointerTo(noise(512, 1), 0))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable', attempts: [{ error: { code: 'format-value' } }] });
  });

  it('refuses an offset where no block begins', async () => {
    const devices = Array.from({ length: 6 }, (_, i) => new MadeDevice(`disk${i}`));
    const draid = { ndata: 3, nspares: 1, ngroups: 5, nchildren: null };
    const tree = root(
      inner(
        'draid',
        devices.map((device) => leaf(device)),
        { nparity: 1, ashift: 12, draid },
      ),
    );
    await expect(readerOf(tree).read(pointerTo(noise(512, 1), 4096))).rejects.toMatchObject({ code: 'format-value' });
  });
});
