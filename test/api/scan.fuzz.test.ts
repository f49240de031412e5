import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { unpackImage } from '../../bin/images.js';
import { scan } from '../../src/api/scan.ts';
import { scanStatus } from '../../src/cli/exitStatus.ts';
import type { NvPair, NvValue } from '../../src/format/nvlist.ts';
import { PLAIN_STYLE } from '../../src/report/text/page.ts';
import { scanText } from '../../src/report/text/scanText.ts';
import { configOf, labelOffsets, writeLabels } from '../tools/forgeLabel.ts';
import { pool } from '../tools/images.ts';
import { at, type LabelBytes, labelsOfFile, seal } from '../tools/labelImage.ts';
import { encodeXdr } from '../tools/nvlistEncode.ts';
import { contractTroubles } from '../tools/scanDocumentShape.ts';

// Real pools with labels and rings that were hit, mixed up, or forged under a right checksum: there is always a document,
// it keeps the contract, and it can be shown. ZFS_UBER_SEED repeats the run that a failure names.

const BUDGET = 5000;
const { ZFS_UBER_SEED } = process.env;
const SEED = ZFS_UBER_SEED === undefined ? Date.now() % 2 ** 32 : Number(ZFS_UBER_SEED);

const LABEL = 262144;
const CONFIG = { offset: 0x4000, size: 114688 } as const;
const RING = { offset: 0x20000, size: 131072 } as const;
const EXTREMES: readonly bigint[] = [
  0n,
  1n,
  8n,
  255n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const TEXTS: readonly string[] = [
  '',
  'tank',
  'x'.repeat(5000),
  '\x1b[2J\u202e\0\n',
  '../../etc',
  '-f',
  '\ud800',
  'mirror',
  'raidz',
  'hole',
];

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Random = (below: number) => number;

function generator(state: number): Random {
  let a = state >>> 0;
  return (below) => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

interface Device {
  readonly path: string;
  readonly labels: LabelBytes;
}

/** What is done to one device; `others` give what is spliced in. */
type Mutation = (labels: LabelBytes, others: readonly LabelBytes[], random: Random) => void;

const label = (labels: LabelBytes, random: Random): number => pick(random, labelOffsets(labels));
/** Most of a label is zeros: the start of the config and the ring are not. */
const place = (random: Random): number =>
  random(2) === 0 ? CONFIG.offset + random(2000) : RING.offset + random(RING.size);

const MUTATIONS: readonly Mutation[] = [
  function flipBytes(labels, _, random) {
    for (let n = 1 + random(8); n > 0; n--) at(labels, label(labels, random) + place(random), 1)[0] = random(256);
  },
  function zero(labels, _, random) {
    const from = random(LABEL - 512);
    at(labels, label(labels, random) + from, 512 + random(LABEL - 512 - from)).fill(0);
  },
  function spliceLabel(labels, others, random) {
    const other = pick(random, others);
    at(labels, label(labels, random), LABEL).set(at(other, label(other, random), LABEL));
  },
  function spliceBlocks(labels, others, random) {
    const other = pick(random, others);
    const size = 1024 << random(6);
    const [to, from] = [random(LABEL - size), random(LABEL - size)].map((offset) => offset - (offset % 512));
    at(labels, label(labels, random) + (to ?? 0), size).set(at(other, label(other, random) + (from ?? 0), size));
  },
  function forgeConfig(labels, others, random) {
    const forged = forgePairs(configOf(pick(random, others)), random, 1 + random(4));
    const every = random(2) === 0;
    for (const offset of every ? labelOffsets(labels) : [label(labels, random)]) {
      const region = at(labels, offset + CONFIG.offset, CONFIG.size);
      region.fill(0).set(encodeXdr({ pairs: forged }).subarray(0, CONFIG.size - 40));
      seal(region, offset + CONFIG.offset);
    }
  },
  function forgeUberblocks(labels, _, random) {
    const size = 1024 << random(4);
    for (let n = 1 + random(6); n > 0; n--) {
      const offset = label(labels, random) + RING.offset + random(RING.size / size) * size;
      const slot = at(labels, offset, size);
      const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength);
      view.setBigUint64(0, 0xbab10cn, true);
      for (let fields = 1 + random(4); fields > 0; fields--) {
        view.setBigUint64(8 + random(26) * 8, pick(random, EXTREMES), random(4) > 0);
      }
      seal(slot, offset, random(4) > 0);
    }
  },
];

/** Pairs with some values at their limits, of a wrong type, missing, or there twice; nested lists included. */
function forgePairs(pairs: readonly NvPair[], random: Random, times: number): readonly NvPair[] {
  let forged = [...pairs];
  for (; times > 0; times--) {
    const index = random(forged.length);
    const chosen = forged[index];
    if (chosen === undefined) return forged;
    const kind = random(8);
    if (kind === 0) forged.splice(index, 1);
    else if (kind === 1) forged.push(chosen);
    else if (kind === 2) forged[index] = { ...chosen, type: 'string', value: pick(random, TEXTS) };
    else forged = forged.map((each, i) => (i === index ? { ...each, value: forgeValue(each.value, random) } : each));
  }
  return forged;
}

function forgeValue(value: NvValue, random: Random): NvValue {
  if (typeof value === 'bigint') return pick(random, EXTREMES);
  if (typeof value === 'string') return pick(random, TEXTS);
  if (typeof value === 'object' && 'pairs' in value) return { pairs: forgePairs(value.pairs, random, 1 + random(3)) };
  if (Array.isArray(value)) {
    // Of one type: that of the array.
    const items = [...value] as NvValue[];
    return items.flatMap((each) => (random(3) === 0 ? [] : [forgeValue(each, random)])) as unknown as NvValue;
  }
  return value;
}

describe(`a scan of mutated pools (ZFS_UBER_SEED=${SEED})`, () => {
  let folder = '';
  const sets: Device[][] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zfs-uber-fuzz-'));
    for (const name of ['demo', 'stale-leg', 'four-tops', 'version-28', 'torn-sector']) {
      const { dir, images } = pool(name);
      const devices: Device[] = [];
      // Unpacked anew, as sparse files: these are written to.
      for (const image of images) {
        const path = await unpackImage(join(dir, `${image}.gz`), join(folder, name));
        devices.push({ path, labels: await labelsOfFile(path) });
      }
      sets.push(devices);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function write({ path }: Device, labels: LabelBytes): Promise<void> {
    const file = await open(path, 'r+');
    try {
      await writeLabels(file, labels);
    } finally {
      await file.close();
    }
  }

  async function run(seed: number): Promise<void> {
    const random = generator(seed);
    const chosen = [...pick(random, sets), ...(random(3) === 0 ? pick(random, sets) : [])];
    const devices = [...new Set(chosen)].filter(() => random(6) > 0);
    const originals = sets.flat().map(({ labels }) => labels);
    const done: string[] = [];
    try {
      for (const device of devices) {
        const { labels } = device;
        const mutated = { ...labels, front: labels.front.slice(), back: labels.back.slice() };
        for (let times = 1 + random(3); times > 0; times--) {
          const mutation = pick(random, MUTATIONS);
          mutation(mutated, originals, random);
          done.push(`${device.path}: ${mutation.name}`);
        }
        await write(device, mutated);
        if (random(12) === 0) await shorten(device.path, random);
      }
      const specs = devices.map(({ path }) => path);
      const depth = pick(random, ['labels', 'mos'] as const);
      const document = await scan(specs.length === 0 ? [folder] : specs, { depth });
      expect(contractTroubles(JSON.parse(JSON.stringify(document)))).toEqual([]);
      expect([0, 1, 3]).toContain(scanStatus(document));
      const page = { width: pick(random, [20, 40, 80, 200]), unicode: random(2) === 0, style: PLAIN_STYLE, now: 1.8e9 };
      const text = scanText(page, document, { all: random(2) === 0, newestFirst: false, quiet: false, pool: null });
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    } catch (error) {
      throw new Error(`ZFS_UBER_SEED=${seed}: ${done.join(', ')}`, { cause: error });
    } finally {
      for (const device of devices) await write(device, device.labels);
    }
  }

  async function shorten(path: string, random: Random): Promise<void> {
    const file = await open(path, 'r+');
    try {
      // What is cut off between the labels is lost for the runs to come: they read holes there, which is damage too.
      await file.truncate(statSync(path).size - random(3 * LABEL));
    } finally {
      await file.close();
    }
  }

  it('always gives a document that keeps the contract and can be shown', async () => {
    const end = Date.now() + BUDGET;
    let seed = SEED;
    do await run(seed++);
    while (Date.now() < end && ZFS_UBER_SEED === undefined);
    expect(seed).toBeGreaterThan(SEED);
  });
});
