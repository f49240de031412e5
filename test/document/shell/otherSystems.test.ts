import { describe, expect, it } from 'vitest';
import { overlayOf } from '../../../src/document/shell/overlay.ts';
import { stepLines } from '../../../src/document/shell/stepLines.ts';
import { CONTAINERS } from '../../../src/rewind/findings/containers.ts';
import { wholePlace } from '../../../src/rewind/importPlace.ts';
import type { Showing } from '../../../src/rewind/showing.ts';
import type { Step } from '../../../src/rewind/steps.ts';
import type { System } from '../../../src/rewind/systems.ts';
import type { ForeignKind } from '../../../src/source/foreign.ts';
import { wordsToClose, wordsToImport } from '../../../src/text/stepWords.ts';

const SYSTEMS = ['freebsd', 'darwin', 'illumos', 'windows'] as const satisfies readonly System[];
const PARAMETERS = [{ name: 'spa_load_verify_metadata', value: '0', normal: '1' }];

/** Each kind of step that is about a device, on a device of the system. */
function stepsOn(system: System): Step[] {
  const place = { ...wholePlace('/dev/da0', 'block', 'zu-d0'), ...(system === 'linux' ? {} : { system }) };
  const showings: Showing[] = [
    { kind: 'copy', place, path: '/var/tmp/zu-d0', copy: '/var/tmp/zu-d0' },
    { kind: 'as-is', place, path: '/dev/da0', copy: '' },
  ];
  return [
    { kind: 'copy', showings: showings.slice(0, 1) },
    { kind: 'repair-labels', repair: 'txg', showings: showings.slice(0, 1) },
    { kind: 'repair-labels', repair: 'fault', showings: showings.slice(0, 1) },
    ...Object.keys(CONTAINERS).map(
      (container): Step => ({ kind: 'open-container', container: container as ForeignKind, place }),
    ),
    ...(['list-holders', 'list-signatures', 'read-table', 'repair-table', 'read-part'] as const).map((kind) => ({
      kind,
      place,
    })),
    { kind: 'wipe-copy', place, at: 1 },
    { kind: 'set-parameters', parameters: PARAMETERS, system },
    { kind: 'reset-parameters', parameters: PARAMETERS, system },
  ];
}

const OF_LINUX =
  /\/sys\/|losetup|dmsetup|wipefs|partx|sgdisk|lsblk|cryptsetup|integritysetup|mdadm|vgchange|qemu-nbd|--sparse|--reflink|iflag=|oflag=|stat -c/;

describe('a line that is printed', () => {
  it.each(SYSTEMS)('on %s is of no program or file that Linux alone has', (system) => {
    for (const step of stepsOn(system))
      for (const line of stepLines(step)) expect(line, step.kind).not.toMatch(OF_LINUX);
  });

  it('on Linux is there for each step', () => {
    const known = stepsOn('linux').filter((step) => step.kind !== 'open-container');
    for (const step of known) expect(stepLines(step), step.kind).not.toEqual([]);
  });

  it.each<[System, string[], string[]]>([
    [
      'linux',
      ['echo 0 > /sys/module/zfs/parameters/spa_load_verify_metadata'],
      ['echo 1 > /sys/module/zfs/parameters/spa_load_verify_metadata'],
    ],
    ['freebsd', ['sysctl vfs.zfs.spa.load_verify_metadata=0'], ['sysctl vfs.zfs.spa.load_verify_metadata=1']],
    ['illumos', [], []],
    ['darwin', [], []],
    ['windows', [], []],
  ])('sets a parameter on %s, and sets it back: %j', (system, set, reset) => {
    expect(stepLines({ kind: 'set-parameters', parameters: PARAMETERS, system })).toEqual(set);
    expect(stepLines({ kind: 'reset-parameters', parameters: PARAMETERS, system })).toEqual(reset);
  });

  it('that is known on no such system is said to be none', () => {
    expect(wordsToImport({ kind: 'set-parameters', lines: [] })).toContain('No line for that is known on this system');
    expect(wordsToClose({ kind: 'reset-parameters', lines: [] }, false)).toBe('');
    expect(wordsToImport({ kind: 'import-read-only', lines: [] })).toBe('');
  });

  it('for an overlay is for Linux, and is there on Linux alone', () => {
    const place = wholePlace('/dev/da0', 'block', 'zu-d0');
    const overlay = (system?: System) =>
      overlayOf(
        [{ kind: 'as-is', place: system === undefined ? place : { ...place, system }, path: '/dev/da0', copy: '' }],
        ['zpool', 'import', '-d', '/dev/da0', 'tank'],
        { txg: 5n as never, checkpoint: null },
      );
    expect(overlay()?.deviceMapper).not.toEqual([]);
    expect(overlay('freebsd')).toBeNull();
  });
});
