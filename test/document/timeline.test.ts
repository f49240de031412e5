import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inTime, type TimelineEvent, timelineLines } from '../../src/document/timeline.ts';

const event = (about: Partial<TimelineEvent> = {}): TimelineEvent => ({
  kind: 'uberblock',
  time: 1_795_252_747n,
  pool: 'tank',
  txg: 86n,
  candidate: 86n,
  message: 'uberblock written: txg 86',
  source: 'd0.img',
  user: null,
  host: 'lab',
  ...about,
});

const anything: fc.Arbitrary<TimelineEvent> = fc.record({
  kind: fc.constantFrom('uberblock', 'heartbeat', 'label', 'history', 'dataset', 'snapshot'),
  time: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  pool: fc.string({ unit: 'binary' }),
  txg: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  candidate: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  message: fc.string({ unit: 'binary' }),
  source: fc.option(fc.string({ unit: 'binary' })),
  user: fc.option(fc.string({ unit: 'binary' })),
  host: fc.option(fc.string({ unit: 'binary' })),
});

describe('a timeline', () => {
  it('as a bodyfile has the time as that of the last change', () => {
    expect([...timelineLines('bodyfile', [event()])]).toEqual([
      '0|[zfs uberblock] uberblock written: txg 86 (d0.img)|86|0|0|0|0|0|1795252747|0|0\n',
    ]);
  });

  it('as l2tcsv has its head and the time in the form of log2timeline', () => {
    const [head, line] = timelineLines('l2tcsv', [event({ message: 'a, b' })]);
    expect(head).toMatch(/^date,time,timezone,MACB,/);
    expect(line).toBe(
      '11/21/2026,09:19:07,UTC,M...,ZFS,ZFS uberblock,Content Modification Time,-,lab,"a, b","a, b",2,d0.img,86,pool tank,zfs-uber,-\n',
    );
  });

  it.each([
    ['a, b', 'a, b'],
    ['say "no"', 'say "no"'],
    ['"', '"'],
    [' a ', ' a '],
    ['two\nlines\r', 'two\\x0alines\\x0d'],
    // What a spreadsheet would compute.
    ['=cmd()', "'=cmd()"],
    ['@SUM(1,2)', "'@SUM(1,2)"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['a=b', 'a=b'],
  ])('as l2tcsv gives %j to whoever reads comma-separated values', (message, read) => {
    const [, line = ''] = timelineLines('l2tcsv', [event({ message, host: message })]);
    const fields = readCsv(line.slice(0, -1));
    expect(fields).toHaveLength(17);
    expect([fields[8], fields[10]]).toEqual([read, read]);
    expect(fields[7]).toBe('-');
  });

  it('as JSON lines has the time in microseconds and the txg as text', () => {
    const [line = ''] = timelineLines('jsonl', [event()]);
    expect(JSON.parse(line)).toMatchObject({
      datetime: '2026-11-21T09:19:07.000Z',
      timestamp: 1_795_252_747_000_000,
      txg: '86',
      data_type: 'zfs:uberblock',
    });
  });

  it('has of a snapshot the time of its creation, and the first state in the rings that has it', () => {
    const snapshot = event({ kind: 'snapshot', txg: 80n, message: 'snapshot tank@s created: txg 80', host: null });
    const [, line = ''] = timelineLines('l2tcsv', [snapshot]);
    expect(line).toContain(',...B,ZFS,ZFS snapshot,Creation Time,');
    expect(line.trimEnd().split(',').at(-1)).toBe('in the states from txg 86 on');
    const [body = ''] = timelineLines('bodyfile', [snapshot]);
    expect(body.trimEnd().split('|').slice(7)).toEqual(['0', '0', '0', '1795252747']);
    const [json = ''] = timelineLines('jsonl', [snapshot]);
    expect(JSON.parse(json)).toMatchObject({ timestamp_desc: 'Creation Time', candidate_txg: '86' });
  });

  it('makes of what has no time a comment for mactime, and no time of 1970 for the others', () => {
    const label = event({ kind: 'label', time: null });
    expect([...timelineLines('bodyfile', [label])][0]).toMatch(/^# 0\|/);
    expect([...timelineLines('l2tcsv', [label])][1]).toMatch(
      /^00\/00\/0000,--:--:--,UTC,\.{4},ZFS,ZFS label,Not a time,/,
    );
    expect(JSON.parse([...timelineLines('jsonl', [label])][0] ?? '')).toMatchObject({ timestamp_desc: 'Not a time' });
  });

  it.each(['bodyfile', 'l2tcsv', 'jsonl'] as const)('as %s is one line an event, whatever names hold', (format) => {
    fc.assert(
      fc.property(anything, (each) => {
        const lines = [...timelineLines(format, [each])];
        const line = lines.at(-1) ?? '';
        // Every control character but the line end would be obeyed by a terminal.
        expect([...line.slice(0, -1)].filter((char) => char < ' ' || char === '\x7f')).toEqual([]);
        if (format === 'bodyfile') expect(line.split('|')).toHaveLength(11);
        if (format === 'l2tcsv') expect(readCsv(line.slice(0, -1))).toHaveLength(17);
        if (format === 'jsonl') expect(JSON.parse(line)).toMatchObject({ message: each.message });
      }),
      { seed: 1 },
    );
  });

  it('is in the order of time, what has none first', () => {
    const events = [event({ time: 3n }), event({ time: null }), event({ time: 1n })];
    expect(inTime(events).map(({ time }) => time)).toEqual([null, 1n, 3n]);
  });
});

/** One record as RFC 4180 has it. */
function readCsv(line: string): string[] {
  const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)];
  // All of the line is fields.
  expect(fields.map(([whole]) => whole).join('')).toBe(line);
  return fields.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}
