import { describe, expect, it } from 'vitest';
import { momentsEntry } from '../../src/document/moments.ts';
import type { TimelineEvent } from '../../src/document/timeline.ts';

const event = (at: number, about: Partial<TimelineEvent> = {}): TimelineEvent => ({
  ...{ kind: 'history', time: BigInt(at), pool: 'tank', txg: BigInt(at), candidate: null, message: `event ${at}` },
  ...{ source: null, user: null, host: null, ...about },
});

describe('the moments of a document', () => {
  it('are what has a txg and a time and no scan tells', () => {
    const kinds = (['uberblock', 'label', 'heartbeat', 'txg-time'] as const).map((kind) => event(1, { kind }));
    const none = [event(2, { txg: null }), event(3, { time: null })];
    expect(momentsEntry([...kinds, ...none, event(4, { kind: 'snapshot' })])).toEqual({
      events: [{ kind: 'snapshot', txg: '4', time: 4, text: 'event 4' }],
      leftOut: 0,
    });
  });

  it('are bounded: of many the newest, of a long text its beginning, of a time no more than a number holds', () => {
    const many = momentsEntry(Array.from({ length: 2500 }, (_, at) => event(at)));
    expect([many.events.length, many.events[0]?.txg, many.leftOut]).toEqual([2000, '500', 500]);
    const [forged] = momentsEntry([event(1, { time: 2n ** 64n - 1n, message: 'x'.repeat(5000) })]).events;
    expect(forged?.text).toHaveLength(403);
    expect(forged?.time).toBe(Number.MAX_SAFE_INTEGER);
  });
});
