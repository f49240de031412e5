import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellCommand, shellWord } from '../../src/bytes/shellWord.ts';
import type { ShellStepEntry } from '../../src/document/parts.types.ts';
import type { PoolEntry } from '../../src/document/pool.types.ts';
import { type Page, PLAIN_STYLE } from '../../src/text/page.ts';
import { scanText } from '../../src/text/scanText.ts';
import { stepsToClose } from '../../src/text/stepsText.ts';
import { lyingMirror, NOW, scan } from '../document/sampleDocuments.ts';

const PATH = "/evidence/of the größte pool/it's a very long name that no terminal of eighty columns has room for.img";
const COMMAND = ['zpool', 'import', '-d', PATH, '-N', '-f', '-F', '-T', '114', 'tank'];
const STEPS: readonly ShellStepEntry[] = [
  { kind: 'show-read-only', lines: [`ln -s "$(losetup -r -f --show ${shellWord(PATH)})" /run/zu-d0`] },
  { kind: 'import-read-only', lines: [shellCommand(COMMAND)] },
  { kind: 'copy-out', lines: ['zfs load-key -r tank', 'zfs mount -a'] },
  { kind: 'export', lines: ['zpool export tank'] },
  { kind: 'detach', lines: ['losetup -d "$(readlink /run/zu-d0)"; rm /run/zu-d0'] },
  { kind: 'show-read-write', lines: [`ln -s "$(losetup -f --show ${shellWord(PATH)})" /run/zu-d0`] },
  { kind: 'import-read-write', lines: [shellCommand(COMMAND)] },
  { kind: 'outrun', lines: ['for i in $(seq 6); do zpool sync -f tank; done'] },
  { kind: 'remove-log', lines: ['zpool remove tank 8624164002789451962'] },
  { kind: 'export', lines: ['zpool export tank'] },
];
const ALL = STEPS.flatMap(({ lines }) => lines);

function linesOf(width: number, about: Partial<Page> = {}): string[] {
  const document = lyingMirror();
  const pools = document.pools.map((pool): PoolEntry => {
    const { recommendation } = pool;
    return { ...pool, recommendation: recommendation && { ...recommendation, steps: STEPS } };
  });
  const page: Page = { width, rows: null, unicode: true, style: PLAIN_STYLE, now: NOW, ...about };
  const text = scanText(page, scan({ ...document, pools }), {
    all: true,
    newestFirst: false,
    quiet: true,
    pool: null,
    show: [],
  });
  return text.split('\n').map((line) => line.trim());
}

describe('the lines of the steps', () => {
  it.each([20, 40, 59, 60, 80, 120, 500])('stand whole and in order on a page of %i columns', (width) => {
    expect(linesOf(width).filter((line) => ALL.includes(line))).toEqual(ALL);
  });

  it('mean the same in ASCII', () => {
    const [first = ''] = linesOf(80, { unicode: false }).filter((line) => line.startsWith('zpool import'));
    expect(first).toMatch(/^[\x20-\x7e]+$/);
    const { stdout } = spawnSync('bash', ['--norc', '-c', first.replace('zpool', "printf '%s\\n'")], {
      encoding: 'utf8',
    });
    expect(stdout.split('\n').slice(0, -1)).toEqual(COMMAND.slice(1));
  });

  it('do not lead to sending a filesystem whose log is missing', () => {
    const page: Page = { width: 500, rows: null, unicode: true, style: PLAIN_STYLE, now: NOW };
    const copy: readonly ShellStepEntry[] = [{ kind: 'copy-out', lines: ['zfs mount -a'] }];
    expect(stepsToClose(page, copy, true).join('\n')).toContain('send snapshots with zfs send (not filesystems');
    expect(stepsToClose(page, copy, false).join('\n')).toContain('send filesystems and snapshots');
  });

  it('say before they write what cannot be undone, and why each that follows has to be done', () => {
    const text = linesOf(500).join('\n');
    expect(text).toContain('Load the keys and mount it below /mnt');
    expect(text).toMatch(/cannot be undone:\nln -s .*\nzpool import /);
    expect(text).toContain('Then at once (else a later import returns to the newer uberblocks):\nfor i in');
    expect(text).toContain('Then give up the lost log, or every later import needs -m again:\nzpool remove');
  });
});
