import { fstatSync, type Stats } from 'node:fs';
import { printable } from '../bytes/printable.ts';
import { isTerminal } from '../node/isTerminal.ts';
import { outputIs, refuseOnSources } from '../node/outputIs.ts';
import { commandLine } from '../node/systemPath.ts';
import { EXIT } from './exitStatus.ts';
import type { AddonChoice } from './nodeLibrary.ts';
import { type Output, openOutput } from './output.ts';
import { runCommand } from './runCommand.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs the command with this process's arguments and streams and leaves its status in `process.exitCode`. Everything is
 * written then: the process may end.
 */
export async function run(addon: AddonChoice = {}): Promise<void> {
  const stop = new AbortController();
  const output = openOutput(() => stop.abort());
  const terminal = processTerminal(output, stop);
  const status = await runCommand(commandLine(), terminal, async (media) => {
    const { nodeLibrary } = await import('./nodeLibrary.ts');
    return nodeLibrary(addon, media);
  });
  const failure = await output.end();
  if (failure !== null) {
    terminal.err(`${printable(`zfs-uber: the output could not be written whole: ${failure.message}`, false)}\n`);
  }
  await terminal.end();
  process.exitCode = failure === null || status === EXIT.bug ? status : EXIT.unwritten;
}

/** What end() waits for: that the system has all that went to stderr. */
function processTerminal(output: Output, stop: AbortController): Terminal & { readonly end: () => Promise<void> } {
  const { env, platform } = process;
  let stderr: NodeJS.WriteStream | null = null;
  // Node takes a millisecond or two to make the stream, and most runs have nothing to say on it.
  const err = (text: string): void => {
    // Nobody is left who could be told.
    stderr ??= process.stderr.on('error', () => {});
    stderr.write(text);
  };
  return {
    out: output.write,
    end: async () => {
      const stream = stderr;
      if (stream !== null) await new Promise<void>((resolve) => void stream.write('', () => resolve()));
    },
    err,
    send: output.send,
    newFile: async (path, sources) => {
      refuseOnSources(path, sources);
      return (await import('../node/newFile.ts')).newFile(path);
    },
    outIs: outputIs,
    outIsTerminal: output.isTerminal,
    errIsTerminal: isTerminal(STDERR, statusOf(STDERR)),
    columns: output.columns,
    rows: output.rows,
    env,
    platform,
    stopped: () => {
      if (!stop.signal.aborted) hearSignals(stop, err);
      return stop.signal;
    },
    now: Date.now,
  };
}

/** Null where it is closed, or a console of Windows. */
function statusOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}

const STDERR = 2;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Node ends the process on a signal that nobody listens to: so the second one does. */
function hearSignals(stop: AbortController, err: Terminal['err']): void {
  const hear = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, hear);
    err('zfs-uber: stopping with what is known; Ctrl-C again ends at once\n');
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, hear);
}
