import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfFileName, fileNameOf } from '../../src/bytes/fileName.ts';
import { posixAssignment } from '../../src/bytes/posixShell.ts';

const SHELLS = ['/bin/dash', '/usr/bin/dash', '/bin/busybox', '/bin/sh'].filter((path) => existsSync(path));

/** The bytes that a shell gives the variable. */
function assigned(shell: string, lines: readonly string[]): Buffer {
  const script = `${lines.join('\n')}\nprintf %s "$x"`;
  const args = shell.endsWith('busybox') ? ['sh', '-c', script] : ['-c', script];
  return execFileSync(shell, args);
}

describe('an assignment for a POSIX shell', () => {
  const names = fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((bytes) => fileNameOf(bytes.map((byte) => byte || 1)));

  it.skipIf(SHELLS.length === 0)('gives the variable the very bytes, whatever they are', () => {
    const some = [
      "it's",
      '$(reboot)',
      '`id`',
      'a b\n',
      '\n\n',
      '%d\\n',
      '-n',
      '',
      '\u202e',
      '\udcff',
      ...fc.sample(names, 20),
    ];
    for (const shell of SHELLS) {
      for (const name of some) {
        expect(Buffer.compare(assigned(shell, [posixAssignment('x', name)]), bytesOfFileName(name))).toBe(0);
      }
    }
  });

  it('is one line without a control character, and without what only some shells read', () => {
    fc.assert(
      fc.property(names, (name) => {
        const line = posixAssignment('x', name);
        expect(Array.from(line).every((char) => char >= ' ' && char <= '~')).toBe(true);
        expect(line).not.toMatch(/^x=\$'/);
      }),
    );
  });
});
