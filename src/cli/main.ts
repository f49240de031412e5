import { outputIs } from '../node/outputIs.ts';
import { EXIT } from './exitStatus.ts';
import { runCommand } from './runCommand.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs the command with this process's arguments and streams and leaves its status in `process.exitCode`: the process
 * ends when everything is written.
 */
export async function run(): Promise<void> {
  const terminal = processTerminal();
  process.exitCode = await runCommand(process.argv.slice(2), terminal, async () => {
    const { nodeLibrary } = await import('./nodeLibrary.ts');
    return nodeLibrary();
  });
}

function processTerminal(): Terminal {
  const { stdout, stderr, env, platform } = process;
  const { write: err } = writer(stderr, () => {});
  const { write: out, send } = writer(stdout, ({ message }) => {
    err(`zfs-uber: the report could not be written: ${message}\n`);
    process.exitCode = EXIT.partial;
  });
  const outIsTerminal = stdout.isTTY === true;
  const columns = outIsTerminal && stdout.columns > 0 ? stdout.columns : null;
  return {
    out,
    err,
    send,
    outIs: outputIs,
    outIsTerminal,
    errIsTerminal: stderr.isTTY === true,
    columns,
    env,
    platform,
    interrupted: () => interruptSignal(err),
    now: Date.now,
  };
}

/** Node ends the process on SIGINT where nobody listens: so the second one does. */
function interruptSignal(err: Terminal['err']): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    err('zfs-uber: stopping with what is known; Ctrl-C again ends at once\n');
    controller.abort();
  });
  return controller.signal;
}

/**
 * Writes to `stream` until it fails. That a reader goes away (`| head`) is no failure: what it has not read is not
 * missed.
 */
function writer(stream: NodeJS.WriteStream, failed: (error: Error) => void): Pick<Terminal, 'send'> & Writer {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (open && error.code !== 'EPIPE') failed(error);
    open = false;
  });
  return {
    write: (text) => {
      if (open) stream.write(text);
    },
    send: (part) =>
      new Promise((resolve) => {
        if (open) stream.write(part, (error) => resolve(open && error == null));
        else resolve(false);
      }),
  };
}

interface Writer {
  readonly write: (text: string) => void;
}
