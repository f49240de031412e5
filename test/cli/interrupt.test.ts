import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { built, COMMAND } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';
import { contractTroubles } from '../tools/scanDocumentShape.ts';

// Ctrl-C, or a shutdown, while a source does not answer. Nothing here waits for a time: the command says when it is held,
// and is let go.

const HELD_READS = join(import.meta.dirname, '..', 'tools', 'heldReads.js');
let images: string[] = [];
let sizeBytes = 0;

beforeAll(async () => {
  await built();
  images = await poolImages(pool('demo'));
  sizeBytes = statSync(images[0] ?? '').size;
});

interface Held {
  readonly child: ChildProcess;
  /** Until stderr has said so. */
  readonly said: (text: string) => Promise<void>;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null; readonly stdout: string }>;
}

/** Which read does not answer: the first of all, or the first of what labels and rings lead to. */
type HeldRead = 'any' | 'blocks';

/** Starts a command and waits until the first such read hangs. */
async function heldFrom(from: HeldRead, command: readonly string[]): Promise<Held> {
  const args = ['--import', HELD_READS, COMMAND, ...command, ...images];
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, args, {
    env: { PATH, LANG: 'C.UTF-8', HELD: from, HELD_SIZE: `${sizeBytes}` },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const wanted: { text: string; resolve: () => void }[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const { text: each, resolve } of wanted) if (stderr.includes(each)) resolve();
  });
  const ended = once(child, 'close').then(([status, signal]) => ({ status, signal, stdout }));
  const early = ended.then((how) => Promise.reject(new Error(`it ended: ${JSON.stringify(how)}, ${stderr}`)));
  const said = (text: string) =>
    Promise.race([early, new Promise<void>((resolve) => void wanted.push({ text, resolve }))]);
  await Promise.race([early, once(child, 'message')]);
  early.catch(() => {});
  return { child, said, ended };
}

/** One signal while that read hangs, then it is let go. */
async function stopped(from: HeldRead, command: readonly string[], how: NodeJS.Signals) {
  const { child, said, ended } = await heldFrom(from, command);
  const heard = said('Ctrl-C again ends at once');
  child.kill(how);
  await heard;
  child.send('go on');
  return ended;
}

const COMMANDS = [
  [
    ['scan', '--depth', 'data'],
    ['any', 'blocks'],
  ],
  [['scan', '--depth', 'labels'], ['any']],
  [
    ['scan', '--watch', '86400'],
    ['any', 'blocks'],
  ],
  [['labels'], ['any']],
  [['ring'], ['any']],
  [
    ['verify', '--checkpoint'],
    ['any', 'blocks'],
  ],
  [
    ['verify', '--txg', '85'],
    ['any', 'blocks'],
  ],
  [['datasets'], ['any', 'blocks']],
  [['snapshots'], ['any', 'blocks']],
  [['history'], ['any', 'blocks']],
  [
    ['object', 'mos', '1'],
    ['any', 'blocks'],
  ],
  [
    ['block', '0:0:1000'],
    ['any', 'blocks'],
  ],
] as const;

const cases = COMMANDS.flatMap(([command, reads]) => reads.map((from) => [command.join(' '), from, command] as const));

describe.each(cases)('%s where the first read of %s hangs', (_, from, command) => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends after one %s with a document of what is known, and status 3',
    async (how) => {
      const { status, signal, stdout } = await stopped(from, [...command, '--json'], how);
      expect({ status, signal }).toEqual({ status: 3, signal: null });
      const document = JSON.parse(stdout);
      expect(document.stopped).toBe(true);
      // What was not read is no device that is gone.
      expect(document.sources).toHaveLength(images.length);
      if (command[0] === 'scan') expect(contractTroubles(document as ScanDocument)).toEqual([]);
    },
  );

  it('ends with text as well, which does not say that there is no ZFS', async () => {
    const { status, signal, stdout } = await stopped(from, command, 'SIGINT');
    expect({ status, signal }).toEqual({ status: 3, signal: null });
    expect(stdout).not.toMatch(/no trace of ZFS|No ZFS pool/i);
  });
});

describe.each([
  [['scan', '--json'], 'blocks'],
  [['labels'], 'any'],
  [['verify', '--json', '--txg', '85'], 'blocks'],
  [['history', '--json'], 'blocks'],
] as const)('%s', (command, from) => {
  it('ends at once after the second Ctrl-C, and says nothing that looks like an answer', async () => {
    const { child, said, ended } = await heldFrom(from, command);
    const heard = said('Ctrl-C again ends at once');
    child.kill('SIGINT');
    await heard;
    child.kill('SIGINT');
    // What a shell calls 130.
    expect(await ended).toMatchObject({ status: null, signal: 'SIGINT' });
  });
});

it.each(['any', 'blocks'] as const)(
  'scan --json-lines where the first read of %s hangs ends with the document in one line',
  async (from) => {
    const { status, stdout } = await stopped(from, ['scan', '--json-lines'], 'SIGTERM');
    expect(status).toBe(3);
    expect(stdout.endsWith('\n')).toBe(true);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { schema: string; stopped?: boolean });
    expect(lines.at(-1)).toMatchObject({ schema: 'zfs-uber/scan/1', stopped: true });
  },
);

it.each(['jsonl', 'bodyfile', 'l2tcsv'])(
  'scan --timeline %s that hangs ends with whole lines of what is known',
  async (format) => {
    const { status, stdout } = await stopped('blocks', ['scan', '--timeline', format], 'SIGINT');
    expect(status).toBe(3);
    expect(stdout.endsWith('\n')).toBe(true);
    expect(stdout.split('\n').length).toBeGreaterThan(10);
    if (format === 'jsonl') for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
  },
);

it('block --raw that hangs gives no bytes, and status 3', async () => {
  expect(await stopped('blocks', ['block', '--raw', '0:0:1000'], 'SIGINT')).toEqual({
    status: 3,
    signal: null,
    stdout: '',
  });
});
