import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentParts } from '../../src/document/jsonParts.ts';
import type { PoolEntry } from '../../src/document/pool.types.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import type { SourceEntry } from '../../src/document/source.types.ts';
import { type ReportChoice, reportPage } from '../../src/page/reportPage.ts';
import { documents } from '../document/arbitraryDocument.ts';
import {
  candidate,
  damagedFile,
  finding,
  incomplete,
  leaf,
  lyingMirror,
  NOW,
  pool,
  scan,
  source,
  unreadableSource,
  vdev,
  withDamage,
} from '../document/sampleDocuments.ts';

const ASSETS = { style: 'p{margin:0}', script: 'start()' };
const CHOICE: ReportChoice = { pool: null, commandLine: 'zfs-uber scan d0.img', scannedAt: NOW, pageAt: NOW };
const render = (document: ScanDocument, choice: Partial<ReportChoice> = {}) =>
  reportPage(document, ASSETS, { ...CHOICE, ...choice });

const given = (pools: readonly PoolEntry[], sources: readonly SourceEntry[]) => scan({ pools, sources });

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
/** What a person reads on the page. */
const textOf = (page: string): string =>
  page
    .replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(#?\w+);/g, (_, name: string) => ENTITIES[name] ?? '')
    .replace(/\s+/g, ' ');

/** The text of the section with that anchor. */
function sectionOf(page: string, id: string): string {
  const start = page.indexOf(`<section id="${id}"`);
  return start < 0 ? '' : textOf(page.slice(start, page.indexOf('</section>', start)));
}

describe('the answer', () => {
  it('says the verdict, the recommended txg, what it costs and the commands in the safe order', () => {
    const text = textOf(render(lyingMirror()));
    const said = [
      'Will not import as it is: the newest 5 txgs (115-119) point to metadata that never reached the disks.',
      'Txg 114 importable',
      '5 s before the newest (txg 119, 5 uberblocks later).',
      'Copy the devices, or lay overlays over them',
      'Import it read-only',
      'zpool import -d /evidence -N -f -o readonly=on -F -T 114 tank',
      'Only then import it to write',
    ];
    expect(said.map((each) => text.indexOf(each)).every((at) => at >= 0)).toBe(true);
    expect(said.map((each) => text.indexOf(each))).toEqual(
      said.map((each) => text.indexOf(each)).sort((a, b) => a - b),
    );
  });

  it('says what to do next where no txg can be named', () => {
    const text = textOf(render(incomplete()));
    expect(text).toContain('What to do next Find the missing devices');
    expect(text).not.toContain('Recommended');
  });

  it('says that nothing was found where there is no pool, and what was asked for', () => {
    const found = given([], [source('d0.img')]);
    expect(textOf(render(found, { pool: 'tank' }))).toContain('No pool with the name or guid tank here.');
    expect(textOf(render(given([], [])))).toContain('No device or image was found in what was given.');
  });

  it('says of every pool of the document which it is', () => {
    const two = given([pool({ name: 'tank', guid: '1' }), pool({ name: 'dozer', guid: '2' })], [source('d0.img')]);
    const page = render(two);
    expect(page).toContain('id="pool-1">dozer</h2>');
    expect(page).toContain('<a href="#pool-1">dozer</a>');
  });
});

describe('the sections', () => {
  it('show each txg of the rings in the table, the recommended one marked', () => {
    const page = render(lyingMirror());
    const rows = page.match(/<tr class="(best-row|row)"><t[dh]/g) ?? [];
    const { candidates } = lyingMirror().pools[0] ?? pool({});
    expect(rows.length).toBeGreaterThanOrEqual(candidates.length);
    expect(page).toContain('<tr class="best-row">');
    expect(sectionOf(page, 'pool-0-table')).toContain('Verdict');
  });

  it('say of damaged slots which txg should be there', () => {
    const torn = lyingMirror().sources[0]?.labels.map((label) => ({
      ...label,
      ring: label.ring && { ...label.ring, map: `c${'v'.repeat(25)}eeeeee` },
    }));
    const whole = source('d1.img');
    const bad = { ...whole, labels: torn ?? [], uberblocks: whole.uberblocks.filter(({ slot }) => slot !== 0) };
    const page = render(given([pool({ sources: [0, 1] })], [source('d0.img'), bad]));
    expect(sectionOf(page, 'pool-0-ring')).toContain('d1 labels 0-3: 25 txgs (95 to 119); checksum fails: 94 (slot 0)');
  });

  it('name gaps between txgs and a clock that went back', () => {
    const times = (seconds: readonly number[]) =>
      seconds.map((timestamp, at) => candidate(100 + at, at + 1, { timestamp }));
    const page = render(
      given(
        [pool({ sources: [0], candidates: times([1000, 1005, 1010, 90_000, 80_000]) })],
        [source('d0.img', { uberblocks: [] })],
      ),
    );
    const text = sectionOf(page, 'pool-0-time');
    expect(text).toContain('gap of 1 day between txg 102');
    expect(text).toContain('clock back 2 h 46 min between txg 103');
  });

  it('say whether the history of the pool is in the document, and how much of it is not', () => {
    const about = (tank: Partial<PoolEntry>) =>
      sectionOf(render(given([pool(tank)], [source('d0.img')])), 'pool-0-time');
    const event = { kind: 'history' as const, txg: '100', time: NOW, text: 'zpool scrub tank' };
    expect(about({})).toContain('The document has no history of the pool');
    const told = about({ moments: { events: [event], leftOut: 3 } });
    expect(told).toContain('The newest 1 event; 3 older ones');
    expect(told).toContain('history');
    expect(told).not.toContain('has no history');
    expect(about({ moments: { events: [], leftOut: 0 } })).toContain(
      'Nothing of the history of the pool could be read',
    );
  });

  it('show findings with their code, their evidence and their sources, the gravest first', () => {
    const found = [
      finding('pool-exported', 'info', 'It was exported.'),
      { ...finding('read-failed', 'error', 'It cannot be read.'), sources: [0], values: { offset: '4096' } },
    ];
    const text = sectionOf(render(given([pool({ findings: found })], [source('/dev/sdb')])), 'pool-0-findings');
    expect(text).toMatch(
      /Error read-failed It cannot be read\. Evidence source d0 \/dev\/sdb offset 4096 .* Note pool-exported/,
    );
  });

  it('show the tree of vdevs with what is missing', () => {
    const gone = leaf('9', null, { type: 'disk', path: '/dev/gone' });
    const vdevs = vdev('root', [vdev('mirror', [gone], { state: 'degraded' })]);
    const text = sectionOf(render(given([pool({ vdevs })], [source('d0.img')])), 'pool-0-vdevs');
    expect(text).toMatch(/degraded mirror .* missing disk last at \/dev\/gone/);
  });

  it('tell the examiner tool, engine, command, times and each source with its error', () => {
    const broken = unreadableSource('/dev/sdc', 'EIO', 'input/output error');
    const text = sectionOf(render(given([], [broken])), 'examiner');
    expect(text).toContain('zfs-uber 0.1.0');
    expect(text).toContain('Scanned 2026-11-23 09:14:07 UTC');
    expect(text).toContain('zfs-uber scan d0.img');
    expect(text).toContain(broken.error?.message ?? 'an error');
  });

  it('name the damaged files at the top, or say that they are not known, with the line that names them', () => {
    const whole = withDamage(['/x', '/<b>'].map(damagedFile));
    const top = textOf(render(whole));
    expect(top).toContain(
      'Files 2 blocks of content cannot be read, of tank/a:/x, tank/a:/<b> 2 damaged files tank/a:/x',
    );
    expect(top).toContain('zfs-uber verify --txg 119 /evidence/d0.img');
    const meta = textOf(render({ ...whole, depth: 'meta' }));
    expect(meta).toContain('Files not known: their content was not read');
    expect(meta).toContain('zfs-uber verify --txg 119 /evidence/d0.img');
  });

  it('tell the examiner the hash of what was read of each label, or that the document has none', () => {
    const read = { offsetBytes: '16384', lengthBytes: 245760, sha256: 'ab'.repeat(32) };
    const whole = source('d0.img');
    const labels = whole.labels.map((label) => (label.index === 2 ? { ...label, read } : label));
    const text = sectionOf(render(given([], [{ ...whole, labels }])), 'examiner');
    expect(text).toContain(`d0 2 16384 245760 ${'ab'.repeat(32)}`);
    expect(sectionOf(render(given([], [whole])), 'examiner')).toContain('has no hashes of what was read');
  });

  it('tell the examiner the hash of the document as scan --json prints it', () => {
    const printed = [...documentParts(lyingMirror())].join('');
    expect(sectionOf(render(lyingMirror()), 'examiner')).toContain(createHash('sha256').update(printed).digest('hex'));
  });
});

describe('the page', () => {
  it('allows its own style and script by their hashes, and nothing else', () => {
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(render(lyingMirror()))?.[1] ?? '';
    expect(policy.replaceAll('&#39;', "'").split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${hash(ASSETS.style)}`,
      `script-src ${hash(ASSETS.script)}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('has the document in it, for its script and for other programs', () => {
    const text =
      /<script type="application\/json" id="document">(.*?)<\/script>/s.exec(render(lyingMirror()))?.[1] ?? '';
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(lyingMirror())));
  });

  it('has of any document no element, attribute or end of a script that the document brought', () => {
    const hostile = `</script><img src=x onerror=alert(1)>"' onload='x`;
    fc.assert(
      fc.property(documents, (document) => {
        const names = JSON.parse(JSON.stringify(document), (key, value) =>
          ['name', 'path', 'message', 'hostname', 'why', 'brief', 'said'].includes(key) && typeof value === 'string'
            ? hostile + value
            : value,
        ) as ScanDocument;
        const page = render(names);
        expect(page).not.toContain('<img');
        expect(page.match(/<\/script>/g)).toHaveLength(2);
        const tags = page.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '').match(/<[a-z][^>]*>/g) ?? [];
        expect(
          tags.filter((tag) => /\son\w+\s*=|\sstyle\s*=|javascript:/i.test(tag.replace(/"[^"]*"/g, '""'))),
        ).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('shows no character that reorders or hides text', () => {
    const page = render(given([pool({ name: 'ta\u202enk\u200b' })], [source('d0.img')]));
    expect(page.split('<script')[0]).not.toMatch(/[\u202e\u200b]/);
    expect(textOf(page)).toContain('ta\\u{202e}nk\\u{200b}');
  });
});
