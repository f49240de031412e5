import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../src/document/historyDocument.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { historyText } from '../../src/text/historyText.ts';
import { type Page, PLAIN_STYLE } from '../../src/text/page.ts';
import { type ScanTextChoice, scanText } from '../../src/text/scanText.ts';
import { rowsOf } from '../../src/text/screen.ts';
import { SECTIONS } from '../../src/text/sections.ts';
import {
  candidate,
  finding,
  leaf,
  lyingMirror,
  NOW,
  pool,
  scan,
  source,
  stepsOf,
  uberblock,
  vdev,
} from '../document/sampleDocuments.ts';

const SCREEN: Page = { width: 100, rows: 40, unicode: true, style: PLAIN_STYLE, now: NOW };
const CHOICE: ScanTextChoice = { all: false, newestFirst: false, quiet: false, pool: null, show: [] };
const render = (document: ScanDocument, choice: Partial<ScanTextChoice> = {}, page: Partial<Page> = {}) =>
  scanText({ ...SCREEN, ...page }, document, { ...CHOICE, ...choice });
const height = (text: string) => rowsOf(SCREEN, text.trimEnd().split('\n'));

/** Two raidz2 of 12 by long names, 128 txgs in the rings, the newest 20 of them damaged, each for a block of its own. */
function large(): ScanDocument {
  const paths = Array.from(
    { length: 24 },
    (_, at) => `/dev/disk/by-id/ata-ST16000NM001G-2KK103_ZL2A${1000 + at}-part1`,
  );
  const map = 'v'.repeat(128);
  const sources = paths.map((path) => {
    const labels = source(path).labels.map((each) => ({ ...each, ring: each.ring && { ...each.ring, map } }));
    return source(path, { labels, uberblocks: Array.from({ length: 128 }, (_, at) => uberblock(1128 - at, 127 - at)) });
  });
  const into = (...options: string[]) => [
    ...['zpool', 'import', ...paths.flatMap((path) => ['-d', path]), '-N', '-f', ...options, 'tank'],
  ];
  const candidates = Array.from({ length: 128 }, (_, at) => {
    const lost = { verdict: 'damaged' as const, reasons: [`no copy of block 0:${at}000 is sound`] };
    return candidate(1128 - at, at < 20 ? 109 + at : at - 19, {
      ...{ copies: 96, timestamp: NOW - 5 * at, lossSeconds: 5 * at, ...(at < 20 ? lost : {}) },
      commandReadOnly: into('-o', 'readonly=on', '-F', '-T', `${1128 - at}`),
      commandReadWrite: into('-F', '-T', `${1128 - at}`),
    });
  });
  const half = (from: number) =>
    vdev(
      'raidz',
      paths.slice(0, 12).map((_, at) => leaf(`${from + at}`, from + at)),
      { nparity: 2 },
    );
  const tank = pool({
    ...{ candidates, sources: paths.map((_, at) => at), vdevs: vdev('root', [half(0), half(12)]) },
    findings: [
      finding('uberblock-ahead-of-metadata', 'error', 'The newest 20 uberblocks point to what is not on the disks.'),
      ...Array.from({ length: 20 }, (_, at) => finding('uberblock-checksum', 'warning', `slot ${at} of ${paths[at]}`)),
    ],
  });
  const best = candidates[20];
  const steps = best === undefined ? [] : stepsOf(best);
  return scan({
    sources,
    pools: [{ ...tank, recommendation: tank.recommendation && { ...tank.recommendation, steps } }],
  });
}

describe('on a screen', () => {
  it('the report is the answer, with a line for each section that says how to see it', () => {
    const text = render(lyingMirror());
    expect(text).toContain('  Best     txg 114, 5 s before the newest (txg 119, 5 uberblocks later)');
    expect(text).toContain('zpool import -d /evidence -N -f -o readonly=on -F -T 114 tank');
    expect(text).toContain('  Then     mount, copy out, close; read-write once all is copied out: --show steps\n');
    expect(text).toContain('  Txgs     26 txgs: 21 import (114 to 94), 5 damaged (119 to 115): --show txgs\n');
    expect(text).toContain('  Rings    2 devices, labels or rings damaged on d0: --show rings\n');
    expect(text).not.toMatch(/VERDICT|■|zpool export/);
    expect(text).toContain('(uberblock-checksum)');
    expect(height(text)).toBeLessThan(40);
  });

  it('nothing is folded off a terminal, where it is read later by somebody who cannot ask', () => {
    const text = render(lyingMirror(), {}, { rows: null });
    expect(text).toMatch(/VERDICT[\s\S]*■/);
    expect(text).toContain('zpool export tank');
    expect(text).not.toContain('--show');
  });

  it('a section that is asked for stands alone below the name of the pool', () => {
    const rings = render(lyingMirror(), { show: ['rings'] });
    expect(rings).toMatch(/^tank {3}mirror/);
    expect(rings).toContain('d1 L0-3 |');
    expect(rings).not.toMatch(/Best|VERDICT|--show/);
    expect(render(lyingMirror(), { show: ['txgs', 'steps'] })).toMatch(
      /Best[\s\S]*Copy[\s\S]*zpool export tank[\s\S]*VERDICT/,
    );
    expect(render(lyingMirror(), { show: ['ways'] })).toContain('  Ways out none');
  });

  it('the hashes of what was read are told to those who ask, also off a terminal', () => {
    const read = { offsetBytes: '16384', lengthBytes: 245760, sha256: 'ab'.repeat(32) };
    const found = lyingMirror();
    const sources = found.sources.map((each) => ({
      ...each,
      labels: each.labels.map((label) => (label.index === 0 ? { ...label, read } : label)),
    }));
    const hashed = { ...found, sources };
    const asked = render(hashed, { show: ['sources'] });
    expect(asked).toContain(`L0 ${'ab'.repeat(32)}\n`);
    expect(asked).toContain('L1 not all of it could be read');
    expect(render(hashed)).toMatch(/Sources {2}2 sources; .*: --show sources/);
    expect(render(hashed, {}, { rows: null })).not.toContain('abab');
    expect(render(hashed, { all: true })).toContain('abab');
  });

  it('every section is there with --all, and the answer once more at the end where it has scrolled away', () => {
    const text = render(lyingMirror(), { all: true });
    expect(text).toMatch(/VERDICT[\s\S]*■/);
    const end = text.slice(text.indexOf('The answer once more:'));
    expect(end).toContain('Best     txg 114');
    expect(text.trimEnd().endsWith('-o readonly=on -F -T 114 tank')).toBe(true);
    expect(render(lyingMirror(), { all: true }, { rows: 200 })).not.toContain('once more');
  });

  it('folds no way out that is all the answer there is', () => {
    const way = {
      ...{ kind: 'unverified' as const, txg: '119', verdict: 'readonly' as const, parameters: [], onFreeBsd: [] },
      ...{ steps: [], commandReadOnly: [], commandReadWrite: [], risks: [], tops: [], metadataErrors: 3 },
    };
    const tank = { ...pool(), waysOut: [way] };
    expect(render(scan({ pools: [tank] }))).toContain(': --show ways');
    const none = render(scan({ pools: [{ ...tank, recommendation: null }] }));
    expect(none).toMatch(/Way out {2}txg 119, the newest, imports read-only with 3 bad blocks/);
    expect(none).not.toContain('--show ways');
  });

  it('names the findings for which there is no room, and leaves out no error', () => {
    const text = render(large());
    expect(text).toContain('(uberblock-ahead-of-metadata)');
    expect(text).toMatch(/Findings \d+ more findings \(uberblock-checksum\): --show findings/);
  });

  it('a pool of 24 devices by long names with 128 txgs fits one, and off a terminal two, but for the lines to be typed', () => {
    expect(height(render(large()))).toBeLessThanOrEqual(40);
    const whole = render(large(), {}, { rows: null });
    const typed = whole.split('\n').filter((line) => /^ +zpool import/.test(line));
    expect(height(whole) - rowsOf(SCREEN, typed) + typed.length).toBeLessThanOrEqual(80);
  });

  it('every section has a line or is empty', () => {
    const text = render(large());
    const folded = SECTIONS.filter((name) => text.includes(`--show ${name}`));
    expect(folded).toEqual(['steps', 'findings', 'txgs', 'rings', 'sources']);
  });
});

describe('a history', () => {
  const record = (detail: string, about: Partial<HistoryEntry> = {}): HistoryEntry => ({
    ...{ time: NOW, txg: '4', afterTxg: null, kind: 'internal', text: 'set', detail, dataset: null, user: null },
    ...{ host: null, destructive: false, ringTxgBefore: null, ...about },
  });
  const features = Array.from({ length: 40 }, (_, at) => record(`feature@f${at}=enabled`));
  const records = [record('ashift=12'), ...features, record('', { kind: 'command', text: 'zpool create tank sdb' })];
  const head = {
    ...{
      schema: 'zfs-uber/history/1' as const,
      tool: { name: 'zfs-uber' as const, version: '0', native: false, engine: '' },
    },
    ...{
      sources: [],
      pool: { name: 'tank', guid: '1', state: 'active' as const },
      txg: '9',
      timestamp: NOW,
      error: null,
    },
    ...{ passedOver: [], ringTxgs: ['9'] },
  };
  const shown = async (page: Page, all: boolean) => {
    const lists = {
      records: async function* () {
        yield* records;
      },
    };
    const tail = () => ({ troubles: [], sourceErrors: [], stopped: false });
    let text = '';
    for await (const part of historyText(page, { head, lists, tail }, { quiet: false, all })) text += part;
    return text;
  };

  it('says in a line which features a new pool began with', async () => {
    const text = await shown(SCREEN, false);
    expect(text).toContain('set 40 features, f0 to f39 (each by itself: --all)');
    expect(text).not.toContain('feature@');
    expect(text).toContain('ashift=12');
    expect(text).toContain('zpool create tank sdb');
  });

  it('has each with --all, and where there is no screen', async () => {
    for (const text of [await shown(SCREEN, true), await shown({ ...SCREEN, rows: null }, false)]) {
      expect(text.match(/set feature@/g)).toHaveLength(40);
    }
  });
});
