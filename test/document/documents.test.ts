import { describe, expect, it } from 'vitest';
import { buildLabelsDocument } from '../../src/document/labelsDocument.ts';
import { leaves, nvlistJson } from '../../src/document/nvlistJson.ts';
import { buildRingDocument } from '../../src/document/ringDocument.ts';
import { buildSourceEntry } from '../../src/document/sourceEntry.ts';
import { SourceError } from '../../src/source/source.ts';
import { labelsText } from '../../src/text/labelsText.ts';
import { labelValueText } from '../../src/text/labelValueText.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';
import { ringText } from '../../src/text/ringText.ts';
import { TOOL } from './sampleDocuments.ts';
import { DESCRIPTION, labelSurvey, nvlist, slot, survey, uberblock } from './sampleSurveys.ts';

const page = { width: 80, rows: null, unicode: true, style: PLAIN_STYLE, now: 1700000100 };

describe('buildSourceEntry', () => {
  const old = uberblock(41n);
  const newest = uberblock(42n, { mmp: { delayNs: 1n, sequence: 3, intervalMs: 1000, failIntervals: null } });
  const ring = [slot(0, 'valid', newest), slot(1, 'valid', old), slot(2, 'checksum', uberblock(43n)), slot(3, 'empty')];
  const entry = buildSourceEntry(
    survey([labelSurvey(0, ring), labelSurvey(1, ring), labelSurvey(2, [slot(0, 'valid', old)])]),
    DESCRIPTION,
  );

  it('has 64-bit quantities as decimal strings and counts as numbers', () => {
    expect(entry).toMatchObject({ sizeBytes: '67108864', offsetBytes: '0' });
    expect(entry.labels[0]).toMatchObject({
      txg: '42',
      poolGuid: '9223372036854775808',
      vdevGuid: '11',
      topGuid: '12',
    });
    expect(entry.uberblocks[0]).toMatchObject({ txg: '42', timestamp: 1700000042, guidSum: '18446744073709551615' });
  });

  it('lists each distinct uberblock whose checksum holds once, newest first, with the labels that carry it', () => {
    expect(entry.uberblocks.map(({ txg, slot: at, labels }) => [txg, at, labels])).toEqual([
      ['42', 0, [0, 1]],
      ['41', 1, [0, 1]],
      ['41', 0, [2]],
    ]);
    expect(entry.uberblocks[0]?.mmp).toEqual({ sequence: 3, intervalMs: 1000, failIntervals: null });
  });

  it('keeps uberblocks apart that differ in anything but the slot', () => {
    const rings = [
      labelSurvey(0, [slot(0, 'valid', old)]),
      labelSurvey(1, [slot(0, 'valid', { ...old, guidSum: 5n })]),
    ];
    expect(buildSourceEntry(survey(rings), DESCRIPTION).uberblocks).toHaveLength(2);
  });

  it('counts the slots of a ring and draws them as letters', () => {
    expect(entry.labels[0]?.ring).toEqual({
      slotSizeBytes: 8192,
      valid: 2,
      badChecksum: 1,
      empty: 1,
      unreadable: 0,
      map: 'vvce',
    });
  });

  it('has four labels whatever was found', () => {
    expect(entry.labels.map(({ index, status }) => [index, status])).toEqual([
      [0, 'ok'],
      [1, 'ok'],
      [2, 'ok'],
      [3, 'absent'],
    ]);
    const failed = buildSourceEntry(null, { ...DESCRIPTION, error: { code: 'EIO', message: 'no' } });
    expect(failed.labels).toHaveLength(4);
    expect(failed).toMatchObject({ error: { code: 'EIO' }, uberblocks: [] });
  });

  it('gives a time that no number holds as the largest that one does', () => {
    const forged = labelSurvey(0, [slot(0, 'valid', uberblock(1n, { timestamp: 2n ** 64n - 1n }))]);
    expect(buildSourceEntry(survey([forged]), DESCRIPTION).uberblocks[0]?.timestamp).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('nvlistJson', () => {
  it('keeps every value: 64 bits as decimal strings, bytes in hexadecimal, repeated and dangerous names', () => {
    const json = nvlistJson({
      pairs: [
        { name: 'guid', type: 'uint64', value: 2n ** 64n - 1n },
        { name: 'guid', type: 'uint64', value: 1n },
        { name: 'bytes', type: 'byte_array', value: Uint8Array.of(0, 255) },
        { name: '__proto__', type: 'string', value: 'x' },
        { name: 'many', type: 'uint64_array', value: [1n, 2n] },
        { name: 'on', type: 'boolean', value: true },
        { name: 'nan', type: 'double', value: Number.NaN },
        { name: 'lists', type: 'nvlist_array', value: [{ pairs: [] }] },
      ],
    });
    expect(JSON.stringify(json)).toBe(
      '{"guid":"18446744073709551615","guid#2":"1","bytes":"00ff","__proto__":"x","many":["1","2"],"on":true,' +
        '"nan":"NaN","lists":[{}]}',
    );
  });

  it('ends at a depth that no pool has', () => {
    let list = nvlist('x', 1n);
    for (let depth = 0; depth < 5000; depth++) list = { pairs: [{ name: 'l', type: 'nvlist', value: list }] };
    expect(JSON.stringify(nvlistJson(list))).toContain('(nested too deep)');
  });

  it('names every value by the way to it', () => {
    const json = { a: '1', b: { c: ['x', { d: true }] } };
    expect([...leaves(json)].map(({ key }) => key)).toEqual(['a', 'b.c[0]', 'b.c[1].d']);
  });
});

describe('labels', () => {
  const broken = new SourceError('EIO', 'read error', { source: 'disk0.img', offset: 262144, path: ['label 1'] });
  const document = buildLabelsDocument(TOOL, [
    {
      source: DESCRIPTION,
      survey: survey([
        labelSurvey(0, []),
        labelSurvey(1, [], { status: 'unreadable', trouble: broken, nvlist: null, config: null }),
        labelSurvey(2, [], { nvlist: nvlist('tank', 40n) }),
        labelSurvey(3, []),
      ]),
    },
    { source: { ...DESCRIPTION, path: 'gone', error: { code: 'ENOENT', message: 'gone: not there' } }, survey: null },
  ]);

  it('leave what the labels say out with quiet, and not where they differ', () => {
    const text = labelsText(page, document, { all: false, quiet: true });
    expect(text).toContain('L2: 40');
    expect(text).not.toContain('pool_guid');
  });

  it('say what a number stands for where only a table tells', () => {
    expect(labelValueText('state', '0')).toBe('0 (active)');
    expect(labelValueText('ashift', 12)).toBe('12 (sectors of 4 KiB)');
    expect(labelValueText('min_alloc', '8192')).toBe('8192 (no block takes less than 8 KiB)');
    expect(labelValueText('state', '77')).toBe('77');
    expect(labelValueText('name', '0')).toBe('0');
  });

  it('say where the copies differ; one that does not decode has no say', () => {
    expect(document.sources[0]?.differences).toEqual([{ key: 'txg', values: ['42', null, '40', '42'] }]);
  });

  it('are told as text: the state of each, what differs, and what they say, once', () => {
    expect(labelsText(page, document, { all: false, quiet: false })).toBe(
      [
        'disk0.img   64 MiB',
        '  label 0  ok, at byte 0',
        '  label 1  unreadable, at byte 262144: read error',
        '  label 2  ok, at byte 66584576',
        '  label 3  ok, at byte 66846720',
        '',
        '  The labels differ',
        '  txg',
        '    L0, L3: 42',
        '    L2: 40',
        '',
        '  What label 0 says',
        '    name: tank',
        '    txg: 42',
        '    pool_guid: 9223372036854775808',
        '    vdev_tree:',
        '      type: disk',
        '      path: /dev/tank',
        '',
        'Could not read',
        '  gone: not there (ENOENT)',
        '',
      ].join('\n'),
    );
  });
});

describe('ring', () => {
  const slots = [
    slot(0, 'valid', uberblock(40n)),
    slot(1, 'checksum', uberblock(41n)),
    slot(2, 'torn'),
    slot(3, 'empty'),
  ];
  const document = buildRingDocument(TOOL, [
    { source: DESCRIPTION, survey: survey([labelSurvey(0, slots), labelSurvey(1, slots)]) },
  ]);

  it('has every slot with its place, its state and, where the magic is, its uberblock', () => {
    const [ring] = document.sources[0]?.rings ?? [];
    expect(ring).toMatchObject({ label: 0, slotSizeBytes: 8192, slotSizeFrom: 'label', map: 'vcxe' });
    expect(ring?.slots[1]).toMatchObject({
      slot: 1,
      offsetBytes: '139264',
      state: 'checksum',
      uberblock: { txg: '41' },
    });
    expect(ring?.slots[1]?.error?.code).toBe('format-value');
    expect(ring?.slots[3]).toMatchObject({ state: 'empty', uberblock: null, error: null });
  });

  it('is with quiet the picture alone', () => {
    expect(ringText(page, document, { all: false, quiet: true })).not.toContain('SLOT');
  });

  it('is told as text: the picture, then first what is damaged', () => {
    expect(ringText(page, document, { all: false, quiet: false })).toBe(
      [
        'disk0.img   64 MiB',
        '  L0-1 |■×≠·|',
        '    4 slots of 8 KiB   ■ valid   · empty   × checksum fails   ≠ torn write',
        '',
        '  SLOT  TXG  WRITTEN              LABELS  STATE',
        '     1   41  2023-11-14 22:14:01  0-1     bad checksum  slot: expected a',
        '                                                        checksum, found another',
        '     2                            0-1     torn write    as above',
        '     0   40  2023-11-14 22:14:00  0-1     valid',
        '',
      ].join('\n'),
    );
  });
});
