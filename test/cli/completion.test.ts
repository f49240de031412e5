import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { completionOf } from '../../src/cli/completion.ts';
import { manualPage } from '../../src/cli/manual.ts';
import { SHELLS, type Shell } from '../../src/cli/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-shells-'));
for (const name of ['disk0.img', 'disk1.img', 'a b.img']) writeFileSync(join(folder, name), '');
const scriptOf = (shell: Shell): string => {
  const file = join(folder, `completion.${shell}`);
  writeFileSync(file, completionOf(shell));
  return file;
};
const has = (program: string) => spawnSync(program, ['--version']).error === undefined;
const ask = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  expect(stderr).toBe('');
  return stdout;
};

describe.each(SHELLS)('the completion of %s', (shell) => {
  it('knows every command, every option and every value that can be told', () => {
    const script = completionOf(shell);
    for (const { name, options } of COMMANDS) {
      expect(script).toContain(name);
      for (const [option, { choices }] of Object.entries(options)) {
        expect(script).toContain(shell === 'fish' ? `-l ${option} ` : `--${option}`);
        if (choices.length > 0) expect(script).toContain(choices.join(' '));
      }
    }
  });
});

describe.skipIf(!has('bash'))('in bash', () => {
  const script = scriptOf('bash');
  const complete = (...words: readonly string[]) => {
    const body =
      'source "$0"; COMP_WORDS=(zfs-uber "$@"); COMP_CWORD=$#; _zfs_uber; for each in "$COMPREPLY" "' +
      '$' +
      '{COMPREPLY[@]:1}"; do printf "%s\\n" "$each"; done';
    return ask('bash', ['-c', body, script, ...words])
      .split('\n')
      .filter((word) => word !== '')
      .sort();
  };

  it.each([
    [['exp'], ['explain']],
    [['--h'], ['--help']],
    [['scan', '--dep'], ['--depth']],
    [
      ['scan', '--depth', 'm'],
      ['meta', 'mos'],
    ],
    [
      ['scan', '--depth', '=', 'm'],
      ['meta', 'mos'],
    ],
    [['scan', '--json', '--show', 'ri'], ['rings']],
    [['labels', '--depth'], []],
    [
      ['labels', 'disk'],
      ['disk0.img', 'disk1.img'],
    ],
    [['labels', 'a'], ['a b.img']],
    [['bundle', '-o', 'disk1'], ['disk1.img']],
    [['scan', '--pool', ''], []],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['help', 'sna'], ['snapshots']],
  ])('%j becomes %j', (words, expected) => {
    expect(complete(...words)).toEqual(expected);
  });
});

describe.skipIf(!has('fish'))('in fish', () => {
  const script = scriptOf('fish');
  const complete = (line: string) =>
    ask('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script, `zfs-uber ${line}`], {
      HOME: folder,
    })
      .split('\n')
      .flatMap((each) => each.split('\t').slice(0, 1))
      .filter((word) => word !== '')
      .sort();

  it.each([
    ['exp', ['explain']],
    ['scan --dep', ['--depth']],
    ['scan --depth m', ['meta', 'mos']],
    ['labels disk', ['disk0.img', 'disk1.img']],
    ['completion ', ['bash', 'fish', 'zsh']],
  ])('%s becomes %j', (line, expected) => {
    expect(complete(line)).toEqual(expected);
  });
});

describe.skipIf(!has('zsh'))('in zsh', () => {
  it('completes what is typed into it', () => {
    const typed = ['zfs-uber exp', 'zfs-uber scan --dept', 'zfs-uber scan --depth la', 'zfs-uber labels disk0'];
    const shown = [
      'zfs-uber explain ',
      'zfs-uber scan --depth=',
      'zfs-uber scan --depth labels ',
      'zfs-uber labels disk0.img ',
    ];
    // The words are typed into a shell that has a terminal; what they become is waited for.
    const body = `
      zmodload zsh/zpty
      zpty z "TERM=dumb zsh -f -i"
      zpty -w z "PS1=; autoload -U compinit; compinit -u -D; source $1; bindkey '^I' complete-word; print LOADE''D"
      zpty -r z out '*LOADED*'
      for typed shown in "\${@[2,-1]}"; do
        zpty -w -n z "$typed"$'\\t'
        zpty -r z out "*$shown*"
        print -r -- "$shown"
        zpty -w -n z $'\\x15'
      done
      zpty -d z`.replaceAll('\\\\', '\\');
    const words = typed.flatMap((line, at) => [line, shown[at] ?? '']);
    const { stdout } = spawnSync('zsh', ['-f', '-c', body, 'zsh', scriptOf('zsh'), ...words], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(stdout.split('\n').slice(0, -1)).toEqual(shown);
  });
});

describe('the manual page', () => {
  it('has every command with its options', () => {
    const page = manualPage('1.2.3');
    for (const { name, options } of COMMANDS) {
      expect(page).toContain(`.SS "${name}"`);
      for (const option of Object.keys(options)) expect(page).toContain(`\\-\\-${option.replaceAll('-', '\\-')}`);
    }
  });

  it.skipIf(!has('man'))('is laid out without a warning', () => {
    const file = join(folder, 'zfs-uber.1');
    writeFileSync(file, manualPage('1.2.3'));
    const text = ask('man', ['--warnings', '-l', file], { LC_ALL: 'C.UTF-8', MANWIDTH: '100' });
    expect(text).toContain('ZFS-UBER(1)');
    expect(text).toContain('--json-lines');
    expect(text).toContain("zfs-uber explain 'cannot import tank: I/O error' /dev/sdb1 /dev/sdc1");
  });
});
