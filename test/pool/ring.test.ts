import { describe, expect, it } from 'vitest';
import { ChecksumError, FormatError } from '../../src/bytes/errors.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import type { RingSurvey } from '../../src/pool/survey.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { pool, poolImage } from '../tools/images.ts';
import {
  at,
  type LabelBytes,
  labelSource,
  labelsOfFile,
  type MadeUberblock,
  makeLabels,
  seal,
} from '../tools/labelImage.ts';
import { pair, u64 } from '../tools/nvlistEncode.ts';

const RING = 0x20000;
const engine = chooseEngine({ forced: 'node' });

async function ringOf(labels: LabelBytes, label = 0): Promise<RingSurvey> {
  const ring = (await surveyDevice(labelSource(labels), engine)).labels[label]?.ring;
  if (!ring) throw new Error(`label ${label} has no ring`);
  return ring;
}

const states = (ring: RingSurvey) => ring.slots.map(({ state }) => state);
const range = (from: number, to: number): MadeUberblock[] =>
  Array.from({ length: to - from }, (_, i) => ({ txg: from + i }));
const xorshift = (bytes: Uint8Array, seed = 0x2545f491): void => {
  let x = seed;
  for (let i = 0; i < bytes.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x;
  }
};

describe('the slot size of a ring', () => {
  it.each([1024, 2048, 4096, 8192])('is found by what verifies when no label decodes: %i', async (slotSize) => {
    const labels = makeLabels({ slotSize, uberblocks: range(1, 12) });
    for (const label of [0, 262144, labels.size - 524288, labels.size - 262144]) xorshift(at(labels, label, RING));
    const ring = await ringOf(labels, 2);
    expect(ring).toMatchObject({ slotSize, slotSizeFrom: 'inferred' });
    expect(states(ring).filter((state) => state === 'valid')).toHaveLength(11);
  });

  it.each([0n, 8n, 17n, 255n, 2n ** 64n - 1n])('is found the same way when a label says ashift %i', async (ashift) => {
    const ring = await ringOf(makeLabels({ slotSize: 2048, ashift, uberblocks: range(1, 5) }));
    expect(ring).toMatchObject({ slotSize: 2048, slotSizeFrom: 'inferred' });
  });

  it('is what verifies, not what the label says, where the two differ', async () => {
    const ring = await ringOf(makeLabels({ slotSize: 1024, ashift: 12n, uberblocks: range(1, 40) }));
    expect(ring).toMatchObject({ slotSize: 1024, slotSizeFrom: 'inferred' });
  });

  it('is assumed by the trailers when nothing verifies', async () => {
    const labels = makeLabels({ slotSize: 4096, config: [], uberblocks: range(0, 32) });
    for (let slot = 0; slot < 32; slot++) at(labels, RING + slot * 4096 + 300, 1).fill(1);
    expect(await ringOf(labels)).toMatchObject({ slotSize: 4096, slotSizeFrom: 'assumed' });
  });

  it("is the label's when the ring is empty", async () => {
    const ring = await ringOf(makeLabels({ slotSize: 8192, uberblocks: [] }));
    expect(ring).toMatchObject({ slotSize: 8192, slotSizeFrom: 'label' });
    expect(states(ring)).toEqual(Array.from({ length: 16 }, () => 'empty'));
  });
});

describe('a slot', () => {
  it('with the magic and a changed byte fails its checksum and still shows its uberblock', async () => {
    const labels = makeLabels({ slotSize: 4096, uberblocks: range(1, 10) });
    at(labels, RING + 3 * 4096 + 32, 1).fill(0xee);
    const slot = (await ringOf(labels)).slots[3];
    expect(slot).toMatchObject({ state: 'checksum', uberblock: { txg: 3n } });
    expect(slot?.trouble).toBeInstanceOf(ChecksumError);
    expect(slot?.trouble?.message).toMatch(
      /^disk0\.img @ 0x23000 label 0 > slot 3: embedded sha256 checksum: expected /,
    );
  });

  it('copied from the same slot of another label fails its checksum', async () => {
    const labels = makeLabels({ slotSize: 4096, uberblocks: range(1, 10) });
    at(labels, RING + 3 * 4096, 4096).set(at(labels, 262144 + RING + 3 * 4096, 4096));
    expect((await ringOf(labels)).slots[3]?.state).toBe('checksum');
  });

  it('with neither magic nor zeros is garbage, and says what stands there instead', async () => {
    const labels = makeLabels({ slotSize: 4096, uberblocks: range(1, 10) });
    at(labels, RING + 20 * 4096 + 100, 4).fill(7);
    const slot = (await ringOf(labels)).slots[20];
    expect(slot).toMatchObject({ state: 'garbage', uberblock: null });
    expect(slot?.trouble).toBeInstanceOf(FormatError);
  });

  it('is the heartbeat when it is the last and multihost is on, and only then', async () => {
    const uberblocks = [
      { txg: 30, multihost: true },
      { txg: 30, slot: 31, multihost: true },
    ];
    expect(states(await ringOf(makeLabels({ slotSize: 4096, uberblocks }))).slice(29)).toEqual([
      'empty',
      'valid',
      'mmp',
    ]);
    const off = await ringOf(makeLabels({ slotSize: 4096, uberblocks: [{ txg: 31 }] }));
    expect(off.slots[31]?.state).toBe('valid');
  });

  it('with fields and a version of the future is valid', async () => {
    const labels = makeLabels({ slotSize: 4096, uberblocks: range(1, 3) });
    const slot = at(labels, RING + 4096, 4096);
    new DataView(slot.buffer, slot.byteOffset).setBigUint64(8, 9000n, true);
    slot.fill(0xab, 216, 400);
    seal(slot, RING + 4096);
    expect((await ringOf(labels)).slots[1]).toMatchObject({ state: 'valid', uberblock: { version: 9000n } });
  });
});

describe('what a fresh label leaves', () => {
  it('in the first and the last slot is its template, in an image of real ZFS', async () => {
    const labels = await labelsOfFile(await poolImage(pool('torn-sector'), 'd0.img'));
    for (const label of [0, 1, 2, 3]) {
      const ring = await ringOf(labels, label);
      expect([ring.slots.at(0)?.state, ring.slots.at(-1)?.state]).toEqual(['template', 'template']);
    }
  });

  it('is a template with an uberblock of txg 0 too, on a disk added to a pool', async () => {
    const labels = makeLabels({ slotSize: 4096, uberblocks: [{ txg: 0 }, { txg: 5 }] });
    at(labels, RING + 4096 - 40, 40).fill(0);
    expect((await ringOf(labels)).slots[0]).toMatchObject({ state: 'template', uberblock: { txg: 0n } });
  });

  it('is a template in every slot where old ZFS sealed each of them', async () => {
    const labels = makeLabels({ slotSize: 1024, uberblocks: range(1, 4) });
    for (let index = 4; index < 128; index++) {
      const slot = at(labels, RING + index * 1024, 1024);
      slot[8] = 3;
      seal(slot, RING + index * 1024);
    }
    const ring = states(await ringOf(labels));
    expect(ring.slice(0, 4)).toEqual(['empty', 'valid', 'valid', 'valid']);
    expect(new Set(ring.slice(4))).toEqual(new Set(['template']));
  });
});

describe('a torn write', () => {
  it('takes the slots of one physical sector together, in an image made of real ZFS', async () => {
    const labels = await labelsOfFile(await poolImage(pool('torn-sector'), 'd0.img'));
    const torn = (await ringOf(labels)).slots.filter(({ state }) => state === 'torn');
    expect(torn.map(({ index }) => index)).toEqual([96, 97, 98, 99]);
    expect(torn.every(({ trouble }) => trouble instanceof FormatError)).toBe(true);
  });

  it('is not seen in damage that goes on over the sector', async () => {
    const labels = makeLabels({ slotSize: 1024, uberblocks: range(1, 100) });
    xorshift(at(labels, RING + 40 * 1024, 12 * 1024));
    const damaged = states(await ringOf(labels)).slice(39, 53);
    expect(damaged).toEqual(['valid', ...Array.from({ length: 12 }, () => 'garbage'), 'valid']);
  });

  it('is not seen in one bad slot of a sector', async () => {
    const labels = makeLabels({ slotSize: 1024, uberblocks: range(1, 100) });
    at(labels, RING + 41 * 1024 + 33, 1).fill(0xff);
    expect(states(await ringOf(labels)).slice(40, 44)).toEqual(['valid', 'checksum', 'valid', 'valid']);
  });

  it('leaves one end of a slot: the other end is zeros', async () => {
    const labels = makeLabels({ slotSize: 4096, uberblocks: range(1, 10) });
    at(labels, RING + 3 * 4096 + 512, 3584).fill(0);
    at(labels, RING + 6 * 4096, 3584).fill(0);
    const ring = await ringOf(labels);
    expect(ring.slots[3]).toMatchObject({ state: 'torn', uberblock: { txg: 3n }, trouble: { code: 'format-magic' } });
    expect(ring.slots[6]).toMatchObject({ state: 'torn', uberblock: null });
  });

  it('is known by the older uberblock that another label still has', async () => {
    const old = makeLabels({ slotSize: 4096, uberblocks: range(10, 42) });
    const slot = at(old, RING + 20 * 4096, 4096);
    // The first sector of a write of txg 52 arrived in label 0, and nothing else of it.
    const next = makeLabels({ slotSize: 4096, uberblocks: [{ txg: 52 }] });
    slot.set(at(next, RING + 20 * 4096, 512));
    expect((await ringOf(old)).slots[20]).toMatchObject({ state: 'torn', uberblock: { txg: 52n } });
    expect((await ringOf(old, 1)).slots[20]).toMatchObject({ state: 'valid', uberblock: { txg: 20n } });
  });

  it('is not seen where all slots fail, as on a device whose vdev begins elsewhere', async () => {
    const labels = makeLabels({ slotSize: 1024, uberblocks: range(1, 100) });
    labels.front.copyWithin(512, 0);
    labels.front.fill(0, 0, 512);
    expect(new Set(states(await ringOf(labels)))).not.toContain('torn');
  });

  it('is not seen in a ring of random bytes', async () => {
    const labels = makeLabels({ slotSize: 1024, uberblocks: [] });
    xorshift(at(labels, RING, 131072));
    expect(new Set(states(await ringOf(labels)))).toEqual(new Set(['garbage']));
  });
});

describe('an uberblock of another pool', () => {
  const own = range(10, 30);

  it('is foreign when its clock cannot be that of the pool around it', async () => {
    const stranger = { txg: 52, slot: 20, guidSum: 999n, timestamp: 1_800_000_000 };
    const labels = makeLabels({ slotSize: 4096, uberblocks: [...own, { txg: 60, slot: 28 }, stranger] });
    expect((await ringOf(labels)).slots[20]).toMatchObject({ state: 'foreign', uberblock: { guidSum: 999n } });
  });

  it('is not seen in the guid sums before an attach or a reguid', async () => {
    const before = range(1, 10).map((each) => ({ ...each, guidSum: 5n }));
    expect(
      new Set(states(await ringOf(makeLabels({ slotSize: 4096, uberblocks: [...before, ...own] })))),
    ).not.toContain('foreign');
  });

  it('is not seen in what an abandoned line left between newer uberblocks', async () => {
    const abandoned = { txg: 20, guidSum: 5n, timestamp: 1_600_000_000 };
    const labels = makeLabels({ slotSize: 4096, uberblocks: [...own, abandoned] });
    expect((await ringOf(labels)).slots[20]?.state).toBe('valid');
  });

  it('is not judged where the label knows only a part of the pool', async () => {
    const config = [u64('txg', 4), u64('pool_guid', 100), u64('vdev_children', 2), pair('name', 'string', 'two')];
    const stranger = { txg: 20, guidSum: 999n, timestamp: 1_800_000_000 };
    const labels = makeLabels({ slotSize: 4096, config, uberblocks: [...own, stranger] });
    expect((await ringOf(labels)).slots[20]?.state).toBe('valid');
  });
});
