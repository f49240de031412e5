import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exitStatus.ts';
import { buildExplainDocument } from '../../src/document/explainDocument.ts';
import { explainReport } from '../../src/text/explainText.ts';
import { type Page, PLAIN_STYLE } from '../../src/text/page.ts';
import { explainText } from '../../src/words/explain.ts';
import { FINDING_MEANINGS } from '../../src/words/meanings/findings.ts';
import { MESSAGE_MEANINGS } from '../../src/words/meanings/messages.ts';
import { REASON_MEANINGS } from '../../src/words/meanings/reasons.ts';
import { STATUS_MEANINGS } from '../../src/words/meanings/statuses.ts';
import { VERDICT_MEANINGS } from '../../src/words/meanings/verdicts.ts';
import { STEP_WORDS } from '../../src/words/steps.ts';
import { candidate, finding, NOW, pool, scan, TOOL } from './sampleDocuments.ts';

const codesOf = (text: string) => explainText(text).map(({ code }) => code);
const PAGE: Page = { width: 80, rows: null, unicode: true, style: PLAIN_STYLE, now: NOW };

describe('a code', () => {
  it.each([
    ...Object.keys(FINDING_MEANINGS),
    ...Object.keys(VERDICT_MEANINGS),
    ...Object.keys(REASON_MEANINGS),
    ...Object.keys(STEP_WORDS),
    ...['panic', 'hang', 'source-short', 'FormatError', 'checksum'],
  ])('%s has a meaning, without marks of Markdown', (code) => {
    const meanings = explainText(code);
    expect(meanings.map((meaning) => meaning.code)).toContain(code);
    for (const { says, todo } of meanings) expect(`${says} ${todo}`).not.toMatch(/`|\]\(/);
  });

  it('is one that two tables have', () => {
    expect(explainText('checkpoint').map(({ kind }) => kind)).toEqual(['finding', 'reason']);
  });

  it('may be the number that the command ends with', () => {
    expect(Object.keys(STATUS_MEANINGS).map(Number)).toEqual(Object.values(EXIT));
    for (const status of Object.values(EXIT)) expect(codesOf(`${status}`)).toEqual([`${status}`]);
    expect(codesOf('exit status 3')).toEqual(['3']);
  });

  it('that there is not, names the nearest', () => {
    expect(() => buildExplainDocument(TOOL, 'device-mising', null)).toThrow('did you mean device-missing?');
    expect(() => buildExplainDocument(TOOL, 'the moon', null)).toThrow("nothing is known of 'the moon'");
  });
});

/** As OpenZFS prints them, with what is in a pool made up. */
const SEEN: readonly (readonly [code: string, text: string])[] = [
  ['import-io-error', "cannot import 'tank': I/O error\n\tDestroy and re-create the pool from\n\ta backup source."],
  ['import-recreate-proposed', '\tDestroy and re-create the pool from a backup source.'],
  ['import-device-missing', "cannot import 'tank': one or more devices is currently unavailable"],
  ['import-log-missing', "The devices below are missing or corrupted, use '-m' to import the pool anyway:"],
  ['import-other-host', "cannot import 'tank': pool was previously in use from another system."],
  ['import-active-elsewhere', "cannot import 'tank': pool is imported on a (hostid: 0x1)"],
  [
    'import-hostid-not-set',
    "Cannot import 'tank': pool has the multihost property on and the\nsystem's hostid is not set.",
  ],
  ['import-unsupported-feature', "cannot import 'tank': unsupported version or feature"],
  ['import-version', "cannot import 'tank': pool is formatted using an unsupported ZFS version"],
  ['import-no-such-pool', "cannot import 'tank': no such pool available"],
  ['import-several', "cannot import 'tank': more than one matching pool"],
  ['import-exists', "cannot import 'tank': a pool with that name already exists"],
  ['import-insufficient-replicas', "cannot import 'tank': insufficient replicas"],
  ['import-rewind-offered', '\tRecovery is possible, but will result in some data loss.'],
  ['listed-missing-devices', ' status: One or more devices are missing from the system.'],
  ['listed-corrupt-metadata', 'status: The pool metadata is incomplete or corrupted and the pool cannot be\nopened.'],
  ['listed-corrupt-metadata', ' status: The pool metadata is corrupted.'],
  ['listed-corrupt-data', 'status: One or more devices has experienced an error resulting in data\n\tcorruption.'],
  ['listed-corrupt-device', ' status: One or more devices contains corrupted data.'],
  ['listed-guid-sum', "uberblock guid sum doesn't match MOS guid sum (1 != 2)"],
  ['listed-suspended', "WARNING: Pool 'tank' has encountered an uncorrectable I/O failure and has been suspended."],
  ['listed-intent-log', 'status: An intent log record could not be read.'],
  [
    'panic-segment-overlaps',
    'PANIC: zfs: rt=tank: adding segment (offset=1000 size=2000) overlapping with existing one (offset=0 size=4000)',
  ],
  ['panic-segment-overlaps', 'PANIC: zfs: adding existent segment to range tree (offset=1000 size=2000)'],
  ['panic-segment-missing', 'PANIC: zfs: rt=tank: removing nonexistent segment from range tree (offset=0 size=1000)'],
  ['panic-bad-dva', 'PANIC: metaslab_free_dva(): bad DVA 9:1:2'],
  ['panic-bad-blkptr', 'PANIC: tank: blkptr at 00000000b4f7a4a3 has invalid TYPE 101'],
  ['panic-deadlist', 'VERIFY0(dsl_deadlist_open(&dd, mos, obj)) failed'],
  ['panic-brt', 'VERIFY3(brtvd->bv_initiated) failed (0 == 1)\nPANIC at brt.c:1100:brt_vdev_lookup()'],
  ['panic-verify-indirect', 'VERIFY3P(vim, !=, NULL) failed in vdev_indirect_mapping_open'],
  ['panic-space-map', 'VERIFY0(space_map_load(sm, rt, SM_ALLOC)) failed (0 == 52)'],
  ['panic-assertion', 'VERIFY3(0 == dmu_buf_hold(mos, obj, 0, tag, &db)) failed (0 == 5)'],
  ['panic-assertion', 'PANIC at dnode.c:123:dnode_hold()'],
  ['hung-task', 'INFO: task txg_sync:1234 blocked for more than 120 seconds.'],
  ['load-no-uberblock', 'spa_load($import, config untrusted): FAILED: no valid uberblock found'],
  ['load-root-block', 'spa_load($import, config untrusted): FAILED: unable to open rootbp in dsl_pool_init [error=52]'],
  ['load-config', 'spa_load(tank, config untrusted): FAILED: unable to retrieve MOS config'],
  ['load-vdev-tree', 'spa_load(tank, config untrusted): FAILED: unable to open vdev tree [error=6]'],
  ['load-removal', 'spa_load(tank, config trusted): FAILED: spa_remove_init failed [error=5]'],
  [
    'load-directories',
    "spa_load(tank, config trusted): FAILED: couldn't get 'free_bpobj' value in MOS directory [error=5]",
  ],
  ['load-vdev-metadata', 'spa_load(tank, config trusted): FAILED: vdev_load failed [error=52]'],
  ['load-log-space-maps', 'spa_load(tank, config trusted): FAILED: spa_ld_log_spacemaps failed [error=5]'],
  ['panic-ddt', 'spa_load(tank, config trusted): FAILED: ddt_load failed [error=5]'],
  ['load-clones', 'spa_load(tank, config trusted): FAILED: brt_load failed [error=5]'],
  ['load-logs', 'spa_load(tank, config trusted): FAILED: spa_check_logs failed'],
  ['load-verify', 'spa_load(tank, config trusted): FAILED: spa_load_verify failed [error=5]'],
  [
    'load-host',
    'spa_load(tank, config trusted): FAILED: hostid verification failed: pool last accessed by host: a (hostid: 0x1)',
  ],
  ['load-failed', 'spa_load(tank, config trusted): FAILED: error getting refcount for feature x [error=5]'],
  ['load-loaded', 'spa_load(tank, config trusted): LOADED'],
  ['device-io-error', 'zio pool=tank vdev=/dev/sdb1 error=5 type=1 offset=270336 size=8192 flags=721601'],
  ['device-not-a-block-device', 'open error=15 timeout=0/1000'],
  ['pool-unavailable', '  state: UNAVAIL'],
  ['pool-unavailable', ' action: The pool cannot be imported due to damaged devices or data.'],
  ['import-recreate-proposed', '\tDestroy and re-create the pool from'],
  ['import-checksum-error', "internal error: cannot import 'tank': Invalid exchange"],
  ['dataset-does-not-open', "cannot mount 'tank/home': Input/output error"],
  ['dataset-does-not-open', "failed to own dataset 'tank/home@monday': Input/output error"],
  ['intent-log-not-opened', "WARNING: can't open objset 85, error 5"],
  ['boot-loader-error', 'ZFS: i/o error - all block copies unavailable'],
  ['kernel-fault', 'BUG: kernel NULL pointer dereference, address: 0000000000000018'],
  ['kernel-fault', 'RIP: 0010:spa_log_summary_dirty_flushed_metaslab+0x58/0x70 [zfs]'],
  ['import-other-host', "cannot import 'tank': pool may be in use from other system"],
  ['module-missing', 'The ZFS modules are not loaded.'],
];

describe('a message of OpenZFS', () => {
  it.each(SEEN)('is known as %s: %s', (code, text) => {
    expect(codesOf(text)[0]).toBe(code);
  });

  it('has a name of its own, and most have been seen here', () => {
    const codes = MESSAGE_MEANINGS.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBeGreaterThanOrEqual(60);
    expect(new Set(SEEN.map(([code]) => code)).size).toBeGreaterThanOrEqual(45);
  });

  it('is found in each line of several, once', () => {
    const log = `${SEEN.map(([, text]) => text)
      .slice(0, 10)
      .join('\n')}\n${SEEN[0]?.[1]}`;
    const codes = codesOf(log);
    expect(codes).toContain('import-io-error');
    expect(codes).toContain('import-no-such-pool');
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('has its numbers told', () => {
    expect(explainText('FAILED: vdev_load failed [error=52]')[0]?.numbers).toEqual([
      '52: a checksum fails (ECKSUM, EBADE)',
    ]);
  });

  it('is looked for in time that grows with the text, and ends', () => {
    const parts = [
      'cannot import ',
      "'",
      'VERIFY(',
      'brt_',
      'blkptr at ',
      ' has ',
      'spa_load(',
      'PANIC at ',
      'a',
      ' ',
      '\n',
      'task z_',
      'MMP writes to pool ',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 3000 }), (words) => {
        for (const text of [words.join(''), (words[0] ?? '').repeat(100_000)]) explainText(text);
      }),
      { numRuns: 20 },
    );
  });
});

describe('with sources', () => {
  const damaged = (txg: number, failsAt: string) =>
    candidate(txg, 200 - txg, { verdict: 'damaged', failsAt, reasons: ['x'] });
  const tank = pool({
    candidates: [
      damaged(119, 'spa_ld_open_rootbp'),
      damaged(118, 'vdev_load'),
      candidate(117, 1),
      candidate(116, 2, { verdict: 'unverified' }),
      candidate(115, 3, {
        hazards: [{ kind: 'panic', message: 'x', releases: '', certain: true, brief: 'x', writes: false }],
      }),
    ],
    findings: [finding('log-missing', 'warning', 'x')],
  });
  const asked = (text: string) => buildExplainDocument(TOOL, text, scan({ pools: [tank] })).meanings[0]?.pools?.[0];

  it('says which txgs have it, which are free of it, and of which that is not known', () => {
    expect(asked('spa_ld_open_rootbp')).toMatchObject({ met: ['119'], free: ['118', '117', '115'], unknown: ['116'] });
    expect(asked('vdev_load failed')).toMatchObject({ met: ['118'], free: ['117', '115'], unknown: ['119', '116'] });
    expect(asked("cannot import 'tank': I/O error")).toMatchObject({
      ...{ met: ['119', '118', '115'], free: ['117'], unknown: ['116'] },
    });
    expect(asked('damaged')).toMatchObject({ met: ['119', '118'] });
    expect(asked('PANIC at dsl_deadlist.c: dsl_deadlist_open')).toMatchObject({ met: ['115'], unknown: ['116'] });
    expect(asked('nonsense')).toMatchObject({ met: ['119', '118'] });
  });

  it('says of a finding whether the pool has it', () => {
    expect(asked('log-missing')).toMatchObject({ found: true, met: [] });
    expect(asked('device-missing')).toMatchObject({ found: false });
    expect(asked('ZFS-8000-EY')).toBeUndefined();
  });

  it('reads like this', () => {
    const text = explainReport(
      PAGE,
      buildExplainDocument(TOOL, 'vdev_load failed [error=52]', scan({ pools: [tank] })),
    );
    expect(text.split('\n')).toEqual([
      'load-vdev-metadata   OpenZFS: module/zfs/vdev.c, vdev_load',
      '  Means    The list of metaslabs or another account of a vdev does not read.',
      '  Error    52: a checksum fails (ECKSUM, EBADE)',
      '  Do       Scan all devices with zfs-uber: it says which txgs import, and what',
      '           each costs.',
      '  Here     pool tank: txg 118.',
      '  Free     pool tank: txg 117, 115.',
      '  Unknown  pool tank: txg 119, 116.',
      '',
    ]);
  });

  it('writes a command as it is typed, where a sentence begins with it', () => {
    const text = explainReport(PAGE, buildExplainDocument(TOOL, 'One or more devices contains corrupted data', null));
    expect(text).toContain('  Do       zfs-uber labels shows');
  });

  it('shows nothing that a terminal obeys', () => {
    const evil = pool({ name: 'a\x1b[2Jb', candidates: [candidate(1, 1)] });
    const text = explainReport(PAGE, buildExplainDocument(TOOL, 'damaged', scan({ pools: [evil] })));
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });
});
