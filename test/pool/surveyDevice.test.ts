import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { ChecksumError, FormatError, printWords } from '../../src/bytes/errors.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { type ByteSource, SourceError } from '../../src/source/source.ts';
import { pool, poolImage } from '../tools/images.ts';
import { at, type LabelBytes, labelSource, labelsOfFile, makeLabels, seal } from '../tools/labelImage.ts';
import { encodeXdr, pair, u64 } from '../tools/nvlistEncode.ts';

const KIB = 1024;
const engine = chooseEngine({ forced: 'node' });

const survey = (source: ByteSource) => surveyDevice(source, engine, { bootEnvironments: true });
const statuses = async (source: ByteSource) => (await survey(source)).labels.map(({ status }) => status);

const made = () => makeLabels({ slotSize: 4096, uberblocks: [{ txg: 4 }, { txg: 5 }, { txg: 9 }] });
const imageOf = async (name: string) => labelsOfFile(await poolImage(pool(name), 'd0.img'));

/** The whole device as bytes, cut off at `length`. */
function truncated(labels: LabelBytes, length: number): ByteSource {
  const bytes = new Uint8Array(length);
  bytes.set(labels.front.subarray(0, length));
  return memorySource(bytes, 'cut.img');
}

describe('a survey of a real device', () => {
  it('reads at most 1 MiB, each byte once', async () => {
    const source = labelSource(await imageOf('torn-sector'));
    const reads: [number, number][] = [];
    const counting: ByteSource = {
      ...source,
      read(offset, length) {
        reads.push([offset, offset + length]);
        return source.read(offset, length);
      },
    };
    await survey(counting);
    reads.sort(([a], [b]) => a - b);
    expect(reads.reduce((sum, [from, to]) => sum + to - from, 0)).toBeLessThanOrEqual(1024 * KIB);
    for (const [i, [from]] of reads.entries()) expect(from).toBeGreaterThanOrEqual(reads[i - 1]?.[1] ?? 0);
  });

  it('sums up what it read of each label where that is asked for, and nothing of one that is not whole', async () => {
    const labels = await imageOf('torn-sector');
    const whole = await surveyDevice(labelSource(labels), engine, { sums: true });
    const ends = labels.front.subarray(16 * KIB, 256 * KIB);
    const sum = createHash('sha256').update(ends).digest('hex');
    const [first] = whole.labels;
    expect(first?.sum && printWords(first.sum.sha256, '')).toBe(sum);
    expect(whole.labels.map((label) => (label.sum === null ? null : label.sum.offset - label.offset))).toEqual(
      Array(4).fill(16 * KIB),
    );
    const cut = await surveyDevice(truncated(labels, 300 * KIB), engine, { sums: true });
    expect(cut.labels.map((label) => label.sum?.length ?? null)).toEqual([240 * KIB, 28 * KIB, null, null]);
    const source = labelSource(labels);
    const failing: ByteSource = {
      ...source,
      async read(offset, length, ...rest) {
        if (offset < 20 * KIB && offset + length > 16 * KIB) {
          throw new SourceError('EIO', 'bad sector', { source: 'd0', offset, path: [] });
        }
        return source.read(offset, length, ...rest);
      },
    };
    const bad = await surveyDevice(failing, engine, { sums: true });
    expect(bad.labels.map((label) => label.sum === null)).toEqual([true, false, false, false]);
    expect((await survey(source)).labels.every((label) => label.sum === null)).toBe(true);
  });

  it('reads the four labels at the same time', async () => {
    const source = labelSource(await imageOf('torn-sector'));
    let [underWay, most, reads] = [0, 0, 0];
    const counting: ByteSource = {
      ...source,
      async read(offset, length) {
        reads++;
        most = Math.max(most, ++underWay);
        await new Promise(setImmediate);
        underWay--;
        return source.read(offset, length);
      },
    };
    expect((await surveyDevice(counting, engine)).labels.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect([reads, most]).toEqual([4, 4]);
  });

  it('keeps none of the label buffers alive through its uberblocks', async () => {
    const { labels } = await survey(labelSource(await imageOf('torn-sector')));
    const sizes = labels.flatMap(({ ring }) =>
      ring?.slots.map((slot) => slot.uberblock?.rootbp.bytes.buffer.byteLength ?? 0),
    );
    expect(Math.max(...sizes.map((size) => size ?? 0))).toBeLessThanOrEqual(1024);
  });

  it('says the same with every engine', async () => {
    const source = labelSource(await imageOf('version-28'));
    expect(await surveyDevice(source, pureEngine, { bootEnvironments: true })).toEqual(await survey(source));
  });

  it('gives each slot its own place, and the copies of an uberblock one object, which is where the first of them is', async () => {
    const { labels } = await survey(labelSource(await imageOf('torn-sector')));
    const slots = labels.map(({ ring }) => ring?.slots[4]);
    expect(slots.map((slot) => slot?.offset)).toEqual(labels.map(({ offset }) => offset + 0x20000 + 4 * KIB));
    expect(new Set(slots.map((slot) => slot?.uberblock)).size).toBe(1);
    expect(slots[3]?.uberblock?.rootbp.place).toEqual({
      source: 'disk0.img',
      offset: 0x20000 + 4 * KIB + 40,
      path: ['label 0', 'slot 4', 'rootbp'],
    });
  });
});

describe('a label', () => {
  it('that verifies is ok, in either byte order', async () => {
    for (const littleEndian of [true, false]) {
      const labels = makeLabels({ slotSize: 1024, littleEndian, uberblocks: [{ txg: 7 }] });
      const { labels: surveyed, config } = await survey(labelSource(labels));
      expect(surveyed.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
      expect(surveyed[3]?.ring?.slots[7]).toMatchObject({ state: 'valid', uberblock: { txg: 7n, littleEndian } });
      expect(surveyed[0]?.bootEnvironment).toEqual({ status: 'ok', trouble: null, kind: 'blank' });
      expect(config?.name).toBe('tank');
    }
  });

  it('copied to another place of the device fails its checksum, and still decodes', async () => {
    const labels = made();
    labels.back.set(labels.front.subarray(0, 256 * KIB));
    const { labels: surveyed } = await survey(labelSource(labels));
    expect(surveyed[2]).toMatchObject({ status: 'bad-checksum', config: { name: 'tank' } });
    expect(surveyed[2]?.trouble).toBeInstanceOf(ChecksumError);
    expect(surveyed[2]?.ring?.slots.map(({ state }) => state)).toEqual(
      Array.from({ length: 32 }, (_, i) => ([4, 5, 9].includes(i) ? 'checksum' : 'empty')),
    );
  });

  it('whose checksum holds over nonsense is malformed, not destroyed', async () => {
    const labels = made();
    const region = at(labels, 0x4000, 114688);
    region.fill(0);
    region.set(encodeXdr({ pairs: [u64('version', 5000), pair('name', 'string', 'tank')] }).subarray(0, 50));
    // The size in memory of the first pair.
    region[16] = 0xff;
    seal(region, 0x4000);
    const [label] = (await survey(labelSource(labels))).labels;
    expect(label?.status).toBe('malformed');
    expect(label?.trouble).toBeInstanceOf(FormatError);
  });

  it('of zeros is empty, and another label gives the slot size of its ring', async () => {
    const labels = made();
    at(labels, 0, 0x20000).fill(0);
    const [label] = (await survey(labelSource(labels))).labels;
    expect(label).toMatchObject({ status: 'empty', trouble: null, nvlist: null, config: null });
    expect(label?.ring).toMatchObject({ slotSize: 4096, slotSizeFrom: 'label' });
    expect(label?.bootEnvironment?.status).toBe('empty');
  });

  it('that cannot be read in part says so, with the bytes, and the rest is read', async () => {
    const labels = made();
    const { labels: surveyed, config } = await survey(
      labelSource(labels, 'disk0.img', (offset) => offset === 0x5000 || offset === 0x20000 + 5 * 4096),
    );
    expect(surveyed.map(({ status }) => status)).toEqual(['unreadable', 'ok', 'ok', 'ok']);
    expect(surveyed[0]).toMatchObject({ config: { name: 'tank' }, trouble: { code: 'EIO' } });
    expect(surveyed[0]?.ring?.slots[5]).toMatchObject({ state: 'unreadable', trouble: { code: 'EIO' } });
    expect(surveyed[0]?.ring?.slots[4]?.state).toBe('valid');
    expect(config?.name).toBe('tank');
  });

  it('is believed by its checksum before its txg', async () => {
    const labels = made();
    const region = at(labels, 0x4000, 114688);
    region.set(encodeXdr({ pairs: [pair('name', 'string', 'forged'), u64('txg', 999), u64('pool_guid', 1)] }));
    expect((await survey(labelSource(labels))).config?.name).toBe('tank');
    seal(region, 0x4000);
    expect((await survey(labelSource(labels))).config?.name).toBe('forged');
  });
});

describe('a source that is too short', () => {
  it.each([0, 1, 511, 8 * KIB, 16 * KIB])('of %i bytes has four absent labels', async (length) => {
    expect(await statuses(truncated(made(), length))).toEqual(['absent', 'absent', 'absent', 'absent']);
  });

  it('for its config keeps what decodes of it, and says how much is missing', async () => {
    const [label] = (await survey(truncated(made(), 64 * KIB))).labels;
    expect(label).toMatchObject({ status: 'absent', config: { name: 'tank' }, ring: null });
    expect(label?.trouble?.message).toBe(
      'cut.img @ 0x4000 label 0 > config: config: expected 114688 bytes, found 49152 bytes',
    );
  });

  it.each([
    [128, ['ok', 'absent', 'absent', 'absent'], 0],
    [192, ['ok', 'absent', 'absent', 'absent'], 16],
    [256, ['ok', 'absent', 'absent', 'absent'], 32],
    [320, ['ok', 'absent', 'absent', 'absent'], 32],
    [384, ['ok', 'ok', 'absent', 'absent'], 32],
    [511, ['ok', 'ok', 'absent', 'absent'], 32],
    [512, ['ok', 'ok', 'absent', 'absent'], 32],
    [768, ['ok', 'ok', 'absent', 'absent'], 32],
    [1024, ['ok', 'ok', 'empty', 'empty'], 32],
  ])('at %i KiB has the labels and slots that fit, none of them twice', async (kib, expected, slots) => {
    const { labels } = await survey(truncated(made(), kib * KIB));
    expect(labels.map(({ status }) => status)).toEqual(expected);
    expect(labels[0]?.ring?.slots.length ?? 0).toBe(slots);
    expect(labels.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    if (slots > 0) expect(labels[0]?.ring?.slots[9]?.state).toBe('valid');
  });

  it('shrank while it was open: nothing is thrown, the labels are unreadable', async () => {
    const whole = memorySource(new Uint8Array(512 * KIB), 'shrunk.img');
    expect(await statuses({ ...whole, size: 4096 * KIB })).toEqual(['empty', 'empty', 'unreadable', 'unreadable']);
  });
});
