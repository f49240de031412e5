import type { Argv } from 'yargs';
import type { Command } from './command.ts';
import { COMMON_OPTIONS } from './commandOptions.ts';
import { COMMANDS, LAST_WORDS, wordsOf } from './commands.ts';
import { HELP_PAGES } from './helpPages.ts';
import type { Options } from './options.ts';

const PROGRAM = 'zfs-uber';
const ABOUT = 'Reads the labels and uberblocks of ZFS pools and ranks the txgs they can be rewound to. Never writes.';
const STATUSES =
  'Exit status: 0 a pool was found; 1 no trace of ZFS; 2 wrong usage; 3 something could not be read (the report says ' +
  'what); 70 a bug in zfs-uber.';

/** Columns of the pages that are laid out when the package is built. */
const WIDTH = 80;

/**
 * The help of a command, or of the whole program, made from the table of commands.
 *
 * @param columns of the terminal; a page has no more than 80
 */
export async function helpText(command: Command | null, columns: number): Promise<string> {
  if (columns < WIDTH) return layOut(command, columns);
  return HELP_PAGES[command?.name ?? ''] ?? layOut(command, WIDTH);
}

/** Only here is yargs loaded: its import alone takes longer than a scan of small images may. */
async function layOut(command: Command | null, columns: number): Promise<string> {
  const { default: yargs } = await import('yargs');
  const parser = yargs([])
    .scriptName(PROGRAM)
    .detectLocale(false)
    .help(false)
    .version(false)
    .wrap(columns)
    .parserConfiguration({ 'boolean-negation': false });
  if (command === null) {
    parser.usage(`${PROGRAM} COMMAND SOURCE...\n\n${ABOUT}`);
    for (const each of COMMANDS) parser.command(listed(each), each.summary);
    parser.epilogue(
      `SOURCE is ${LAST_WORDS.SOURCE}.\n\n${STATUSES}\n\nMore: ${PROGRAM} COMMAND --help, man ${PROGRAM}; ${PROGRAM} completion bash|zsh|fish`,
    );
  } else {
    const words = [...command.operands.map(({ name }) => name), command.last.usage];
    parser.usage(`${PROGRAM} ${command.name} [options] ${words.join(' ')}\n\n${sentence(command.summary)}`);
    for (const [line, says] of command.examples) parser.example(`${PROGRAM} ${line}`, says);
    parser.epilogue(`${wordsOf(command).join('\n')}\n\n${STATUSES}`);
  }
  addOptions(parser, command?.options ?? COMMON_OPTIONS);
  return `${await parser.getHelp()}\n`;
}

/** As in the list of commands: what stands before the sources is told by the command's own help. */
const listed = ({ name, operands, last }: Command): string => `${name} ${operands.length === 0 ? last.usage : '...'}`;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function addOptions(parser: Argv, options: Options): void {
  for (const [name, { describe, placeholder, choices, initialText, letter }] of Object.entries(options)) {
    const value = placeholder === null || choices.length > 0 ? '' : `${placeholder}: `;
    parser.option(name, {
      describe: value + describe,
      ...(placeholder === null ? { type: 'boolean' as const } : { type: 'string' as const, requiresArg: true }),
      ...(choices.length === 0 ? {} : { choices }),
      ...(initialText === null ? {} : { defaultDescription: initialText }),
      ...(letter === undefined ? {} : { alias: letter }),
    });
  }
}
