import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../src/bytes/printable.ts';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { type Page, PLAIN_STYLE } from '../../src/text/page.ts';
import { type ScanTextChoice, scanText } from '../../src/text/scanText.ts';
import { SECTIONS } from '../../src/text/sections.ts';
import { documents } from '../document/arbitraryDocument.ts';
import {
  CHOSEN,
  candidate,
  damagedFile,
  finding,
  incomplete,
  label,
  lyingMirror,
  NOW,
  otherFile,
  pool,
  scan,
  source,
  stepsOf,
  uberblock,
  unreadableSource,
  unverified,
  vdev,
  withDamage,
} from '../document/sampleDocuments.ts';

const page = (width: number, about: Partial<Page> = {}): Page => ({
  width,
  rows: null,
  unicode: true,
  style: PLAIN_STYLE,
  now: NOW,
  ...about,
});
const CHOICE: ScanTextChoice = { all: false, newestFirst: false, quiet: false, pool: null, show: [] };
const render = (document: ScanDocument, width = 80, choice: Partial<ScanTextChoice> = {}, about: Partial<Page> = {}) =>
  scanText(page(width, about), document, { ...CHOICE, ...choice });
const linesOf = (text: string) => text.split('\n');

const hazard = (brief: string) => ({
  kind: 'panic',
  message: `importing this txg would crash the machine: ${brief}`,
  releases: '2.3.0-2.4.4',
  certain: true,
  brief,
  writes: false,
});

describe('the answer', () => {
  it('comes first: pool, layout, devices, last write, outlook, best txg with its loss and command', () => {
    expect(linesOf(render(lyingMirror())).slice(0, 18)).toEqual([
      'tank   mirror, 2 of 2 devices',
      '  last written 2026-11-21 09:14:07 UTC by host "lab" (2 days ago)',
      '',
      '  Will not import as it is: the newest 5 txgs (115-119) point to metadata that',
      '  never reached the disks.',
      '',
      '  Best     txg 114, 5 s before the newest (txg 119, 5 uberblocks later)',
      '           Every block of it reads.',
      '           zpool import -d /evidence -N -f -o readonly=on -F -T 114 tank',
      '  Copy     Nothing is mounted yet (-N). Mount it below /mnt, or send filesystems',
      '           and snapshots with zfs send:',
      '           zfs mount -a',
      '  Close    When done:',
      '           zpool export tank',
      '  Write    Only when what matters is copied out; cannot be undone:',
      '           zpool import -d /evidence -N -f -F -T 114 tank',
      '           The pool is in order then. Before it is imported as usual:',
      '           zpool export tank',
    ]);
  });

  it('has its heading on one line where there is room', () => {
    expect(linesOf(render(lyingMirror(), 120))[0]).toBe(
      'tank   mirror, 2 of 2 devices   last written 2026-11-21 09:14:07 UTC by host "lab" (2 days ago)',
    );
  });

  it('says that a pool imports as it is when its newest txg does', () => {
    const candidates = [candidate(119, 1), candidate(118, 2)];
    const text = render(scan({ pools: [pool({ candidates })] }), 80, { all: true });
    expect(text).toContain('Will import as it is: the newest txg (119) and all metadata below it can be\n  read.');
    expect(text).toContain('Best     txg 119, the newest: no txg is lost');
  });

  it('says that a pool imports by its guid where its name does not do', () => {
    const textOf = (byGuid: CandidateEntry['byGuid']) =>
      render(scan({ pools: [pool({ candidates: [candidate(119, 1, byGuid && { byGuid })] })] }), 120);
    expect(textOf('other-name')).toContain(
      'Will import by its guid (asked by name, zpool leaves a device out): the newest',
    );
    expect(textOf('ambiguous-name')).toContain('Will import by its guid (another pool has its name): the newest');
    expect(textOf(undefined)).toContain('Will import as it is: the newest');
  });

  it('is short where all is well: one command, a line of facts, and what is worth a note', () => {
    const findings = [finding('checkpoint', 'info', 'there is one'), finding('pool-exported', 'info', 'closed')];
    const well = scan({ pools: [pool({ findings, candidates: [candidate(119, 1), candidate(118, 2)] })] });
    const text = render(well, 200);
    expect(text.match(/zpool import/g)).toHaveLength(1);
    expect(text).toContain('2 txgs in the rings (119 to 118), all import; all 8 labels sound;');
    expect(text).toContain('Note     there is one (checkpoint)');
    expect(text).not.toMatch(/VERDICT|■|closed/);
    for (const worse of [
      { findings: [finding('leg-stale', 'warning', 'x')] },
      { state: 'destroyed' as const },
      {
        candidates: [candidate(119, 1), candidate(118, 2, { hazards: [hazard('x')] })],
      },
    ]) {
      expect(render(scan({ pools: [pool({ candidates: [candidate(119, 1)], ...worse })] })), 'x').toContain('VERDICT');
    }
  });

  it('does not say that nothing is lost where newer uberblocks are destroyed', () => {
    const candidates = [candidate(119, 1), candidate(118, 2)];
    const { recommendation } = pool({ candidates });
    const destroyed = recommendation && { ...recommendation, destroyedNewest: ['120', '122'] };
    const text = render(scan({ pools: [pool({ candidates, recommendation: destroyed })] }), 120, { all: true });
    expect(text).toContain('but not its last state');
    expect(text).toContain('txgs 120 and 122 were written after it but their');
    expect(text).not.toContain('no txg is lost');
  });

  it('does not say that all is there where the pool wrote to devices that are not here', () => {
    const candidates = [candidate(119, 1), candidate(118, 2)];
    const { recommendation } = pool({ candidates });
    const textOf = (elsewhere: { afterTxg: string; certain: boolean }) =>
      render(
        scan({ pools: [pool({ candidates, recommendation: recommendation && { ...recommendation, elsewhere } })] }),
        200,
        {
          all: true,
        },
      );
    const certain = textOf({ afterTxg: '40', certain: true });
    expect(certain).toContain('Will import, but files lack what was written to a vdev after txg 40');
    expect(certain).toContain('the newest, but without all that was written after txg 40');
    expect(textOf({ afterTxg: '119', certain: false })).toContain('missing devices may have gone on alone');
    expect(certain).not.toContain('no txg is lost');
  });

  it('says of a device that left the pool that import passes it over, not that nothing is on it', () => {
    const left = pool({ candidates: [], recommendation: null, findings: [finding('detached-device', 'warning', 'x')] });
    const text = render(scan({ sources: [source('d0', { uberblocks: [] })], pools: [left] }), 200);
    expect(text).toContain('Nothing to import as it is: what was given are devices that left the pool');
  });

  it('asks for missing devices before any way out', () => {
    const document = incomplete();
    const waysOut = [
      {
        kind: 'missing-tops' as const,
        txg: '119',
        verdict: 'readonly' as const,
        parameters: [{ name: 'zfs_max_missing_tvds', value: '1' }],
        onFreeBsd: [],
        steps: [],
        commandReadOnly: [],
        commandReadWrite: [],
        risks: [],
        tops: ['raidz1-0'],
        metadataErrors: null,
      },
    ];
    const findings = [finding('device-missing', 'error', 'x')];
    const pools = document.pools.map((each) => ({ ...each, recommendation: null, findings, waysOut }));
    const text = render({ ...document, pools }, 200);
    expect(text).toContain('Next     Find the missing devices first');
  });

  it('names first what was asked for, and never says that a pool imports when no txg meets that', () => {
    const aim = finding('aimed-needs', 'error', 'None of 1 candidate has tank/x whole.');
    const unmet = pool({ candidates: [candidate(119, 1)], recommendation: null, findings: [aim] });
    const lines = linesOf(render(scan({ pools: [unmet] }), 120));
    expect(lines[2]).toBe('  Asked for with --needs: None of 1 candidate has tank/x whole.');
    expect(lines.join('\n')).not.toContain('Will import');
    expect(lines.filter((line) => line.includes('Asked for'))).toHaveLength(1);
    const met = pool({ candidates: [candidate(119, 1)], findings: [{ ...aim, severity: 'info' }] });
    expect(render(scan({ pools: [met] }))).toContain('Txg 119 meets that and imports.');
  });

  it('says at the top that it was stopped, and that sources could not be read', () => {
    const open = candidate(118, 2, { verdict: 'unverified' });
    const stopped = scan({ stopped: true, pools: [pool({ candidates: [candidate(119, 1), open] })] });
    expect(linesOf(render(stopped))[0]).toBe(
      '  Stopped before the end: 1 of 2 txgs were judged; the best of all may be',
    );
    const unread = scan({ sources: [...scan().sources, unreadableSource('/dev/sdz', 'EIO', 'input/output error')] });
    expect(linesOf(render(unread))[0]).toContain('1 of 3 sources could not be read in full');
  });

  it('does not offer to write where only a read-only import works', () => {
    const newest = candidate(119, 1, {
      verdict: 'readonly',
      reasons: ['a space map fails'],
    });
    const steps = stepsOf(newest);
    const recommendation = {
      ...newest,
      steps,
      why: 'it reads',
      whyData: CHOSEN,
      alternatives: [],
      cautions: [],
      cautionData: [],
      cautionSteps: [],
    };
    const text = render(scan({ pools: [pool({ candidates: [newest], recommendation })] }));
    expect(text).toContain('only read-only (txg 119): a space map fails.');
    expect(text).toContain('Read-write this txg does not import');
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
    const hazards = [hazard('a range of a space map overlaps')];
    const candidates = [candidate(119, 2, { hazards }), candidate(118, 1, { hazards })];
    const text = render(scan({ pools: [pool({ candidates })] }), 120);
    expect(text).toContain(
      '  DANGER   importing txg 119, 118 WOULD CRASH THE MACHINE: a range of a space map overlaps\n',
    );
    expect(text).toMatch(/119 .* WOULD CRASH THE MACHINE/);
  });

  it('shows danger in red, in the answer and in the table', () => {
    const hazards = [hazard('x')];
    const reasons = ['a range overlaps'];
    const candidates = [candidate(119, 1, { verdict: 'damaged', hazards, reasons })];
    const style = { ...PLAIN_STYLE, bad: (text: string) => `<${text}>` };
    const text = render(scan({ pools: [pool({ candidates, recommendation: null })] }), 120, {}, { style });
    expect(text).toContain('<importing txg 119 WOULD CRASH THE MACHINE: x>');
    expect(text).toContain('<WOULD CRASH THE MACHINE: a range overlaps>');
  });

  it('does not call a txg the newest when newer ones were left out as asked', () => {
    const candidates = [candidate(110, 1)];
    const text = render(scan({ pools: [pool({ candidates })] }));
    expect(text).toContain('The txgs after 110 up to the newest, 119, were left out as asked and not\n  judged.');
    expect(text).toContain('txg 110, 9 s before the newest (txg 119, 9 uberblocks later)');
    expect(text).toContain('last written 2026-11-21 09:14:07 UTC');
  });

  it('describes a layout of several kinds of vdevs and leaves removed ones out', () => {
    const tops = [vdev('mirror', []), vdev('mirror', []), vdev('hole', []), vdev('file', [], { role: 'log' })];
    expect(render(scan({ pools: [pool({ vdevs: vdev('root', tops) })] }))).toContain('2 x mirror + log file, ');
  });

  it('tells of the recommended txg its snapshots and intent logs, and last how to lay an overlay', () => {
    const best = candidate(114, 1);
    const snapshot = { name: 'tank/a@s', creationTime: NOW, creationTxg: '100', vmsynced: true };
    const recommendation = {
      ...best,
      why: 'the newest that imports',
      whyData: CHOSEN,
      alternatives: [],
      cautions: [],
      cautionData: [],
      cautionSteps: [],
      steps: [...stepsOf(best), { kind: 'outrun' as const, lines: ['for i in $(seq 6); do zpool sync -f tank; done'] }],
      snapshots: { count: 7, incomplete: false, newest: [snapshot] },
      intentLog: [{ dataset: 'tank/a', replays: 3, dropped: false, broken: false }],
      overlay: {
        copies: [],
        deviceMapper: ['truncate x', 'dmsetup create x'],
        deviceMapperLoop: null,
        undo: 'dmsetup remove x',
        qemu: [],
        plain: ['zfs-uber', 'overlay'],
        commandReadWrite: ['zpool', 'import', '-d', '/dev/mapper/x'],
      },
    };
    const text = render(scan({ pools: [pool({ recommendation })] }));
    expect(text).toContain(
      '  Holds    7 snapshots, the newest tank/a@s (2026-11-23 09:14:07 UTC, VMs in\n           step)\n' +
        '           intent log of tank/a: 3 records, replayed when it is mounted\n           read-write\n',
    );
    expect(text).toMatch(
      /\n {4}truncate x\n {4}dmsetup create x\n {4}zpool import -d \/dev\/mapper\/x\n.*\n {4}zpool export tank\n {4}dmsetup remove x\n$/,
    );
    expect(text).toContain('Then at once (else a later import returns to the newer uberblocks):\n           for i in');
  });

  it('names the first damaged files of the recommended txg, counts the rest, and says what names all', () => {
    const text = render(withDamage(['/x', '/y', '/z', '/v', '/w'].map(damagedFile)));
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'Damaged 5 blocks of content cannot be read, of tank/a:/x, tank/a:/y, tank/a:/z and 2 more files. All that is damaged: zfs-uber verify --txg 119 /evidence/d0.img',
    );
  });

  it('lays many overlays in one line', () => {
    const lines = (at: number) => [`truncate ${at}`, `dmsetup create ${at}`];
    const overlay = {
      copies: [],
      deviceMapper: [0, 1, 2].flatMap(lines),
      deviceMapperLoop: 'i=0; for d in a b c; do dmsetup create; done',
      undo: '',
      qemu: [],
      plain: [],
      commandReadWrite: [],
    };
    const { recommendation } = pool();
    const text = render(scan({ pools: [pool({ recommendation: recommendation && { ...recommendation, overlay } })] }));
    expect(text).toContain('\n    i=0; for d in a b c; do dmsetup create; done\n');
    expect(text).not.toContain('truncate');
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
    const findings = Array.from({ length: 14 }, (_, at) => finding(at < 13 ? 'watched' : 'multihost', 'info', 'x'));
    expect(render(scan({ pools: [pool({ findings })] }))).toContain('4 more findings: --all');
    expect(render(scan({ pools: [pool({ findings })] }), 80, { all: true })).toContain('(multihost)');
  });
});

describe('the table', () => {
  it('lists the best txgs first and says how to see the rest', () => {
    const lines = linesOf(render(lyingMirror()));
    const head = lines.findIndex((line) => /^ +TXG {2}WRITTEN +LOSS {2}VERDICT {5}WHY$/.test(line));
    expect(lines.slice(head + 1, head + 8)).toEqual([
      '      114  09:14:02              5 s  importable',
      '   113-94  09:14:01-09:13:42  6-25 s  importable  20 txgs likewise',
      '      119  09:14:07                -  damaged     object set at 0:1a2b000 fails',
      '                                                  its checksum on both legs',
      '  118-115  09:14:06-09:14:03   1-4 s  damaged     4 txgs likewise',
      '                                                  each txg by itself: --all',
      '',
    ]);
  });

  it('lists the newest first on request', () => {
    const lines = linesOf(render(lyingMirror(), 120, { newestFirst: true }));
    const txgs = lines.flatMap((line) => /^ +(\d+(?:-\d+)?) {2}09:/.exec(line)?.[1] ?? []);
    expect(txgs).toEqual(['119', '118-115', '114', '113-94']);
  });

  it('never speaks of a range that holds a txg of which something else is true', () => {
    const odd = new Set([110, 105]);
    const candidates = Array.from({ length: 20 }, (_, at) => {
      const verdict = odd.has(119 - at) ? ('damaged' as const) : ('importable' as const);
      return candidate(119 - at, odd.has(119 - at) ? 19 + at : at + 1, { verdict });
    });
    const text = render(scan({ pools: [pool({ candidates, findings: [finding('multihost', 'warning', 'x')] })] }), 120);
    for (const [, from = '', to = ''] of text.matchAll(/^ +(\d+)-(\d+) .* importable /gm)) {
      for (const each of odd) expect(each > Number(from) || each < Number(to), `${from}-${to}`).toBe(true);
    }
    expect(text).toMatch(/ 118-111 .* 8 txgs likewise/);
  });

  it('has one row for txgs that fail at blocks of their own, whatever words say so, and none for different steps', () => {
    const lost = (txg: number, step: string, copies?: string[]): CandidateEntry =>
      candidate(txg, 120 - txg, {
        verdict: 'damaged',
        because: 'damage',
        reasons: [`block ${txg}`],
        reasonData: [
          { code: 'unreadable', step, brief: `words ${txg} ${'x'.repeat(txg % 3)}`, ...(copies && { copies }) },
        ],
      });
    const candidates = Array.from({ length: 12 }, (_, at) => lost(119 - at, 'spa_load_verify', [`0:${at}000`]));
    candidates.push(...Array.from({ length: 4 }, (_, at) => lost(107 - at, 'spa_ld_get_props')));
    candidates.push(...Array.from({ length: 4 }, (_, at) => lost(103 - at, 'spa_ld_open_aux_vdevs')));
    const text = render(scan({ pools: [pool({ candidates, recommendation: null })] }), 120, { newestFirst: true });
    expect(text).toMatch(/ 118-108 .* 11 txgs likewise, each for blocks of its own/);
    expect(text).toMatch(/ 106-104 .* 3 txgs likewise/);
    expect(text).toMatch(/ 102-100 .* 3 txgs likewise/);
  });

  it('says after a split whose history a txg is of, and counts its loss from the newest of that', () => {
    const candidates = [
      candidate(119, 1, { copies: 4, sources: [0] }),
      candidate(117, 2, { copies: 4, sources: [1], lossSeconds: 0, timestamp: NOW }),
      candidate(116, 3, { copies: 4, sources: [1], timestamp: NOW - 3 }),
      candidate(110, 4),
    ];
    const text = render(scan({ pools: [pool({ candidates, findings: [finding('history-diverged', 'error', 'x')] })] }));
    expect(text).toMatch(/ 119 .* - {2}d0 /);
    expect(text).toMatch(/ 117 .* - {2}d1 /);
    expect(text).toMatch(/ 116 .* 3 s {2}d1 /);
    expect(text).toMatch(/ 110 .* 9 s {2}all /);
    expect(text).not.toContain('no txg is lost');
  });

  it('does not count a loss where the clock went back', () => {
    const candidates = [candidate(119, 1), candidate(118, 2, { timestamp: NOW + 60, lossSeconds: 0 })];
    const text = render(scan({ pools: [pool({ candidates })] }), 80, { all: true });
    expect(text).toMatch(/ 118 .* \? /);
    expect(text).toContain('LOSS ?');
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
    const reasons = ['the root block (0:1a2b000, 0:2) fails its checksum on every copy: d @ 0x1, d @ 0x2'];
    const said = 'the root block (0:1a2b000) fails its checksum on every copy';
    const step = 'spa_ld_open_rootbp';
    const reasonData = [{ code: 'root-block' as const, step, brief: said }];
    const candidates = [candidate(119, 1, { verdict: 'damaged', reasons, reasonData, failsAt: step })];
    const document = scan({ pools: [pool({ candidates, recommendation: null })] });
    const text = render(document, 160);
    expect(text).toContain(`${said}\n`);
    expect(text).toContain(`the newest txg (119) is damaged: ${said}.`);
    expect(text).not.toContain('spa_ld');
    expect(render(document, 160, { all: true })).toContain(
      `${said}; it fails to read the root block (spa_ld_open_rootbp)`,
    );
  });

  it('shows every txg with all', () => {
    const text = render(lyingMirror(), 80, { all: true });
    expect(text.match(/importable$/gm)).toHaveLength(21);
    expect(text).not.toContain('--all');
  });

  it('wraps a reason beside its row and does not repeat it', () => {
    const text = render(lyingMirror(), 80, { newestFirst: true, all: true });
    expect(text).toContain('damaged     object set at 0:1a2b000 fails its\n');
    expect(text).toMatch(/\n {2}118 {2}09:14:06 {3}1 s {5}8\/8 {2}damaged {5}as above\n/);
  });

  it('puts reasons under their rows where it is narrow', () => {
    const text = render(lyingMirror(), 40, { newestFirst: true });
    expect(text).toContain('-  damaged\n      object set at 0:1a2b000 fails its\n      checksum on both legs\n');
  });

  it('gives the date where the txgs are of several days', () => {
    const old = candidate(90, 2, { timestamp: NOW - 10 * 86400 });
    const text = render(scan({ pools: [pool({ candidates: [candidate(119, 1), old] })] }), 80, { all: true });
    expect(text).toContain(' 90  2026-11-13 09:14:07 ');
  });

  it('shows copies where some are lacking, and of how many', () => {
    const candidates = [candidate(119, 1), candidate(118, 2, { copies: 3 })];
    const text = render(scan({ pools: [pool({ candidates, findings: [finding('multihost', 'warning', 'x')] })] }), 120);
    expect(text).toMatch(/ 118 .* 3\/8 {2}importable/);
    expect(text).toContain('COPIES: in how many of the 8 label rings (4 on each device) the uberblock is whole.');
    expect(render(lyingMirror())).not.toContain('COPIES');
    const tops = Array.from({ length: 4 }, () => vdev('file', []));
    const many = scan({ pools: [pool({ vdevs: vdev('root', tops) })] });
    expect(render(many, 200)).toContain('written to 3 of the 4 top-level vdevs at most.');
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

  const many = (map: (at: number) => string) => {
    const sources = Array.from({ length: 20 }, (_, at) =>
      source(
        `/d${at}`,
        at === 17
          ? { labels: [label(0, 'vcv'), label(1, 'vvv', { status: 'empty' })] }
          : { labels: [0, 1, 2, 3].map((index) => label(index, map(at))) },
      ),
    );
    return scan({ sources, pools: [pool({ sources: sources.map((_, at) => at) })] });
  };

  it('shows of many devices the damaged ones and a count of the rest', () => {
    const text = render(many((at) => `v${'e'.repeat(at)}`));
    expect(text).toContain('d17 L0');
    expect(text).toContain('label 1 empty');
    expect(text).toContain('12 more devices: --all');
  });

  it('has one picture for all devices whose rings are equal, and a line for neighbours that look the same', () => {
    const text = render(many(() => 'vve'));
    expect(text).toContain('  d0-d16 d18 d19 L0-3 |■■·|');
    expect(text).toContain('  d17 L0              |■×■|');
    expect(text).toMatch(/ {2}d0-d16 {3}\/d0, \/d1, .*\n.*\/d16: each 128 MiB, all 4 labels ok/);
    expect(text).not.toContain('more devices');
    expect(
      render(
        many(() => 'vve'),
        80,
        { all: true },
      ),
    ).toContain('  d18 L0-3 |■■·|');
  });
});

describe('without a pool', () => {
  it('says so and what to try', () => {
    const text = render(scan({ sources: [otherFile('/x')], pools: [] }));
    expect(text).toContain('No trace of ZFS: no label and no uberblock in 1 source.');
    expect(text).toContain('PATH@OFFSET+LENGTH');
  });

  it('counts a disk and its partitions as one source', () => {
    const partition = { ...otherFile('/x@1048576+1048576'), kind: 'gpt' as const };
    const text = render(scan({ sources: [otherFile('/x'), partition], pools: [] }));
    expect(text).toContain('no label and no uberblock in 1 source and 1 partition in it.');
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
    show: fc.subarray([...SECTIONS]),
  });

  it('reaches the terminal without a character that the terminal obeys', () => {
    fc.assert(
      fc.property(
        documents,
        choices,
        fc.integer({ min: 20, max: 200 }),
        fc.boolean(),
        fc.option(fc.integer({ min: 10, max: 60 })),
        (document, choice, width, unicode, rows) => {
          const text = scanText(page(width, { unicode, rows }), document, choice);
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
