import { describe, expect, it } from 'vitest';
import type { ScanOptions } from '../../src/api/scan.ts';
import type { Sources } from '../../src/api/session.ts';
import { UsageError } from '../../src/bytes/errors.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import type { Library } from '../../src/cli/library.ts';
import { runCommand } from '../../src/cli/runCommand.ts';
import type { CandidateLine } from '../../src/document/candidateLine.ts';
import { buildLabelsDocument } from '../../src/document/labelsDocument.ts';
import { buildRingDocument } from '../../src/document/ringDocument.ts';
import { buildVerifyDocument } from '../../src/document/verifyDocument.ts';
import { viewHead } from '../../src/document/viewHead.ts';
import { NO_COMMANDS } from '../../src/rewind/commands.ts';
import { SourceError } from '../../src/source/source.ts';
import { lyingMirror, TOOL } from '../document/sampleDocuments.ts';
import { DESCRIPTION, labelSurvey, slot, survey, uberblock } from '../document/sampleSurveys.ts';
import { fakeLibrary, type Recorded, recorded } from './fakeTerminal.ts';

interface Ran extends Recorded {
  readonly status: number;
}

async function run(
  args: string,
  library: Partial<Library> = {},
  about: Parameters<typeof recorded>[0] = {},
): Promise<Ran> {
  const record = recorded(about);
  const load = async () => fakeLibrary(library);
  const status = await runCommand(args.split(' ').filter(Boolean), record.terminal, load);
  return { ...record, status };
}

const surveyed = [{ source: DESCRIPTION, survey: survey([labelSurvey(0, [slot(0, 'valid', uberblock(7n))])]) }];
const unloaded = () => Promise.reject(new Error('a mistake in the arguments loads nothing'));

describe('scan', () => {
  it('hands its options to the library', async () => {
    const asked: [Sources, ScanOptions | undefined][] = [];
    const scan: Library['scan'] = async (sources, choice) => {
      asked.push([sources, choice]);
      return lyingMirror();
    };
    const { status } = await run('scan a b --depth data --pool tank --min-txg 5 --max-txg 9', { scan });
    expect(status).toBe(0);
    expect(asked).toMatchObject([[['a', 'b'], { depth: 'data', pool: 'tank', minTxg: 5n, maxTxg: 9n }]]);
  });

  it('reads the history for a page, for who asks for it, and for nobody else', async () => {
    const asked: (boolean | undefined)[] = [];
    const scan: Library['scan'] = async (_sources, options) => {
      asked.push(options?.history);
      return lyingMirror();
    };
    await run('scan a --html p.html', { scan });
    await run('scan a --json --with-history', { scan });
    await run('scan a --json', { scan });
    expect(asked).toEqual([true, true, false]);
  });

  it('prints with --json the document and nothing else', async () => {
    const { out, err } = await run('scan a --json', {}, { outIsTerminal: true });
    expect(JSON.parse(out())).toEqual(lyingMirror());
    expect(err()).toBe('');
  });

  it('prints text as wide as the terminal, coloured only there', async () => {
    const wide = await run('scan a', {}, { columns: 120, outIsTerminal: true });
    expect(wide.out()).toContain(
      '\x1b[31mWill not import as it is: the newest 5 txgs (115-119) point to metadata that never',
    );
    const piped = await run('scan a');
    expect(piped.out()).toContain('point to metadata that\n');
    expect(piped.out()).not.toContain('\x1b');
  });

  it('refuses a range of txgs that is empty', async () => {
    const { status, err } = await run('scan a --min-txg 9 --max-txg 5');
    expect(status).toBe(2);
    expect(err()).toContain('--min-txg 9 is above --max-txg 5');
  });
});

describe('scan with an aim, or as a stream', () => {
  it('hands on every --needs, the command and the wait', async () => {
    const asked: (ScanOptions | undefined)[] = [];
    const scan: Library['scan'] = async (_, choice) => {
      asked.push(choice);
      return lyingMirror();
    };
    await run('scan a --needs tank/a --needs=tank/b@s:/f --before destroy --watch 30', { scan });
    expect(asked).toMatchObject([{ needs: ['tank/a', 'tank/b@s:/f'], before: 'destroy', watchSeconds: 30 }]);
  });

  it('prints a line of JSON a candidate and ends with the document in one', async () => {
    const line: CandidateLine = {
      schema: 'zfs-uber/candidate/1',
      pool: { name: 'tank\u202e', guid: '1' },
      ...{ txg: '7', timestamp: 1, copies: 8, taken: true, verdict: 'importable' },
      ...{ metadataErrors: 0, dataErrors: null, reasons: [], reasonData: [], failsAt: null, hazards: [] },
    };
    const scan: Library['scan'] = async (_, { onCandidate } = {}) => {
      onCandidate?.(line);
      return lyingMirror();
    };
    const { out, status } = await run('scan a --json-lines', { scan });
    const lines = out().trimEnd().split('\n');
    expect(lines.map((each) => JSON.parse(each))).toEqual([line, lyingMirror()]);
    expect(out()).not.toContain('\u202e');
    expect(status).toBe(0);
  });

  it('is partly done when it was stopped', async () => {
    const { status } = await run('scan a --json', { scan: async () => ({ ...lyingMirror(), stopped: true }) });
    expect(status).toBe(3);
  });

  it.each(['--json --json-lines', '--timeline jsonl --json', '--timeline excel', '--watch 100000'])(
    'refuses %s',
    async (options) => {
      expect((await run(`scan a ${options}`)).status).toBe(2);
    },
  );
});

describe('verify', () => {
  it('wants a txg', async () => {
    const { status, err } = await run('verify a');
    expect(status).toBe(2);
    expect(err()).toContain('--txg T');
  });

  it('finds no trace of ZFS where there is no pool', async () => {
    const head = { tool: TOOL, sources: [], pool: null, ringTxgs: [], uberblock: null, passedOver: [], error: null };
    const nothing = {
      depth: 'data',
      examination: null,
      commands: NO_COMMANDS,
      toImport: [],
      located: [],
      counted: null,
      stopped: false,
    } as const;
    const verify = async () => buildVerifyDocument(viewHead(head), nothing);
    const { status, out } = await run('verify a --txg 5 --json', { verify });
    expect(status).toBe(1);
    expect(JSON.parse(out())).toMatchObject({ schema: 'zfs-uber/verify/1', pool: null, verdict: null });
  });
});

describe('labels and ring', () => {
  it.each(['labels', 'ring'])('%s prints text, and with --json its document', async (name) => {
    const library = {
      labels: async () => buildLabelsDocument(TOOL, surveyed),
      ring: async () => buildRingDocument(TOOL, surveyed),
    };
    const text = await run(`${name} disk0.img`, library);
    expect(text).toMatchObject({ status: 0 });
    expect(text.out()).toContain('disk0.img   64 MiB');
    const json = await run(`${name} disk0.img --json`, library);
    const document = JSON.parse(json.out());
    expect(document).toMatchObject({ schema: `zfs-uber/${name}/1`, tool: { name: 'zfs-uber', engine: 'pure' } });
    expect(document.tool).not.toHaveProperty('passedOver');
  });
});

describe('help', () => {
  it('names every command', async () => {
    const { out, status } = await run('--help');
    expect(status).toBe(0);
    for (const { name, operands, last, summary } of COMMANDS) {
      expect(out()).toContain(`zfs-uber ${name} ${operands.length === 0 ? last.usage : '...'}`);
      expect(out().replace(/\s+/g, ' ')).toContain(summary);
    }
  });

  it.each(COMMANDS)('of $name says of each word that stands on its line what it is', async (command) => {
    const { out } = await run(`${command.name} --help`, {}, { columns: 100 });
    const words = [...command.operands.map(({ name }) => name), command.last.name];
    for (const name of words) expect(out().replace(/\s+/g, ' ')).toContain(` ${name} is `);
  });

  it('of report tells of the document that it is given, and of no source', async () => {
    const { out } = await run('report --help', {}, { columns: 100 });
    expect(out()).toContain('zfs-uber report [options] SCAN.json\n');
    expect(out()).toContain('SCAN.json is the file that scan --json wrote.');
    expect(out()).not.toContain('SOURCE is a block device');
  });

  it.each(COMMANDS)('of $name names every option of the table', async ({ name, options }) => {
    const { out } = await run(`${name} --help`, {}, { columns: 100 });
    for (const [option, { describe: says }] of Object.entries(options)) {
      expect(out()).toContain(`--${option}`);
      expect(out().replace(/\s+/g, ' ')).toContain(says.split(' ').slice(0, 3).join(' '));
    }
  });
});

it('says version, engine and why no faster one', async () => {
  const { out, status } = await run('--version');
  expect(status).toBe(0);
  expect(out()).toBe('zfs-uber 0.1.0, engine pure (TypeScript; none faster: no addon is built for this machine)\n');
});

describe('what goes wrong', () => {
  it('is wrong usage in one line and a hint, without loading anything', async () => {
    const { terminal, out, err } = recorded();
    expect(await runCommand(['scan', '--jsno', 'x'], terminal, unloaded)).toBe(2);
    expect(out()).toBe('');
    expect(err()).toBe("zfs-uber: scan: unknown option --jsno; did you mean --json?\nTry 'zfs-uber scan --help'.\n");
  });

  it('is wrong usage too when the library says so', async () => {
    const scan = () => Promise.reject(new UsageError('disk@x: expected an offset in bytes'));
    const { status, err } = await run('scan disk@x', { scan });
    expect(status).toBe(2);
    expect(err()).toContain('zfs-uber: disk@x: expected an offset in bytes\n');
  });

  it('is partly done when reading fails as a whole', async () => {
    const place = { source: 'd\x1b[2J', offset: 0, path: [] };
    const scan = () => Promise.reject(new SourceError('EMFILE', 'too many open files', place));
    const { status, err } = await run('scan d', { scan });
    expect(status).toBe(3);
    expect(err()).toBe('zfs-uber: d\\x1b[2J @ 0x0: too many open files\n');
  });

  it('is a bug when it is anything else: 70, with what to report', async () => {
    const scan = () => Promise.reject(new TypeError('x is undefined'));
    const { status, out, err } = await run('scan d', { scan });
    expect(status).toBe(70);
    expect(out()).toBe('');
    expect(err()).toMatch(/^zfs-uber: TypeError: x is undefined\nThis is a bug in zfs-uber, [\s\S]*\n {4}at /);
  });
});

describe('devices that may fail', () => {
  it('are told of when the first read fails, with what is done then', async () => {
    const record = recorded({});
    const failure = new SourceError('EIO', 'read error', { source: '/dev/s\x1bdb', offset: 4096, path: [] });
    const status = await runCommand(
      ['scan', '/dev/sdb', '--device-may-fail', 'stop'],
      record.terminal,
      async (media) => {
        expect(media.mayFail).toBe('stop');
        media.onFirst?.(failure, 'stop');
        return fakeLibrary();
      },
    );
    expect(status).toBe(0);
    expect(record.err()).toBe(
      'zfs-uber: /dev/s\\x1bdb: a read failed at byte 4096 (EIO): it is not read any more (--device-may-fail)\n',
    );
  });

  it('have maps of what could not be read, which are told of', async () => {
    const maps = [{ file: 'bad.map', path: '/dev/sdb', spec: '/dev/sdb?map=bad.map', failed: 8192 }];
    const withFailedMaps: Library['withFailedMaps'] = async (_file, _specs, work) => ({ result: await work(), maps });
    const { err } = await run('scan /dev/sdb --write-map bad.map', { withFailedMaps });
    expect(err()).toContain("leaves them out with '/dev/sdb?map=bad.map'");
    expect((await run('scan /dev/sdb --write-map bad.map')).err()).toContain('bad.map is not written');
  });
  it('have no map where nothing is read', async () => {
    const withFailedMaps: Library['withFailedMaps'] = async (_file, _specs, work) => ({
      result: await work(),
      maps: [],
    });
    const { status, err } = await run('explain 3 --write-map bad.map', { withFailedMaps });
    expect([status, err()]).toEqual([2, expect.stringContaining('explain: --write-map is of what is read')]);
  });
});
