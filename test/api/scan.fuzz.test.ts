import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { scan } from '../../src/api/scan.ts';
import { scanStatus } from '../../src/cli/exitStatus.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';
import { scanText } from '../../src/text/scanText.ts';
import { MUTATIONS } from '../fuzz/labelLies.ts';
import { type Pick, pickFrom, random, SEED } from '../fuzz/random.ts';
import { writeLabels } from '../tools/forgeLabel.ts';
import { pool } from '../tools/images.ts';
import { type LabelBytes, labelsOfFile } from '../tools/labelImage.ts';
import { contractTroubles } from '../tools/scanDocumentShape.ts';

// Real pools with labels and rings that were hit, mixed up, or forged under a right checksum: there is always a document,
// it keeps the contract, and it can be shown. ZFS_UBER_SEED repeats the run that a failure names.

const RUNS = 24;
const LABEL = 262144;

interface Device {
  readonly path: string;
  readonly labels: LabelBytes;
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
        const path = await imageIn(dir, image, join(folder, name));
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
    const pick = random(seed);
    const chosen = [...pickFrom(pick, sets), ...(pick(3) === 0 ? pickFrom(pick, sets) : [])];
    const devices = [...new Set(chosen)].filter(() => pick(6) > 0);
    const originals = sets.flat().map(({ labels }) => labels);
    const done: string[] = [];
    try {
      for (const device of devices) {
        const { labels } = device;
        const mutated = { ...labels, front: labels.front.slice(), back: labels.back.slice() };
        for (let times = 1 + pick(3); times > 0; times--) {
          const mutation = pickFrom(pick, MUTATIONS);
          mutation(mutated, originals, pick);
          done.push(`${device.path}: ${mutation.name}`);
        }
        await write(device, mutated);
        if (pick(12) === 0) await shorten(device.path, pick);
      }
      const specs = devices.map(({ path }) => path);
      const depth = pickFrom(pick, ['labels', 'mos'] as const);
      const document = await scan(specs.length === 0 ? [folder] : specs, { depth });
      expect(contractTroubles(JSON.parse(JSON.stringify(document)))).toEqual([]);
      expect([0, 1, 3]).toContain(scanStatus(document));
      const page = {
        width: pickFrom(pick, [20, 40, 80, 200]),
        rows: pickFrom(pick, [null, 24]),
        unicode: pick(2) === 0,
        style: PLAIN_STYLE,
        now: 1.8e9,
      };
      const text = scanText(page, document, {
        all: pick(2) === 0,
        newestFirst: false,
        quiet: false,
        pool: null,
        show: [],
      });
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    } catch (error) {
      throw new Error(`ZFS_UBER_SEED=${seed}: ${done.join(', ')}`, { cause: error });
    } finally {
      for (const device of devices) await write(device, device.labels);
    }
  }

  async function shorten(path: string, pick: Pick): Promise<void> {
    const file = await open(path, 'r+');
    try {
      // What is cut off between the labels is lost for the runs to come: they read holes there, which is damage too.
      await file.truncate(statSync(path).size - pick(3 * LABEL));
    } finally {
      await file.close();
    }
  }

  it('always gives a document that keeps the contract and can be shown', async () => {
    for (let seed = SEED; seed < SEED + RUNS; seed++) await run(seed);
  });
});
