import { describe, expect, it } from 'vitest';
import { markForeignLabels } from '../../src/pool/ringForeign.ts';
import type { LabelSurvey } from '../../src/pool/survey.ts';
import { type DeviceSpec, device, type UberblockSpec, vdev } from './surveys.ts';

const made = (more: Partial<DeviceSpec>) => device({ name: 'd0', tree: vdev(5n), ...more }).labels;
/** The front of one device and the rear of another, where equal uberblocks are one object as a survey makes them. */
function joined(front: readonly LabelSurvey[], rear: readonly LabelSurvey[]): LabelSurvey[] {
  const same = rear.slice(2).map((label): LabelSurvey => {
    const slots = (label.ring?.slots ?? []).map((slot, i) => {
      const before = front[0]?.ring?.slots[i];
      const equal =
        before?.uberblock?.txg === slot.uberblock?.txg && before?.uberblock?.guidSum === slot.uberblock?.guidSum;
      return equal && before !== undefined ? before : slot;
    });
    return label.ring === null ? label : { ...label, ring: { ...label.ring, slots } };
  });
  return [...front.slice(0, 2), ...same];
}
const ring = (...specs: [txg: bigint, guidSum: bigint][]): UberblockSpec[] =>
  specs.map(([txg, guidSum]) => ({ txg, guidSum }));
const states = (labels: readonly LabelSurvey[], index: number) => labels[index]?.ring?.slots.map(({ state }) => state);

describe('uberblocks of another pool', () => {
  const own = made({ uberblocks: ring([5n, 6n], [6n, 6n]) });

  it('are all of a label that names another pool and another vdev', () => {
    const old = device({ name: 'd0', pool: 2n, tree: vdev(9n), uberblocks: ring([900n, 11n]) }).labels;
    const marked = markForeignLabels(joined(own, old));
    expect([states(marked, 0), states(marked, 2), states(marked, 3)]).toEqual([
      ['valid', 'valid'],
      ['foreign'],
      ['foreign'],
    ]);
  });

  it('are none of a label with the guid of before a reguid: the vdev is the same', () => {
    const before = made({ pool: 2n, uberblocks: ring([5n, 6n], [6n, 6n]) });
    expect(states(markForeignLabels(joined(own, before)), 2)).toEqual(['valid', 'valid']);
  });

  it('are what a ring at the new end of a grown device keeps beside what was written since', () => {
    const front = made({ uberblocks: ring([5n, 6n], [6n, 6n], [7n, 6n], [8n, 6n]) });
    const old = { txg: 900n, guidSum: 11n, timestamp: 100n };
    const rear = made({ uberblocks: [old, ...ring([3n, 11n], [7n, 6n], [8n, 6n])] });
    const marked = markForeignLabels(joined(front, rear));
    expect(states(marked, 2)).toEqual(['foreign', 'foreign', 'valid', 'valid']);
    expect(states(marked, 0)).toEqual(['valid', 'valid', 'valid', 'valid']);
  });

  it('are not what the end of a copy made later holds, although a disk was attached between', () => {
    const front = made({ uberblocks: ring([5n, 6n], [6n, 6n], [7n, 6n]) });
    const rear = made({ uberblocks: ring([8n, 18n], [9n, 18n], [7n, 6n]) });
    expect(states(markForeignLabels(joined(front, rear)), 2)).toEqual(['valid', 'valid', 'valid']);
  });
});
