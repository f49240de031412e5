import { describe, expect, it } from 'vitest';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { buildPoolEntry } from '../../src/document/poolEntry.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { type Pick, random, SEED } from '../fuzz/random.ts';
import { pool as fixture, poolImages } from '../tools/images.ts';
import { seal } from '../tools/labelImage.ts';

/** Guards against lies that a checksum vouches for: whoever can write to a disk can fix checksums too. */

const RUNS = 60;
const LABEL = 256 * 1024;
const CONFIG = { offset: 16 * 1024, size: 112 * 1024 };
const SLOT = 4096;

/** `source` with changed labels laid over it. */
function overlay(source: ByteSource, labels: ReadonlyMap<number, Uint8Array>): ByteSource {
  return {
    ...source,
    async read(offset, length, signal) {
      const bytes = new Uint8Array(await source.read(offset, length, signal));
      for (const [at, label] of labels) {
        const from = Math.max(offset, at);
        const to = Math.min(offset + length, at + label.length);
        if (from < to) bytes.set(label.subarray(from - at, to - at), from - offset);
      }
      return bytes;
    },
  };
}

async function mutate(source: ByteSource, pick: Pick): Promise<ByteSource> {
  const labels = new Map<number, Uint8Array>();
  for (const at of [0, LABEL, source.size - 2 * LABEL, source.size - LABEL]) {
    const label = new Uint8Array(await source.read(at, LABEL));
    const config = label.subarray(CONFIG.offset, CONFIG.offset + CONFIG.size);
    // The nvlist stands in the first KiB: hits there are lies about the tree, its guids, ids and sizes.
    for (let hits = pick(4); hits > 0; hits--) config[pick(1600)] = pick(256);
    seal(config, at + CONFIG.offset);
    for (let slots = pick(6); slots > 0; slots--) {
      const from = LABEL / 2 + pick(32) * SLOT;
      const slot = label.subarray(from, from + SLOT);
      for (let hits = 1 + pick(3); hits > 0; hits--) slot[8 + pick(208)] = pick(256);
      seal(slot, at + from);
    }
    labels.set(at, label);
  }
  return overlay(source, labels);
}

describe(`hostile labels, seed ${SEED}`, () => {
  it.each(['replaced-disk', 'split-brain', 'four-tops', 'added-later'])(
    '%s: judged without a crash or a hang',
    async (name) => {
      const pick = random(SEED);
      const files = await Promise.all((await poolImages(fixture(name))).map((path) => openFileSource(path)));
      let candidates = 0;
      try {
        for (let run = 0; run < RUNS / files.length; run++) {
          const devices: DeviceSurvey[] = [];
          for (const file of files) devices.push(await surveyDevice(await mutate(file, pick), pureEngine));
          const open = ({ root }: { root: Parameters<typeof openBlockReader>[0] | null }) =>
            root === null ? null : openBlockReader(root, { engine: pureEngine });
          const { judgements } = await scanPools(devices, open, { depth: 'mos' });
          for (const judgement of judgements) {
            const entry = buildPoolEntry(judgement, (device) => devices.indexOf(device));
            expect(JSON.parse(JSON.stringify(entry))).toEqual(entry);
            candidates += entry.candidates.length;
          }
        }
      } finally {
        await Promise.all(files.map((file) => file.close()));
      }
      expect(candidates).toBeGreaterThan(0);
    },
  );
});
