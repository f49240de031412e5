import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ScanDocument } from '../../src/document/document.ts';
import { built, COMMAND } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';
import { contractTroubles } from '../tools/scanDocumentShape.ts';

// Ctrl-C while a source does not answer. Nothing here waits for a time: the command says when it is held, and is let go.

const HELD_READS = join(import.meta.dirname, '..', 'tools', 'heldReads.js');
let images: string[] = [];

beforeAll(async () => {
  await built();
  images = await poolImages(pool('demo'));
});

interface Held {
  readonly child: ChildProcess;
  /** Until stderr has said so. */
  readonly said: (text: string) => Promise<void>;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null; readonly stdout: string }>;
}

/** Starts a scan and waits until its read number `from` hangs. */
async function scanHeldFrom(from: number): Promise<Held> {
  const args = ['--import', HELD_READS, COMMAND, 'scan', '--json', '--depth', 'data', ...images];
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, args, {
    env: { PATH, LANG: 'C.UTF-8', HELD_FROM: `${from}` },
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

// During the survey of the labels, and deep in the judging.
describe.each([1, 60])('a scan whose read %i hangs', (from) => {
  it('ends after one Ctrl-C with a document of what is known, and status 3', async () => {
    const { child, said, ended } = await scanHeldFrom(from);
    const heard = said('Ctrl-C again ends at once');
    child.kill('SIGINT');
    await heard;
    child.send('go on');
    const { status, signal, stdout } = await ended;
    expect({ status, signal }).toEqual({ status: 3, signal: null });
    const document = JSON.parse(stdout) as ScanDocument;
    expect(document.stopped).toBe(true);
    expect(contractTroubles(document)).toEqual([]);
  });

  it('ends at once after the second Ctrl-C, and says nothing that looks like an answer', async () => {
    const { child, said, ended } = await scanHeldFrom(from);
    const heard = said('Ctrl-C again ends at once');
    child.kill('SIGINT');
    await heard;
    child.kill('SIGINT');
    // What a shell calls 130.
    expect(await ended).toEqual({ status: null, signal: 'SIGINT', stdout: '' });
  });
});
