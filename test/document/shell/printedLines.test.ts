import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOfFileName } from '../../../src/bytes/fileName.ts';
import { asciiLine } from '../../../src/bytes/shellLine.ts';
import { shellCommand } from '../../../src/bytes/shellWord.ts';
import { asTxg } from '../../../src/bytes/units.ts';
import { overlayOf } from '../../../src/document/shell/overlay.ts';
import { sliceSpec } from '../../../src/document/shell/placeLines.ts';
import { stepLines } from '../../../src/document/shell/stepLines.ts';
import { cautionSteps } from '../../../src/rewind/caution.ts';
import type { ImportPlace } from '../../../src/rewind/importPlace.ts';
import type { Showing } from '../../../src/rewind/showing.ts';
import { type Step, stepsOf } from '../../../src/rewind/steps.ts';
import type { ForeignKind } from '../../../src/source/foreign.ts';

// Whoever pastes a line runs what it says and nothing else, whatever files and pools are called.

const NAMES = [
  'a b',
  ' lead and trail ',
  "it's",
  '"quoted"',
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned #',
  '-x.img',
  'new\nline\r',
  '\x1b[2J\x07',
  '\u202eright to left',
  'größe プール',
  'raw \udcff\udc80 bytes',
  'back\\slash\\',
  '*?[a]~{x,y}!!',
  '$HOME %s \\n',
];
const PATHS = NAMES.map((name) => `/e/${name}`);

/** Programs that note how they were called; `losetup` and `readlink` say the name of a device. */
const STUBS = [
  'zpool',
  'zfs',
  'losetup',
  'dmsetup',
  'ln',
  'rm',
  'dd',
  'cp',
  'truncate',
  'readlink',
  'blockdev',
  'grep',
  'cryptsetup',
  'integritysetup',
  'geli',
  'gmirror',
  'mdconfig',
  'mdadm',
  'pvs',
  'vgchange',
  'lvs',
  'lsblk',
  'wipefs',
  'partx',
  'sgdisk',
  'zfs-uber',
];
const SAYS: Readonly<Record<string, string>> = {
  losetup: '/dev/loop7\n',
  readlink: '/dev/loop7\n',
  blockdev: '4096\n',
  grep: 'loop7\n',
  mdconfig: 'md0\n',
  pvs: '  group \n',
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-lines-'));
  for (const name of STUBS) {
    const say = SAYS[name] === undefined ? '' : `printf '${SAYS[name]}'\n`;
    const note = `printf '%s\\0' "$#" ${name} "$@" >>"$LOG"\n`;
    writeFileSync(join(folder, name), `#!/bin/bash\n${note}${say}`);
    chmodSync(join(folder, name), 0o755);
  }
  // What a loop counts with, as it is.
  writeFileSync(join(folder, 'seq'), '#!/bin/bash\nPATH=/usr/bin:/bin exec seq "$@"\n');
  chmodSync(join(folder, 'seq'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The calls that bash makes of `lines`, each a vector of words as Latin-1 text of their bytes. */
function callsOf(lines: readonly string[]): string[][] {
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const script = join(folder, 'script');
  writeFileSync(script, `${lines.join('\n')}\n`);
  const { stderr } = spawnSync('/bin/bash', ['--norc', script], {
    env: { PATH: folder, LOG: log, LC_ALL: 'C' },
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const words = readFileSync(log).toString('latin1').split('\0').slice(0, -1);
  const calls: string[][] = [];
  while (words.length > 0) calls.push(words.splice(0, Number(words.shift()) + 1));
  return calls;
}

const bytes = (word: string): string => Buffer.from(bytesOfFileName(word)).toString('latin1');
const wordsOf = (calls: readonly string[][], program: string): string[] =>
  calls.filter(([name]) => name === program).flatMap((call) => call.slice(1));

function showing(kind: Showing['kind'], path: string, at: number, part: ImportPlace['part'] = null): Showing {
  const name = `zu-d${at}`;
  const copy = kind === 'copy' || kind === 'padded-copy' ? `/var/tmp/${name}` : '';
  const place = { path, kind: 'file' as const, part, image: null, name };
  return { kind, place, copy, path: kind === 'as-is' ? path : kind === 'copy' ? copy : `/run/${name}` };
}

const COMMANDS = {
  readOnly: ['zpool', 'import', ...PATHS.flatMap((path) => ['-d', path]), '-N', '-f', '-o', 'readonly=on', 'a pool'],
  readWrite: ['zpool', 'import', ...PATHS.flatMap((path) => ['-d', path]), '-N', '-f', 'a pool'],
  pool: 'a pool',
  withoutLog: true,
  destroyed: false,
  byGuid: null,
};
const PART = { start: 4096, size: 67108864 };
const KINDS: readonly (readonly [string, readonly Showing[]])[] = [
  ['files that are given as they are', PATHS.map((path, at) => showing('as-is', path, at))],
  ['images behind loop devices', PATHS.map((path, at) => showing('loop', path, at))],
  ['parts behind loop devices', PATHS.map((path, at) => showing('loop', path, at, PART))],
  ['parts that are copied', PATHS.map((path, at) => showing('copy', path, at, PART))],
  ['disks without their front', PATHS.map((path, at) => showing('padded', path, at, { start: -1024, size: 8192 }))],
  ['disks without some bytes', PATHS.map((path, at) => showing('padded-copy', path, at, { start: -7, size: 8192 }))],
];

describe('printed lines', () => {
  const linesFor = (showings: readonly Showing[]) =>
    stepsOf({ commands: COMMANDS, showings, encrypted: true, writes: true, syncs: 2n, lostLogs: [7n] }).flatMap(
      stepLines,
    );

  it.each(KINDS)('give the programs the very paths and names: %s', (_, showings) => {
    for (const lines of [linesFor(showings), linesFor(showings).map(asciiLine)]) {
      for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      const calls = callsOf(lines);
      const given = ['losetup', 'dd', 'cp', 'zpool'].flatMap((program) => wordsOf(calls, program));
      for (const path of PATHS) expect(given.map((word) => word.replace(/^if=/, ''))).toContain(bytes(path));
      const zpool = calls.filter(([name]) => name === 'zpool').map(([, verb, ...rest]) => [verb, rest.at(-1)]);
      expect(zpool).toEqual([
        ['import', 'a pool'],
        ['export', 'a pool'],
        ['import', 'a pool'],
        ['sync', 'a pool'],
        ['sync', 'a pool'],
        ['remove', '7'],
        ['export', 'a pool'],
      ]);
    }
  });

  it('take away what they made, and nothing else', () => {
    const showings = PATHS.map((path, at) => showing('loop', path, at));
    const calls = callsOf(linesFor(showings));
    const made = calls.filter(([name]) => name === 'ln').map((call) => call.at(-1));
    const removed = calls.filter(([name]) => name === 'rm').map((call) => call.at(-1));
    expect(removed).toEqual(made);
    expect(calls.filter(([name, option]) => name === 'losetup' && option === '-d')).toHaveLength(made.length);
  });

  it('of overlays give the very paths as well, and detach each loop device', () => {
    for (const kind of ['as-is', 'loop'] as const) {
      const overlay = overlayOf(
        PATHS.map((path, at) => showing(kind, path, at)),
        COMMANDS.readWrite,
        { txg: asTxg(41n), checkpoint: null },
      );
      if (overlay === null) throw new Error('no overlay');
      const { copies, deviceMapper, deviceMapperLoop, undo } = overlay;
      for (const lines of [deviceMapper, deviceMapperLoop === null ? [] : [deviceMapperLoop]]) {
        const calls = callsOf([...copies, ...lines, undo]);
        const given = ['losetup', 'cp'].flatMap((program) => wordsOf(calls, program));
        if (copies.length + lines.length > 0) for (const path of PATHS) expect(given).toContain(bytes(path));
        const attached = calls.filter(([name, option]) => name === 'losetup' && option !== '-d').length;
        const detached = calls.filter(([name, option]) => name === 'losetup' && option === '-d');
        expect(detached.reduce((sum, call) => sum + call.length - 2, 0)).toBe(attached);
      }
    }
  });

  const places = (kind: ImportPlace['kind'], part: ImportPlace['part']) =>
    PATHS.map((path, at): ImportPlace => ({ path, kind, part, image: null, name: `zu-d${at}` }));
  const CONTAINERS_OPENED = [
    'luks',
    'bitlocker',
    'geli',
    'geom',
    'md',
    'firmware-raid',
    'lvm',
    'bcache',
    'integrity',
  ] as const;
  const OF_A_PART: ReadonlySet<Step['kind']> = new Set(['read-part', 'lay-overlay']);
  const signed = (place: ImportPlace): Step[] => [
    ...CONTAINERS_OPENED.filter((container) => place.part === null || !container.startsWith('ge')).map(
      (container) => ({ kind: 'open-container', container, place }) as const,
    ),
    { kind: 'list-holders', place },
    { kind: 'list-signatures', place },
    { kind: 'wipe-copy', place, at: 512 },
    { kind: 'repair-table', place },
    { kind: 'read-part', place },
    { kind: 'lay-overlay', vdevs: [place] },
  ];

  it.each([
    ['of images', 'file', null],
    ['of parts of images', 'file', PART],
    ['of devices', 'block', null],
    ['of parts of devices', 'block', PART],
  ] as const)('of what is no ZFS give the very paths as well: %s', (_, kind, part) => {
    for (const place of places(kind, part)) {
      for (const step of signed(place)) {
        // Nothing is registered with this machine's bcache.
        const lines = stepLines(step).map((line) => line.replace('/sys/fs/bcache/register', 'register'));
        for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        for (const written of [lines, lines.map(asciiLine)]) {
          const words = callsOf(written).flatMap((call) => call.slice(1));
          const spec = bytes(sliceSpec(place));
          const found = words.map((word) => word.replace(/^if=/, ''));
          const named = step.kind !== 'open-container' || step.container !== 'geom' || kind === 'file';
          if (named) expect(found).toContain(OF_A_PART.has(step.kind) ? spec : bytes(place.path));
        }
      }
    }
  });

  it('that open a container ask LVM for the name of the group, and of a copy alone what writes', () => {
    const [place] = places('file', null);
    if (place === undefined) throw new Error('no place');
    const calls = (container: ForeignKind) =>
      callsOf(stepLines({ kind: 'open-container', container, place }).map((line) => line.replace('/sys/fs/', '')));
    expect(calls('lvm').find(([program]) => program === 'vgchange')).toEqual(['vgchange', '-ay', 'group']);
    for (const [program, , ...words] of calls('integrity').filter(([name]) => name !== 'cp')) {
      expect([program, ...words]).not.toContain(bytes(place.path));
    }
  });

  it('of cautions name the pool as one word', () => {
    const pool = "a'b $(touch pwned)";
    const lines = [
      ...cautionSteps({ kind: 'removal-goes-on', vdev: 'mirror-1', pool }),
      ...cautionSteps({ kind: 'spare-in-use', of: '/dev/a', by: '/dev/b', pool, guids: { of: 1n, by: 2n } }),
    ].flatMap(stepLines);
    expect(callsOf(lines)).toEqual([
      ['zpool', 'remove', '-s', pool],
      ['zpool', 'detach', pool, '2'],
      ['zpool', 'detach', pool, '1'],
    ]);
  });

  it('are the same vector as in the document', () => {
    expect(callsOf([shellCommand(COMMANDS.readOnly)])).toEqual([COMMANDS.readOnly.map(bytes)]);
  });
});
