import { OutputError, UsageError, ZfsUberError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import type { DeviceMediaChoice } from '../node/deviceMedia.ts';
import { isFull } from '../node/openFiles.ts';
import { ArgumentError, type Ask, readArguments } from './arguments.ts';
import { READING_OPTIONS } from './commandOptions.ts';
import { EXIT } from './exitStatus.ts';
import type { Library } from './library.ts';
import { type Terminal, takesUnicode } from './terminal.ts';

const REPORT = 'This is a bug in zfs-uber, not in your pool. Please report it with the lines below.';

/**
 * The command `zfs-uber`. Never throws: whatever happens becomes text and a status.
 *
 * @param args without the program
 * @param load gets the library; called only where a command needs it
 * @returns the exit status: see `EXIT`
 */
export async function runCommand(args: readonly string[], terminal: Terminal, load: Load): Promise<number> {
  try {
    return await dispatch(readArguments(args), terminal, load);
  } catch (error) {
    return complain(error, terminal);
  }
}

/** What computes, by the name of the engine: all others are TypeScript. */
const CODE: Readonly<Record<string, string>> = { native: 'addon', wasm: 'WebAssembly' };

async function dispatch(ask: Ask, terminal: Terminal, load: Load): Promise<number> {
  switch (ask.what) {
    case 'help': {
      const { helpText } = await import('./help.ts');
      terminal.out(await helpText(ask.command, terminal.columns ?? 80));
      return EXIT.done;
    }
    case 'completion': {
      const { completionOf } = await import('./completion.ts');
      terminal.out(completionOf(ask.shell));
      return EXIT.done;
    }
    case 'version': {
      const { passedOver, ...tool } = await (await load({})).tool();
      if (ask.json) terminal.out(`${JSON.stringify({ ...tool, passedOver }, null, 2)}\n`);
      else {
        const why = passedOver === null ? '' : `; none faster: ${passedOver}`;
        const code = CODE[tool.engine] ?? 'TypeScript';
        terminal.out(`${printable(`zfs-uber ${tool.version}, engine ${tool.engine} (${code}${why})`, false)}\n`);
      }
      return EXIT.done;
    }
    case 'run':
      return runOne(ask, terminal, load);
  }
}

/** How a command gets the library. */
export type Load = (media: DeviceMediaChoice) => Promise<Library>;

async function runOne(ask: Extract<Ask, { what: 'run' }>, terminal: Terminal, load: Load): Promise<number> {
  const values = valuesOf(ask);
  const sources = await sourcesOf(ask.sources, values.shards);
  const { 'device-may-fail': mayFail = READING_OPTIONS['device-may-fail'].initial, 'write-map': file = null } = values;
  const say = (line: string) => terminal.err(`${printable(`zfs-uber: ${line}`, takesUnicode(terminal))}\n`);
  const words = () => import('../text/mediaText.ts');
  const said: Promise<void>[] = [];
  const library = load({
    mayFail,
    onFirst: (error) => void said.push(words().then((text) => say(text.firstFailureText(error, mayFail)))),
  });
  const start = () => ask.command.start({ ...ask, sources, values }, terminal, library);
  try {
    if (file === null) return await start();
    const { result, maps } = await (await library).withFailedMaps(file, sources, start);
    const { failedMapText } = await words();
    for (const map of maps) say(failedMapText(map));
    if (maps.length === 0) say(`all that was asked for could be read: ${file} is not written`);
    return result;
  } finally {
    await Promise.all(said);
  }
}

/** @throws UsageError where there are shards, and nothing of which they are */
async function sourcesOf(sources: readonly string[], shards: readonly string[] = []): Promise<readonly string[]> {
  if (shards.length === 0) return sources;
  if (sources.length === 0) throw new UsageError('--shards: name the file on the brick too, of which they are');
  return (await import('../node/sourceSpec.ts')).inShards(sources, shards);
}

/** The table has made these values, one for each of its options. */
const valuesOf = (ask: Extract<Ask, { what: 'run' }>) =>
  ask.values as Parameters<typeof ask.command.start>[0]['values'];

function complain(error: unknown, terminal: Terminal): number {
  const unicode = takesUnicode(terminal);
  const say = (text: string) => terminal.err(`${printable(`zfs-uber: ${text}`, unicode)}\n`);
  if (error instanceof UsageError) {
    say(error.message);
    const command = error instanceof ArgumentError ? error.command : null;
    terminal.err(`Try 'zfs-uber ${command === null ? '' : `${command.name} `}--help'.\n`);
    return EXIT.usage;
  }
  if (error instanceof ZfsUberError) {
    say(error.message);
    return error instanceof OutputError ? EXIT.unwritten : EXIT.partial;
  }
  if (isFull(error)) {
    say('too many open files in this process, and nothing is said of the sources (raise ulimit -n)');
    return EXIT.partial;
  }
  say(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  terminal.err(`${REPORT}\n`);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const line of stack.split('\n').slice(1)) terminal.err(`${printable(line, false)}\n`);
  return EXIT.bug;
}
