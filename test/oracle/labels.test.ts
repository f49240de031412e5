import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import type { DeviceSurvey, SlotSurvey } from '../../src/pool/survey.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { poolImage, pools, testPools } from '../tools/images.ts';
import { askZdb, readRecorded, record, renderNvlist, ZDB, type ZdbAnswer } from '../tools/zdb.ts';

const engine = chooseEngine();

async function surveyFile(path: string): Promise<DeviceSurvey> {
  const source = await openFileSource(path);
  try {
    return await surveyDevice(source, engine);
  } finally {
    await source.close();
  }
}

const keyOf = (txg: unknown, timestamp: unknown, guidSum: unknown, label: number) =>
  `txg ${txg} timestamp ${timestamp} guid_sum ${guidSum} label ${label}`;

/** zdb leaves out the slot reserved for heartbeats when it holds one. */
const isHeartbeat = (slot: SlotSurvey, count: number) => slot.index === count - 1 && slot.uberblock?.mmp != null;

/** What the survey found, by the words of zdb: verified uberblocks, and those that only carry the magic. */
function uberblocksOf(survey: DeviceSurvey): { valid: Set<string>; explained: Map<string, string> } {
  const valid = new Set<string>();
  const explained = new Map<string, string>();
  for (const { index, ring } of survey.labels) {
    const slots = ring?.slots ?? [];
    for (const slot of slots) {
      if (slot.uberblock === null || isHeartbeat(slot, slots.length)) continue;
      const { txg, timestamp, guidSum } = slot.uberblock;
      const key = keyOf(txg, timestamp, guidSum, index);
      if (slot.state === 'valid' || slot.state === 'mmp' || slot.state === 'foreign') valid.add(key);
      else explained.set(key, slot.state);
    }
  }
  return { valid, explained };
}

function compare(survey: DeviceSurvey, answer: ZdbAnswer): void {
  // Of labels of two pools zdb looks into each ring with the slot size of one of them.
  const slotSizes = new Set(survey.labels.flatMap(({ ring }) => ring?.slotSize ?? []));
  if (slotSizes.size < 2) compareRings(survey, answer);

  const configs = answer.configs.flatMap(({ labels, config }) => labels.map((label) => [label, config] as const));
  const ours = survey.labels.flatMap(({ index, nvlist, status }) =>
    nvlist !== null && status !== 'malformed' ? [[index, renderNvlist(nvlist)] as const] : [],
  );
  expect(new Map(ours)).toEqual(new Map(configs));
}

function compareRings(survey: DeviceSurvey, answer: ZdbAnswer): void {
  const { valid, explained } = uberblocksOf(survey);
  const listed = new Set(
    answer.uberblocks.flatMap(({ txg, timestamp, guidSum, labels }) =>
      labels.map((label) => keyOf(txg, timestamp, guidSum, label)),
    ),
  );
  expect([...valid].filter((key) => !listed.has(key))).toEqual([]);
  expect([...explained.keys()].filter((key) => !listed.has(key))).toEqual([]);
  const unexplained = [...listed].filter((key) => !valid.has(key) && !explained.has(key));
  expect(unexplained).toEqual([]);
}

const fixtures = pools();

describe('the survey of a real device equals zdb -lu, less what fails its checksum', () => {
  it.for(fixtures.map((fixture) => [fixture.name, fixture] as const))('pool %s', async ([, fixture], { skip }) => {
    const recorded = ZDB === null ? readRecorded(fixture.dir) : null;
    if (ZDB === null && recorded === null) return skip('no zdb, and no recorded answer of it');
    const answers: Record<string, ZdbAnswer> = {};
    let verified = 0;
    for (const image of fixture.images) {
      const path = await poolImage(fixture, image);
      const answer = ZDB === null ? recorded?.[image] : await askZdb(ZDB, path);
      if (answer === undefined) throw new Error(`no recorded answer for ${path}`);
      answers[image] = answer;
      const survey = await surveyFile(path);
      compare(survey, answer);
      verified += uberblocksOf(survey).valid.size;
    }
    // A device that left its pool has a ring without a valid uberblock, of which nothing can be asked.
    if (fixture.truth.asked.length > 0) expect(verified).toBeGreaterThan(0);
    const { ZFS_UBER_RECORD } = process.env;
    if (ZFS_UBER_RECORD === '1' && ZDB !== null && basename(dirname(fixture.dir)) === 'test-images')
      record(fixture.dir, answers);
  });

  it.skipIf(ZDB === null).each(testPools().map((path) => [basename(path), path] as const))(
    'OpenZFS test pool %s',
    async (_, path) => {
      if (ZDB !== null) compare(await surveyFile(path), await askZdb(ZDB, path));
    },
  );
});
