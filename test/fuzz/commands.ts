import { nodeLibrary } from '../../src/cli/nodeLibrary.ts';
import { runCommand } from '../../src/cli/runCommand.ts';
import { recorded } from '../cli/fakeTerminal.ts';
import { contractTroubles } from '../tools/scanDocumentShape.ts';
import { type Pick, pickFrom } from './random.ts';

/** Statuses of an answer: all is well, no trace of ZFS, what was asked for is not there, something was not read. */
const ANSWERS = new Set([0, 1, 2, 3]);
/** What a terminal acts on; line ends are taken out before. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** What is asked about. */
export interface Subject {
  readonly paths: readonly string[];
  readonly txg: bigint;
  /** Names that `--needs` and `object` can be asked for. */
  readonly datasets: readonly string[];
}

/** Argument lines without the sources: a scan, and some of all the others, with the options that reach other code. */
export function commandLines({ txg, datasets }: Subject, pick: Pick): string[][] {
  const dataset = pickFrom(pick, datasets.length === 0 ? ['tank'] : datasets);
  const form = (): string[] => (pick(2) === 0 ? ['--json'] : []);
  // All txgs now and then; else those that the lie is about.
  const range = pick(6) === 0 ? [] : ['--min-txg', `${txg > 2n ? txg - 2n : 0n}`];
  const scan = [
    'scan',
    '--depth',
    'data',
    ...range,
    ...pickFrom(pick, [['--json'], ['--json'], ['--all'], [], ['--json-lines']]),
  ];
  const others = [
    ['verify', '--txg', `${txg}`, ...form(), ...(pick(2) === 0 ? ['--depth', 'meta'] : [])],
    ['datasets', '--txg', `${txg}`, ...form()],
    ['snapshots', '--txg', `${txg}`, ...form()],
    ['history', '--txg', `${txg}`, ...form()],
    ['labels', ...form()],
    ['ring', ...form()],
    ['carve', ...form()],
    ['scan', '--timeline', pickFrom(pick, ['bodyfile', 'l2tcsv', 'jsonl'])],
    ['scan', '--depth', 'mos', ...range, '--needs', dataset, '--before', 'zfs ', ...form()],
    [
      'object',
      '--txg',
      `${txg}`,
      ...pickFrom(pick, [
        ['mos', `${pick(64)}`],
        [dataset, `${pick(8)}`],
      ]),
      ...form(),
    ],
  ];
  return [scan, ...others.filter(() => pick(2) === 0)];
}

/** What a command line came to. */
export interface Ran {
  readonly line: string;
  readonly status: number;
  /** Why this is a bug; empty when it is none. */
  readonly wrong: readonly string[];
  /** Milliseconds of the processor. */
  readonly cpu: number;
}

/** Runs one command line as the program does, in this process. */
export async function runLine(line: readonly string[], { paths }: Subject): Promise<Ran> {
  const { terminal, out, err } = recorded();
  const before = process.cpuUsage();
  const status = await runCommand([...line, ...paths], terminal, async () => nodeLibrary());
  const { user, system } = process.cpuUsage(before);
  const wrong: string[] = [];
  if (!ANSWERS.has(status)) wrong.push(`status ${status}: ${err()}`);
  for (const text of [out(), err()]) {
    const obeyed = OBEYED.exec(text.replaceAll('\n', ''));
    if (obeyed !== null) wrong.push(`a terminal obeys U+${obeyed[0].codePointAt(0)?.toString(16)}: ${around(obeyed)}`);
  }
  if (line.includes('--json') && status !== 2 && out() !== '')
    wrong.push(...documentTroubles(out(), line[0] === 'scan'));
  return { line: line.join(' '), status, wrong, cpu: (user + system) / 1000 };
}

const around = ({ index, input }: RegExpExecArray): string =>
  JSON.stringify(input.slice(Math.max(0, index - 60), index + 20));

function documentTroubles(text: string, scanned: boolean): string[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return [`no document: ${error}`];
  }
  return scanned ? contractTroubles(document) : [];
}
