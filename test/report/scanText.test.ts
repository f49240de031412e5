import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanDocument } from '../../src/report/document.ts';
import { type Page, PLAIN_STYLE } from '../../src/report/text/page.ts';
import { columnsOf } from '../../src/report/text/printable.ts';
import { type ScanTextChoice, scanText } from '../../src/report/text/scanText.ts';
import { documents } from './arbitraryDocument.ts';
import {
  candidate,
  finding,
  incomplete,
  label,
  lyingMirror,
  NOW,
  otherFile,
  pool,
  scan,
  source,
  uberblock,
  unreadableSource,
  unverified,
  vdev,
} from './sampleDocuments.ts';

const page = (width: number, about: Partial<Page> = {}): Page => ({
  width,
  unicode: true,
  style: PLAIN_STYLE,
  now: NOW,
  ...about,
});
const CHOICE: ScanTextChoice = { all: false, newestFirst: false, quiet: false, pool: null };
const render = (document: ScanDocument, width = 80, choice: Partial<ScanTextChoice> = {}, about: Partial<Page> = {}) =>
  scanText(page(width, about), document, { ...CHOICE, ...choice });
const linesOf = (text: string) => text.split('\n');

describe('the answer', () => {
  it('comes first: pool, layout, devices, last write, outlook, best txg with its loss and command', () => {
    expect(linesOf(render(lyingMirror())).slice(0, 11)).toEqual([
      'tank   mirror, 2 of 2 devices',
      '  last written 2026-11-21 09:14:07 UTC by host "lab" (2 days ago)',
      '',
      '  Will not import as it is: the newest 5 txgs (115-119) point to metadata that',
      '  never reached the disks.',
      '',
      '  Best     txg 114, 5 s before the newest (5 txgs back)',
      '           Every block of it reads.',
      '           zpool import -d /evidence -N -f -o readonly=on -F -T 114 tank',
      '           To write to it again, once that worked; this cannot be undone:',
      '           zpool import -d /evidence -N -f -F -T 114 tank',
    ]);
  });

  it('has its heading on one line where there is room', () => {
    expect(linesOf(render(lyingMirror(), 120))[0]).toBe(
      'tank   mirror, 2 of 2 devices   last written 2026-11-21 09:14:07 UTC by host "lab" (2 days ago)',
    );
  });

  it('says that a pool imports as it is when its newest txg does', () => {
    const text = render(scan({ pools: [pool({ candidates: [candidate(119, 1), candidate(118, 2)] })] }));
    expect(text).toContain('Will import as it is: the newest txg (119) reads.');
    expect(text).toContain('Best     txg 119, the newest: no txg is lost');
  });

  it('does not offer to write where only a read-only import works', () => {
    const newest = candidate(119, 1, {
      verdict: 'readonly',
      reasons: ['spa_ld_load_vdev_metadata: a space map fails'],
    });
    const recommendation = { ...newest, why: 'it reads', alternatives: [], cautions: [] };
    const text = render(scan({ pools: [pool({ candidates: [newest], recommendation })] }));
    expect(text).toContain('only read-only (txg 119): a space map fails.');
    expect(text).toContain('Read-write this txg does not import.');
    expect(text).not.toContain('-f -F -T 119');
  });

  it('says of an open verdict what was checked and what was not', () => {
    const text = render(unverified());
    expect(text).toContain(
      'Not known whether it imports as it is. Checked: labels, uberblocks and the\n  root of each txg.',
    );
    expect(text).toContain('Not checked: the metadata below it and the data.');
    expect(text).toContain('Best     txg 119, the newest: no txg is lost. Not proven: it may still fail.');
    expect(text).not.toContain('To write to it again');
  });

  it('says what to do where nothing can be recommended, and names what is missing', () => {
    const text = render(incomplete());
    expect(text).toContain('raidz1 of 3, 1 of 3 devices');
    expect(text).toContain('Will not import from these sources: 2 of 3 children of raidz1-0 are missing.');
    expect(text).toContain('  Next     Find the missing devices');
    expect(text).toContain('  Missing  disk, guid 11111, last at /dev/disk/by-id/ata-B\n  Missing  disk, guid 22222\n');
  });

  it('says once of all txgs with the same danger that importing them would crash the machine', () => {
    const hazards = [{ kind: 'panic', message: 'a range of a space map overlaps' }];
    const candidates = [candidate(119, 2, { hazards }), candidate(118, 1, { hazards })];
    const text = render(scan({ pools: [pool({ candidates })] }), 120);
    expect(text).toContain(
      '  Danger   importing txg 119, 118 would crash the machine: a range of a space map overlaps\n',
    );
    expect(text).toContain('WOULD CRASH THE MACHINE.');
  });

  it('does not call a txg the newest when newer ones were left out as asked', () => {
    const candidates = [candidate(110, 1)];
    const text = render(scan({ pools: [pool({ candidates })] }));
    expect(text).toContain('The txgs after 110 up to the newest, 119, were left out as asked and not\n  judged.');
    expect(text).toContain('txg 110, 9 s before the newest (9 txgs back)');
    expect(text).toContain('last written 2026-11-21 09:14:07 UTC');
  });

  it('describes a layout of several kinds of vdevs and leaves removed ones out', () => {
    const tops = [vdev('mirror', []), vdev('mirror', []), vdev('hole', []), vdev('file', [], { role: 'log' })];
    expect(render(scan({ pools: [pool({ vdevs: vdev('root', tops) })] }))).toContain('2 x mirror + log file, ');
  });

  it('tells of the recommended txg its snapshots, its intent logs, and how to lay an overlay', () => {
    const best = candidate(114, 1);
    const snapshot = { name: 'tank/a@s', creationTime: NOW, creationTxg: '100', vmsynced: true };
    const recommendation = {
      ...best,
      why: 'the newest that imports',
      alternatives: [],
      cautions: [],
      afterReadWrite: 'for i in $(seq 6); do zpool sync -f tank; done',
      snapshots: { count: 7, incomplete: false, newest: [snapshot] },
      intentLog: [{ dataset: 'tank/a', replays: 3, dropped: false, broken: false }],
      overlay: { deviceMapper: ['truncate x', 'dmsetup create x'], qemu: [], commandReadWrite: [] },
    };
    const text = render(scan({ pools: [pool({ recommendation })] }));
    expect(text).toContain(
      '  Snaps    7, the newest tank/a@s (2026-11-23 09:14:07 UTC, VMs in step)\n' +
        '  Log      tank/a: 3 records replayed when it is mounted\n' +
        '  Overlay  What is written goes to files; import with -d /dev/mapper then:\n' +
        '           truncate x\n           dmsetup create x\n',
    );
    expect(text).toContain(
      'no import returns to the newer txgs:\n           for i in $(seq 6); do zpool sync -f tank; done',
    );
  });

  it('is all there is with quiet', () => {
    const text = render(lyingMirror(), 80, { quiet: true });
    expect(text).toContain('-T 114 tank');
    expect(text).not.toMatch(/TXG|■|Warning/);
  });
});

describe('the reasons', () => {
  it('stand worst first, with their code', () => {
    const lines = linesOf(render(lyingMirror(), 120));
    const error = lines.findIndex((line) => line.startsWith('  Error    The newest 5 uberblocks'));
    const warning = lines.findIndex((line) => line.startsWith('  Warning  /evidence/d0.img label 0 slot 12'));
    expect(error).toBeGreaterThan(0);
    expect(warning).toBeGreaterThan(error);
    expect(lines[warning + 1]).toBe('           (uberblock-checksum)');
  });

  it('are cut when they are many', () => {
    const findings = Array.from({ length: 14 }, (_, at) => finding(`code-${at}`, 'info', 'x'));
    expect(render(scan({ pools: [pool({ findings })] }))).toContain('4 more findings: --all');
    expect(render(scan({ pools: [pool({ findings })] }), 80, { all: true })).toContain('(code-13)');
  });
});

describe('the table', () => {
  it('lists the best txgs first and says how to see the rest', () => {
    const lines = linesOf(render(lyingMirror()));
    const head = lines.indexOf('  TXG  WRITTEN   LOSS  COPIES  VERDICT     WHY');
    expect(lines[head + 1]).toBe('  114  09:14:02   5 s     8/8  importable');
    expect(lines[head + 2]).toBe('   94  09:13:42  25 s     8/8  importable  20 txgs from 113 to here: likewise');
    expect(lines[head + 5]).toBe('  115  09:14:03   4 s     8/8  damaged     4 txgs from 118 to here: likewise');
    expect(lines[head + 6]).toBe(`${' '.repeat(43)}each txg by itself: --all`);
  });

  it('lists the newest first on request', () => {
    const lines = linesOf(render(lyingMirror(), 120, { newestFirst: true }));
    const head = lines.findIndex((line) => line.startsWith('  TXG'));
    const why = 'object set at 0:1a2b000 fails its checksum on both legs';
    expect(lines[head + 1]).toBe(`  119  09:14:07     -     8/8  damaged     ${why}`);
    expect(lines[head + 2]).toContain('115  09:14:03   4 s     8/8  damaged     4 txgs from 118 to here: likewise');
    expect(lines[head + 3]).toContain('114');
  });

  it('is cut where it is long, and says how to see the rest', () => {
    const candidates = Array.from({ length: 20 }, (_, at) =>
      candidate(119 - at, at + 1, { verdict: at % 2 === 0 ? 'damaged' : 'readonly' }),
    );
    const text = render(scan({ pools: [pool({ candidates, recommendation: null })] }), 80, { newestFirst: true });
    expect(text).toContain('8 older txgs: --all');
    expect(text).not.toContain('\n  107 ');
  });

  it('names the block that fails, not each place where it was looked for', () => {
    const reasons = [
      'spa_ld_open_rootbp: root block (0:1a2b000, 0:2) fails its checksum wherever it was looked for: d @ 0x1',
    ];
    const candidates = [candidate(119, 1, { verdict: 'damaged', reasons })];
    const text = render(scan({ pools: [pool({ candidates, recommendation: null })] }), 120);
    expect(text).toContain('spa_ld_open_rootbp: root block (0:1a2b000) fails its checksum\n');
    expect(text).toContain('the newest txg (119) is damaged: root block (0:1a2b000) fails its checksum.');
  });

  it('shows every txg with all', () => {
    const text = render(lyingMirror(), 80, { all: true });
    expect(text.match(/importable$/gm)).toHaveLength(21);
    expect(text).not.toContain('--all');
  });

  it('wraps a reason beside its row and does not repeat it', () => {
    const text = render(lyingMirror(), 80, { newestFirst: true, all: true });
    expect(text).toContain('damaged     object set at 0:1a2b000 fails its\n');
    expect(text).toContain('\n  118  09:14:06   1 s     8/8  damaged     as above\n');
  });

  it('puts reasons under their rows where it is narrow', () => {
    const text = render(lyingMirror(), 40, { newestFirst: true });
    expect(text).toContain(
      '  119  09:14:07     -  damaged\n      object set at 0:1a2b000 fails its\n      checksum on both legs\n',
    );
  });

  it('gives the date where the txgs are of several days', () => {
    const old = candidate(90, 2, { timestamp: NOW - 10 * 86400 });
    expect(render(scan({ pools: [pool({ candidates: [candidate(119, 1), old] })] }))).toContain(
      ' 90  2026-11-13 09:14:07 ',
    );
  });

  it('counts copies without a sum where a txg is not written to every vdev', () => {
    const tops = Array.from({ length: 4 }, () => vdev('file', []));
    expect(render(scan({ pools: [pool({ vdevs: vdev('root', tops) })] }))).toMatch(/5 s {7}8 {2}importable/);
  });
});

describe('the ring map', () => {
  it('shares a line between labels that look the same, marks the best txg and never hides damage', () => {
    const lines = linesOf(render(lyingMirror()));
    expect(lines.slice(-5)).toEqual([
      '  d0 L0   |■■■■■■■■■■■■×■■■■■■■B■■■■■······|',
      '  d0 L1-3 |■■■■■■■■■■■■■■■■■■■■B■■■■■······|',
      '  d1 L0-3 |■■■■■■■■■■■■■■■■■■■■B■■■■■······|',
      '    32 slots of 4 KiB   B best txg   ■ valid   · empty   × checksum fails',
      '',
    ]);
    const damagedBest = source('d', { labels: [label(0, 'vc')], uberblocks: [uberblock(119, 1)] });
    const text = render(
      scan({ sources: [damagedBest], pools: [pool({ sources: [0], candidates: [candidate(119, 1)] })] }),
    );
    expect(text).toContain('|■×|');
  });

  it('is ASCII where the terminal is', () => {
    const text = render(lyingMirror(), 80, {}, { unicode: false });
    expect(text).toContain('  d0 L0   |############x#######B#####......|');
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('goes on below in rows of a power of two', () => {
    const wide = source('d', { labels: [label(0, `${'v'.repeat(100)}${'e'.repeat(28)}`)] });
    const lines = linesOf(render(scan({ sources: [wide], pools: [pool({ sources: [0], recommendation: null })] })));
    expect(lines).toContain(`  d0 L0 |${'■'.repeat(64)}|`);
    expect(lines).toContain(`        |${'■'.repeat(36)}${'·'.repeat(28)}|`);
  });

  it('shows of many devices the damaged ones and a count of the rest', () => {
    const sources = Array.from({ length: 20 }, (_, at) =>
      source(`/d${at}`, at === 17 ? { labels: [label(0, 'vcv'), label(1, 'vvv', { status: 'empty' })] } : {}),
    );
    const text = render(scan({ sources, pools: [pool({ sources: sources.map((_, at) => at) })] }));
    expect(text).toContain('d17 L0');
    expect(text).toContain('label 1 empty');
    expect(text).toContain('12 more devices: --all');
  });
});

describe('without a pool', () => {
  it('says so and what to try', () => {
    const text = render(scan({ sources: [otherFile('/x')], pools: [] }));
    expect(text).toContain('No trace of ZFS: no label and no uberblock in 1 source.');
    expect(text).toContain('PATH@OFFSET+LENGTH');
  });

  it('does not claim that nothing is there when nothing could be read', () => {
    const failed = unreadableSource('/dev/sdz', 'EACCES', '/dev/sdz @ 0x0: permission denied');
    const text = render(scan({ sources: [failed], pools: [] }));
    expect(text).toContain('Nothing could be read, so nothing is known.');
    expect(text).toContain('Could not read\n  /dev/sdz @ 0x0: permission denied (EACCES)\n');
  });

  it('names the pool that was asked for', () => {
    expect(render(scan({ pools: [] }), 80, { pool: 'tnak' })).toContain('No pool with the name or guid tnak here.');
  });
});

it('lists what could not be read and what belongs to no pool last, after the pools', () => {
  const failed = unreadableSource('/dev/sdz', 'EIO', 'input/output error');
  const document = scan({ sources: [...scan().sources, otherFile('/readme'), failed] });
  expect(render(document)).toMatch(
    / {2}No pool {2}\/readme\n\nCould not read\n {2}\/dev\/sdz: input\/output error \(EIO\)\n$/,
  );
});

describe('any document', () => {
  const ESCAPES = { strong: '1', good: '32', warn: '33', bad: '31', dim: '2' };
  const paint = (code: string) => (text: string) => `\x1b[${code}m${text}\x1b[0m`;
  const colour = {
    strong: paint(ESCAPES.strong),
    good: paint(ESCAPES.good),
    warn: paint(ESCAPES.warn),
    bad: paint(ESCAPES.bad),
    dim: paint(ESCAPES.dim),
  };
  const choices = fc.record({
    all: fc.boolean(),
    newestFirst: fc.boolean(),
    quiet: fc.boolean(),
    pool: fc.option(fc.string({ unit: 'binary' })),
  });

  it('reaches the terminal without a character that the terminal obeys', () => {
    fc.assert(
      fc.property(
        documents,
        choices,
        fc.integer({ min: 20, max: 200 }),
        fc.boolean(),
        (document, choice, width, unicode) => {
          const text = scanText(page(width, { unicode }), document, choice);
          expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          expect(text.endsWith('\n')).toBe(true);
        },
      ),
    );
  });

  it('has in colour the same text, with colour codes and nothing else added', () => {
    fc.assert(
      fc.property(documents, choices, (document, choice) => {
        const coloured = scanText(page(80, { style: colour }), document, choice);
        const stripped = Object.values(ESCAPES).reduce((text, code) => text.replaceAll(`\x1b[${code}m`, ''), coloured);
        expect(stripped.replaceAll('\x1b[0m', '')).toBe(scanText(page(80), document, choice));
      }),
    );
  });

  it('breaks no page: a line is too long only where one word is, or a command', () => {
    for (const document of [lyingMirror(), unverified(), incomplete(), scan({ pools: [] })]) {
      for (const width of [40, 60, 64, 80, 120]) {
        for (const line of linesOf(render(document, width, { all: true }))) {
          if (!line.includes('zpool import')) expect(columnsOf(line), `${width}: ${line}`).toBeLessThanOrEqual(width);
        }
      }
    }
  });
});
