import { describe, expect, it } from 'vitest';
import { buildPoolEntry } from '../../src/document/poolEntry.ts';
import { scanFixture } from '../rewind/scanned.ts';
import { pool as fixture } from '../tools/images.ts';

async function entryOf(name: string) {
  const { devices, scan } = await scanFixture(fixture(name));
  const [judgement] = scan.judgements;
  if (judgement === undefined) throw new Error('no pool');
  return buildPoolEntry(judgement, (device) => devices.indexOf(device));
}

describe('buildPoolEntry', () => {
  it('gives the tree with the source of each leaf, and what is missing by guid, type, path and role', async () => {
    const entry = await entryOf('missing-log');
    expect(entry).toMatchObject({
      name: 'tank',
      guid: '8308416178570418486',
      state: 'active',
      version: '5000',
      hostname: 'lab',
      hostid: '67305985',
      sources: [0, 1],
      missing: [{ guid: '8624164002789451962', type: 'file', path: '/v/d2', role: 'log' }],
      guidSum: { expected: '10657043848960140758', found: '2032879846170688796', ok: false },
    });
    expect(entry.vdevs).toMatchObject({
      type: 'root',
      children: [
        { type: 'mirror', state: 'present', ashift: 12, children: [{ source: 0 }, { source: 1 }] },
        { type: 'file', role: 'log', state: 'missing', source: null },
      ],
    });
  });

  it('gives the indexes of sources, not their order in the pool', async () => {
    const { devices, scan } = await scanFixture(fixture('stale-leg'));
    const [judgement] = scan.judgements;
    if (judgement === undefined) throw new Error('no pool');
    const entry = buildPoolEntry(judgement, (device) => 7 - devices.indexOf(device));
    expect(entry.sources).toEqual([6, 7]);
    expect(entry.findings.find(({ code }) => code === 'leg-stale')?.sources).toEqual([6]);
  });

  it('survives JSON unchanged: no bigint, no undefined, no number beyond 2^53', async () => {
    const entry = await entryOf('lying-single');
    expect(JSON.parse(JSON.stringify(entry))).toEqual(entry);
    expect(entry.candidates[0]).toMatchObject({ rank: 1, verdict: 'unverified', metadataErrors: null, hazards: [] });
    expect(entry.recommendation?.txg).toBe(entry.candidates[0]?.txg);
  });
});
