import { parseArgs } from 'node:util';
import { UsageError } from '../bytes/errors.ts';
import { nearest } from '../bytes/nearest.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS } from './commandOptions.ts';
import { COMMANDS } from './commands.ts';
import { type Option, type Options, SHELLS, type Shell } from './options.ts';

/** What the user asked for. */
export type Ask =
  | { readonly what: 'version'; readonly json: boolean }
  | { readonly what: 'help'; readonly command: Command | null }
  | { readonly what: 'completion'; readonly shell: Shell }
  | {
      readonly what: 'run';
      readonly command: Command;
      readonly operands: readonly string[];
      readonly sources: readonly string[];
      readonly values: Readonly<Record<string, unknown>>;
    };

/** Wrong usage, with the command whose help would tell more. */
export class ArgumentError extends UsageError {
  override readonly name: string = 'ArgumentError';
  readonly command: Command | null;
  constructor(message: string, command: Command | null) {
    super(message);
    this.command = command;
  }
}

const ALL_OPTIONS: Options = Object.assign({}, COMMON_OPTIONS, ...COMMANDS.map(({ options }) => options));

/**
 * Reads the command line by the table of commands. Node's own parser splits it into tokens; what is allowed is
 * decided here, so that a mistake gets a message that says what to type instead.
 *
 * @param args without the program
 * @throws ArgumentError
 */
export function readArguments(args: readonly string[]): Ask {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      ...Object.fromEntries(
        Object.entries(ALL_OPTIONS).map(([name, { placeholder, letter }]) => [
          name,
          { type: placeholder === null ? ('boolean' as const) : ('string' as const), ...(letter && { short: letter }) },
        ]),
      ),
    },
  });
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
  const [name, ...rest] = words;
  const asks = (option: string) => given.some((token) => token.name === option);
  if (name === 'help') return { what: 'help', command: rest[0] === undefined ? null : commandOf(rest[0]) };
  if (name === 'completion' && !asks('help')) return { what: 'completion', shell: shellOf(rest) };
  if (asks('help')) return { what: 'help', command: name === undefined ? null : commandOf(name) };
  if (asks('version')) return { what: 'version', json: asks('json') };
  if (name === undefined) {
    for (const token of given) optionOf(token.name, token.rawName, ALL_OPTIONS, null);
    throw new ArgumentError('no command given', null);
  }

  const command = commandOf(name);
  const values: Record<string, unknown> = {};
  for (const [option, { initial }] of Object.entries(command.options)) values[option] = initial;
  for (const token of given) {
    const option = optionOf(token.name, token.rawName, command.options, command);
    const [before, value] = [values[token.name], readValue(option, token, command)];
    values[token.name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }
  const operands = rest.slice(0, command.operands.length);
  const sources = rest.slice(command.operands.length);
  const lacking = command.operands[operands.length];
  if (lacking !== undefined) throw new ArgumentError(`${command.name}: no ${lacking.name} given`, command);
  const { last } = command;
  if (sources.length === 0 && last.needed) throw new ArgumentError(`${command.name}: no ${last.name} given`, command);
  if (sources.includes('')) throw new ArgumentError(`${command.name}: a ${last.name} is empty text`, command);
  return { what: 'run', command, operands, sources, values };
}

function shellOf([name, ...more]: readonly string[]): Shell {
  const shell = SHELLS.find((each) => each === name);
  if (shell !== undefined && more.length === 0) return shell;
  throw new ArgumentError(`completion: say for which shell: ${SHELLS.join(', ')}`, null);
}

function commandOf(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  const names = COMMANDS.map((command) => command.name);
  const near = nearest(name, names);
  // The commonest slip: the command left out. Say what to type, whole.
  const hint = near === null ? ` (commands: ${names.join(', ')})` : `; did you mean '${near}'?`;
  throw new ArgumentError(`unknown command '${name}'${hint}`, null);
}

function optionOf(name: string, rawName: string, options: Options, command: Command | null): Option<unknown> {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option !== undefined) return option;
  const who = command === null ? '' : `${command.name}: `;
  if (command !== null && Object.hasOwn(ALL_OPTIONS, name)) {
    throw new ArgumentError(`${who}unknown option ${rawName}: only other commands have it`, command);
  }
  const near = nearest(name, Object.keys(options));
  throw new ArgumentError(
    `${who}unknown option ${rawName}${near === null ? '' : `; did you mean --${near}?`}`,
    command,
  );
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function readValue(option: Option<unknown>, token: OptionToken, command: Command): unknown {
  const { value, rawName } = token;
  if (option.placeholder === null) {
    if (value !== undefined) throw new ArgumentError(`${command.name}: ${rawName} takes no value`, command);
    return option.read('');
  }
  // `--pool --json` is a forgotten value, not a pool of that name; `--pool=--json` says what it means.
  const forgotten = value === undefined || (token.inlineValue !== true && value.startsWith('--'));
  if (forgotten || value === '') {
    throw new ArgumentError(`${command.name}: ${rawName} needs a value: ${rawName} ${option.placeholder}`, command);
  }
  try {
    return option.read(value);
  } catch (error) {
    if (error instanceof UsageError) throw new ArgumentError(`${command.name}: ${rawName}: ${error.message}`, command);
    throw error;
  }
}
