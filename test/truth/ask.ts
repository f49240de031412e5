import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { KernelAnswer } from '../tools/images.ts';
import type { MadePool } from './make.ts';

/** One import: read-only or not, of which txg (0: a plain import, F: with -F), with which flags of zpool. */
export interface Question {
  /** Name or guid, and how it is called then where that is something else. */
  readonly pool: string;
  readonly calledThen?: string | undefined;
  readonly mode: 'ro' | 'rw';
  readonly txg: string;
  /** `-m`, `-D`, `-c` for the checkpoint. */
  readonly flags: readonly string[];
  /** Paths of what is given. */
  readonly devices: readonly string[];
  /** `NAME=VALUE` of the module. */
  readonly parameters?: readonly string[];
}

/** Those that `command` hands over; all where it names a folder, or what has to be made first. */
export function devicesOf(command: readonly string[], { folder, images }: MadePool): string[] {
  const given = command.flatMap((word, i) => (command[i - 1] === '-d' ? [word] : []));
  const all = images.map((image) => join(folder, image));
  const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  if (given.length === 0 || !given.every(isFile)) return all;
  return all.filter((image) => given.includes(image));
}

/** What a printed `zpool import` asks. */
export function questionOf(command: readonly string[], made: MadePool): Question {
  const after = (word: string): string | undefined => command[command.indexOf(word) + 1];
  const renames = command.includes('-t');
  return {
    pool: (renames ? after('-t') : command.at(-1)) ?? '',
    calledThen: renames ? command.at(-1) : undefined,
    mode: command.includes('readonly=on') ? 'ro' : 'rw',
    txg: command.includes('-T') ? (after('-T') ?? '0') : '0',
    flags: [
      ...command.filter((word) => word === '-m' || word === '-D'),
      ...(command.includes('--rewind-to-checkpoint') ? ['-c'] : []),
    ],
    devices: devicesOf(command, made),
  };
}

const EMPTY = { used: 0, errs: '', health: '' };
/** Long enough for 48 devices on a machine that has other work. */
const PATIENCE_MS = 180_000;

/** OpenZFS's own code, asked one question after another; what falls over or hangs is started again for the next. */
export class Judge {
  readonly #uask: string;
  #process: ChildProcessByStdio<Writable, Readable, Readable> | null = null;

  constructor(uask: string) {
    this.#uask = uask;
  }

  /** Of the images themselves: what an import writes is forgotten after its answer. */
  async ask(question: Question): Promise<KernelAnswer> {
    const { pool, calledThen, mode, txg, flags, devices, parameters = [] } = question;
    const name = calledThen === undefined ? [] : ['-t', calledThen];
    const folder = dirname(devices[0] ?? '.');
    const words = [
      pool,
      mode,
      txg,
      folder,
      ...flags,
      ...name,
      ...parameters,
      ...devices.flatMap((path) => ['-d', path]),
    ];
    const line = words.join('\t');
    const first = await this.#exchange(line);
    // What memory decides, and not the pool, does not come twice: threads of the library race when a pool is closed.
    const { out, err, end } = first.end === 'SIGSEGV' ? await this.#exchange(line) : first;
    return end === 'hang' ? { ...EMPTY, rc: 'hang', msg: 'no answer' } : answerOf(out, err, mode, end);
  }

  close(): void {
    this.#process?.kill('SIGKILL');
    this.#process = null;
  }

  #start(): ChildProcessByStdio<Writable, Readable, Readable> {
    const started = spawn(this.#uask, ['-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    // One that has fallen over between two questions says so at the next.
    started.stdin.on('error', () => {});
    started.stdout.setEncoding('latin1');
    started.stderr.setEncoding('latin1');
    return started;
  }

  /** @returns what it printed until the end of its answer, or until it ended or was ended itself */
  #exchange(line: string): Promise<{ out: string; err: string; end: string }> {
    this.#process ??= this.#start();
    const running = this.#process;
    return new Promise((resolve) => {
      let [out, err] = ['', ''];
      const done = (end: string): void => {
        clearTimeout(timer);
        for (const stream of [running.stdout, running.stderr]) stream.removeAllListeners('data');
        running.removeAllListeners('close');
        if (end !== 'answered') this.close();
        resolve({ out, err, end });
      };
      const timer = setTimeout(() => done('hang'), PATIENCE_MS);
      running.stdout.on('data', (text: string) => {
        out += text;
        if (out.endsWith('#end\n')) done('answered');
      });
      running.stderr.on('data', (text: string) => {
        err += text;
      });
      running.on('close', (code, signal) => done(`${code ?? signal}`));
      running.stdin.write(`${line}\n`);
    });
  }
}

function answerOf(out: string, err: string, mode: 'ro' | 'rw', end: string): KernelAnswer {
  const rc = /^rc=(\d+)/m.exec(out)?.[1];
  const used = [...out.matchAll(/using uberblock with txg=(\d+)/g)].at(-1)?.[1] ?? '0';
  const errs = [...out.matchAll(/spa_load_verify found (\d+) metadata errors and (\d+) data errors/g)].at(-1);
  const why = out.split('\n').filter((line) => /FAILED|mismatch|cannot/.test(line));
  // It may fall over a damaged pool while it closes it again: that is no answer to the import.
  const answered = rc !== undefined && (rc !== '0' || mode === 'ro' || out.includes('synced='));
  if (!answered)
    return {
      ...EMPTY,
      used: Number(used),
      rc: 'panic',
      msg: /FAILED ASSERTION.*/.exec(err)?.[0] ?? (err.slice(-300) || end),
    };
  return {
    rc: rc === '0' ? 0 : 1,
    used: Number(used),
    errs: errs === undefined ? '' : `${errs[1]},${errs[2]}`,
    health: '',
    msg: rc === '0' ? '' : why.slice(-2).join('; '),
  };
}
