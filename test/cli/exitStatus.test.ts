import { describe, expect, it } from 'vitest';
import { labelsStatus, ringStatus, scanStatus, viewStatus } from '../../src/cli/exitStatus.ts';
import { buildLabelsDocument } from '../../src/document/labelsDocument.ts';
import { buildRingDocument } from '../../src/document/ringDocument.ts';
import { viewHead } from '../../src/document/viewHead.ts';
import type { LabelStatus } from '../../src/pool/survey.ts';
import { finding, label, otherFile, pool, scan, source, TOOL, unreadableSource } from '../document/sampleDocuments.ts';
import { DESCRIPTION, labelSurvey, slot, survey, uberblock } from '../document/sampleSurveys.ts';

const failed = unreadableSource('/dev/sdz', 'EIO', 'input/output error');
const other = otherFile('/readme');

describe('the status of a scan', () => {
  it('is 0 when a pool was found, also beside sources that have none', () => {
    expect(scanStatus(scan())).toBe(0);
    expect(scanStatus(scan({ sources: [...scan().sources, other] }))).toBe(0);
  });

  it('is 1 when there is no trace of ZFS', () => {
    expect(scanStatus(scan({ sources: [other], pools: [] }))).toBe(1);
    expect(scanStatus(scan({ sources: [], pools: [] }))).toBe(1);
  });

  it('is 3 when a source could not be opened, whatever else was found', () => {
    expect(scanStatus(scan({ sources: [...scan().sources, failed] }))).toBe(3);
    expect(scanStatus(scan({ sources: [failed], pools: [] }))).toBe(3);
  });

  it('is 3 when a label, a slot or a block could not be read', () => {
    const unreadableLabel = source('d', { labels: [label(0, 'vv', { status: 'unreadable' })] });
    const unreadableSlot = source('d', { labels: [label(0, 'vu')] });
    expect(scanStatus(scan({ sources: [unreadableLabel] }))).toBe(3);
    expect(scanStatus(scan({ sources: [unreadableSlot] }))).toBe(3);
    expect(scanStatus(scan({ pools: [pool({ findings: [finding('read-failed', 'warning', 'x')] })] }))).toBe(3);
  });

  it('is 3 when there are traces of ZFS and no pool can be made of them', () => {
    const ring = source('d', { labels: [label(0, 'cc', { status: 'empty' })], uberblocks: [] });
    expect(scanStatus(scan({ sources: [ring], pools: [] }))).toBe(3);
    expect(scanStatus(scan({ pools: [] }))).toBe(3);
  });
});

const surveyed = (...labels: Parameters<typeof survey>[0]) => [{ source: DESCRIPTION, survey: survey(labels) }];
const unopened = { source: { ...DESCRIPTION, error: { code: 'ENOENT', message: 'x' } }, survey: null };
const nothing = { status: 'bad-checksum', nvlist: null, config: null } as const;

describe('the status of labels', () => {
  it.each([
    [0, surveyed(labelSurvey(0, []))],
    [1, surveyed(labelSurvey(0, [], nothing))],
    [3, [...surveyed(labelSurvey(0, [])), unopened]],
    [3, surveyed(labelSurvey(0, []), labelSurvey(1, [], { ...nothing, status: 'unreadable' }))],
    [3, surveyed(labelSurvey(0, [], { ...nothing, status: 'malformed' }))],
  ])('is %i', (status, sources) => {
    expect(labelsStatus(buildLabelsDocument(TOOL, sources))).toBe(status);
  });
});

describe('the status of ring', () => {
  it.each([
    [0, surveyed(labelSurvey(0, [slot(0, 'valid', uberblock(1n))], nothing))],
    [1, surveyed(labelSurvey(0, [slot(0, 'garbage'), slot(1, 'empty')], nothing))],
    [3, [...surveyed(labelSurvey(0, [slot(0, 'valid', uberblock(1n))])), unopened]],
    [3, surveyed(labelSurvey(0, [slot(0, 'valid', uberblock(1n)), slot(1, 'unreadable')]))],
    [3, surveyed(labelSurvey(0, [slot(0, 'checksum', uberblock(1n))], nothing))],
  ])('is %i', (status, sources) => {
    expect(ringStatus(buildRingDocument(TOOL, sources))).toBe(status);
  });
});

describe('the status of what looks into a pool', () => {
  const error = { code: 'EIO', message: 'x' };
  const from = (...statuses: LabelStatus[]) => ({
    ...viewHead({
      ...{ tool: TOOL, ringTxgs: [], uberblock: null, passedOver: [], error: null },
      pool: null,
      sources: [{ source: DESCRIPTION, survey: survey(statuses.map((status, i) => labelSurvey(i, [], { status }))) }],
    }),
    stopped: false,
  });
  const found = { ...from('ok'), pool: { name: 'tank', guid: '1', state: 'active' } } as const;
  it.each([
    ['a pool', 0, found],
    ['nothing', 1, from('empty', 'bad-checksum')],
    ['a label without its pool', 3, from('ok')],
    ['a label that cannot be read', 3, { ...found, ...from('ok', 'unreadable'), pool: found.pool }],
    ['a pool that does not open', 3, { ...found, error }],
    ['a list that lacks something', 3, { ...found, troubles: [error] }],
    ['a dataset that lacks something', 3, { ...found, datasets: [{ troubles: [error] }] }],
    ['a read that failed late', 3, { ...found, sourceErrors: [error] }],
    ['a block that does not read', 3, { ...found, readError: error }],
    ['a stop', 3, { ...found, stopped: true }],
  ])('of %s is %i', (_, status, document) => {
    expect(viewStatus(document)).toBe(status);
  });
});
