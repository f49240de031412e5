import { UsageError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import type { Run } from './command.ts';
import type { WEB_OPTIONS } from './commandOptions.ts';
import { EXIT } from './exitStatus.ts';
import { takesUnicode } from './terminal.ts';

/** Of TCP. */
const MAX_PORT = 65_535n;

/** Serves until it is interrupted. */
export const web: Run<typeof WEB_OPTIONS> = async ({ sources, values: { port } }, terminal, library) => {
  if (port !== null && port > MAX_PORT) throw new UsageError(`web: --port ${port}: at most ${MAX_PORT}`);
  const signal = terminal.stopped();
  const { url, ended } = await library.serveWeb(sources, { port: Number(port ?? 0), signal });
  terminal.out(`${printable(url, takesUnicode(terminal))}\n`);
  terminal.err('zfs-uber: open that address in a browser of this machine; Ctrl-C ends it\n');
  await ended;
  return EXIT.done;
};
