import { describe, expect, it } from 'vitest';
import { chooseEngine } from '../../src/node/engine.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { type Pick, random, SEED } from '../fuzz/random.ts';
import { pool, poolImage } from '../tools/images.ts';
import { type LabelBytes, labelSource, labelsOfFile } from '../tools/labelImage.ts';

const RUNS = 150;
const HALF = 524288;
const LABEL = 262144;

/** Where something is: most bytes of a label are zeros behind the nvlist or in empty slots. */
function interesting(pick: Pick): number {
  const label = pick(2) * LABEL;
  if (pick(3) > 0) return label + 0x4000 + pick(1500);
  return label + 0x20000 + pick(131072);
}

function mutate(half: Uint8Array, pick: Pick): void {
  for (let times = 1 + pick(6); times > 0; times--) {
    const at = interesting(pick);
    switch (pick(4)) {
      case 0:
        half[at] = pick(256);
        break;
      case 1:
        half[at] = (half[at] ?? 0) ^ (1 << pick(8));
        break;
      case 2:
        // A number at its limit, where counts and sizes stand.
        half.fill([0, 0x7f, 0x80, 0xff][pick(4)] ?? 0, at, at + 1 + pick(8));
        break;
      default:
        half.copyWithin(at, interesting(pick), interesting(pick));
    }
  }
}

/** What the survey says that cannot be: nothing that differs from what ZFS wrote may be called sound. */
function liesOf(survey: DeviceSurvey, original: LabelBytes, mutated: LabelBytes): string[] {
  const lies: string[] = [];
  for (const { index, status, ring } of survey.labels) {
    const from = (index & 1) * LABEL;
    const [before, after] = index < 2 ? [original.front, mutated.front] : [original.back, mutated.back];
    const same = (offset: number, length: number) => {
      const [start, end] = [from + offset, from + offset + length];
      return Buffer.compare(before.subarray(start, end), after.subarray(start, end)) === 0;
    };
    if ((status === 'ok') !== same(0x4000, 114688)) lies.push(`config of label ${index} is ${status}`);
    const size = ring?.slotSize ?? 0;
    for (const slot of ring?.slots ?? []) {
      const sound = slot.state === 'valid' || slot.state === 'mmp' || slot.state === 'foreign';
      if (sound && !same(0x20000 + slot.index * size, size)) lies.push(`slot ${slot.index} of label ${index} is sound`);
    }
  }
  return lies;
}

describe(`a survey of mutated labels (ZFS_UBER_SEED=${SEED})`, () => {
  const engine = chooseEngine({ forced: 'node' });

  it.each(['torn-sector', 'stale-leg'])('of %s always ends, and calls nothing sound that is changed', async (name) => {
    const original = await labelsOfFile(await poolImage(pool(name), 'd0.img'));
    const pick = random(SEED);
    for (let run = 0; run < RUNS; run++) {
      const mutated = { ...original, front: original.front.slice(), back: original.back.slice() };
      mutate(mutated.front, pick);
      mutate(mutated.back, pick);
      const survey = await surveyDevice(labelSource(mutated), engine);
      expect(survey.labels, `run ${run}`).toHaveLength(4);
      expect(liesOf(survey, original, mutated), `run ${run}`).toEqual([]);
    }
  });

  it('cut off anywhere has four labels and no error', async () => {
    const { front } = await labelsOfFile(await poolImage(pool('torn-sector'), 'd0.img'));
    const pick = random(SEED);
    for (let run = 0; run < RUNS; run++) {
      const bytes = front.slice(0, pick(HALF + 1));
      const survey = await surveyDevice(memorySource(bytes), engine);
      expect(survey.labels.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
      expect(survey.labels[0]?.status, `seed ${SEED}, ${bytes.length} bytes`).toBe(
        bytes.length < 0x20000 ? 'absent' : 'ok',
      );
    }
  });
});
