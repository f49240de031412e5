import { describe, expect, it } from 'vitest';
import { ArgumentError, readArguments } from '../../src/cli/arguments.ts';
import { COMMANDS } from '../../src/cli/commands.ts';

const valuesOf = (...args: string[]) => {
  const ask = readArguments(args);
  if (ask.what !== 'run') throw new Error(`${args} asks for ${ask.what}`);
  return { command: ask.command.name, sources: ask.sources, ...ask.values };
};

describe('readArguments', () => {
  it('gives every option its default', () => {
    expect(valuesOf('scan', 'a', 'b')).toEqual({
      command: 'scan',
      sources: ['a', 'b'],
      depth: 'meta',
      pool: null,
      'min-txg': null,
      'max-txg': null,
      all: false,
      'newest-first': false,
      html: null,
      'json-lines': false,
      before: null,
      needs: [],
      timeline: null,
      watch: null,
      'with-history': false,
      zfs: null,
      json: false,
      'no-color': false,
      quiet: false,
      show: [],
      output: null,
      log: null,
      progress: false,
      'device-may-fail': 'never-twice',
      shards: [],
      'write-map': null,
      help: false,
      version: false,
    });
  });

  it('takes options before, between and after sources, with = or without', () => {
    const read = valuesOf('--json', 'scan', 'a', '--depth=mos', '--pool', 'tank', 'b', '--min-txg', '0x10', '--all');
    expect(read).toMatchObject({
      sources: ['a', 'b'],
      json: true,
      depth: 'mos',
      pool: 'tank',
      'min-txg': 16n,
      all: true,
    });
  });

  it('takes several sections in one value or in several, and none that there is not', () => {
    expect(valuesOf('scan', 'a', '--show', 'rings,txgs', '--show', 'steps')).toMatchObject({
      show: ['rings', 'txgs', 'steps'],
    });
    expect(() => valuesOf('scan', 'a', '--show', 'rings,ring')).toThrow('scan: --show: expected steps, ways, findings');
  });

  it('takes txgs up to the last 64-bit number', () => {
    expect(valuesOf('scan', 'a', '--max-txg', '18446744073709551615')['max-txg' as never]).toBe(2n ** 64n - 1n);
  });

  it('takes what follows -- as sources', () => {
    expect(valuesOf('ring', '--', '--json')).toMatchObject({ sources: ['--json'], json: false });
  });

  it('knows help before it knows mistakes', () => {
    expect(readArguments(['scan', '--help', '--nonsense'])).toMatchObject({ what: 'help', command: { name: 'scan' } });
    expect(readArguments(['help', 'ring'])).toMatchObject({ what: 'help', command: { name: 'ring' } });
    expect(readArguments(['-h'])).toEqual({ what: 'help', command: null });
    expect(readArguments(['--version'])).toEqual({ what: 'version', json: false });
  });

  it.each([
    [[], 'no command given'],
    [['--json'], 'no command given'],
    [['scna', 'x'], "unknown command 'scna'; did you mean 'scan'?"],
    [['restore', 'x'], "unknown command 'restore' (commands: scan, labels, ring, "],
    [['help', 'lables'], "unknown command 'lables'; did you mean 'labels'?"],
    [['labels'], 'labels: no SOURCE given'],
    [['report', '--html', 'x.html'], 'report: no SCAN.json given'],
    [['scan', ''], 'scan: a SOURCE is empty text'],
    [['scan', 'x', '--dpeth', 'mos'], 'scan: unknown option --dpeth; did you mean --depth?'],
    [['labels', 'x', '--depth', 'mos'], 'labels: unknown option --depth: only other commands have it'],
    [['report', 'x', '--shards', 'd'], 'report: unknown option --shards: only other commands have it'],
    [['report', 'x', '--write-map', 'm'], 'report: unknown option --write-map: only other commands have it'],
    [
      ['report', 'x', '--device-may-fail=stop'],
      'report: unknown option --device-may-fail: only other commands have it',
    ],
    [['web', 'x', '--write-map', 'm'], 'web: unknown option --write-map: only other commands have it'],
    [['web', 'x', '--json'], 'web: unknown option --json: only other commands have it'],
    [['scan', 'x', '-z'], 'scan: unknown option -z'],
    [['scan', 'x', '--toString'], 'scan: unknown option --toString'],
    [['scan', 'x', '--__proto__'], 'scan: unknown option --__proto__'],
    [['scan', 'x', '--depth'], 'scan: --depth needs a value: --depth labels|mos|meta|data'],
    [['scan', 'x', '--pool', '--json'], 'scan: --pool needs a value: --pool NAME|GUID'],
    [['scan', 'x', '--json=yes'], 'scan: --json takes no value'],
    [['scan', 'x', '--depth', 'deep'], "scan: --depth: expected labels, mos, meta, data; found 'deep'"],
    [
      ['scan', 'x', '--min-txg', '18446744073709551616'],
      "scan: --min-txg: expected a number from 0 to 18446744073709551615; found '18446744073709551616'",
    ],
    [['scan', 'x', '--max-txg=-1'], "scan: --max-txg: expected a number from 0 to 18446744073709551615; found '-1'"],
  ])('refuses %j and says what to type', (args, message) => {
    expect(() => readArguments(args)).toThrow(ArgumentError);
    expect(() => readArguments(args)).toThrow(message);
  });
});

it('has one meaning for an option that several commands take', () => {
  const kinds = new Map<string, boolean>();
  for (const { options } of COMMANDS) {
    for (const [name, { placeholder }] of Object.entries(options)) {
      expect(kinds.get(name) ?? placeholder === null, name).toBe(placeholder === null);
      kinds.set(name, placeholder === null);
    }
  }
});
