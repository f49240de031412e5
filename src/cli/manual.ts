import { STATUS_MEANINGS } from '../words/meanings/statuses.ts';
import type { Command } from './command.ts';
import { ANSWER_OPTIONS, COMMON_OPTIONS, READING_OPTIONS } from './commandOptions.ts';
import { COMMANDS, LAST_WORDS, wordsOf } from './commands.ts';
import type { Option, Options } from './options.ts';

/** Options that stand once for all commands that have them. */
const SHARED: readonly (readonly [heading: string, options: Options])[] = [
  ['OPTIONS OF EVERY COMMAND', COMMON_OPTIONS],
  ['OPTIONS OF EVERY COMMAND BUT WEB', ANSWER_OPTIONS],
  ['OPTIONS OF EVERY COMMAND BUT WEB AND REPORT', READING_OPTIONS],
];

/**
 * The manual page in the language of man(7), made of the table of commands.
 *
 * @param version of the package
 */
export function manualPage(version: string): string {
  const shared = SHARED.flatMap(([, options]) => Object.keys(options));
  const lines = [
    '.\\" Made by npm run docs of the table of commands: do not edit.',
    `.TH ZFS-UBER 1 "" ${word(`zfs-uber ${version}`)} "User Commands"`,
    '.SH NAME',
    'zfs-uber \\- find the txgs that a ZFS pool can be rewound to, without touching it',
    '.SH SYNOPSIS',
    ...COMMANDS.flatMap((command) => [synopsis(command), '.br']),
    '.B zfs-uber help',
    'COMMAND',
    '.br',
    '.B zfs-uber completion',
    'bash|zsh|fish',
    '.SH DESCRIPTION',
    ...paragraph(
      'Reads the labels and uberblocks of ZFS pools that do not import, judges every txg in their rings as OpenZFS would, and prints which of them import, what each costs, and the lines to be typed. Sources are opened for reading alone.',
    ),
    ...paragraph(`SOURCE is ${LAST_WORDS.SOURCE}.`),
    ...paragraph('Most sources can be read by root alone. Nothing is sent anywhere unless a source is on a network.'),
    '.SH COMMANDS',
    ...COMMANDS.flatMap((command) => commandLines(command, shared)),
    ...SHARED.flatMap(([heading, options]) => [`.SH ${heading}`, ...optionLines(options)]),
    '.SH EXIT STATUS',
    ...Object.entries(STATUS_MEANINGS).flatMap(([status, { says }]) => [
      '.TP',
      `.B ${status}`,
      ...paragraph(`${says.replaceAll('`', '')}.`).slice(1),
    ]),
    '.SH ENVIRONMENT',
    ...tagged('NO_COLOR, FORCE_COLOR, TERM=dumb', 'whether there is colour; --no-color before all of them.'),
    ...tagged('LC_ALL, LC_CTYPE, LANG', 'whether signs beyond ASCII are printed: where the locale is of UTF-8.'),
    '.SH SEE ALSO',
    ...paragraph('zpool-import(8), zdb(8), zpool(8), ddrescue(1)'),
  ];
  return `${lines.join('\n')}\n`;
}

function synopsis({ name, operands, last }: Command): string {
  const rest = ['[options]', ...operands.map((operand) => operand.name), last.usage];
  return `.B zfs-uber ${name}\n${safe(rest.join(' '))}`;
}

function commandLines(command: Command, shared: readonly string[]): string[] {
  const own = Object.entries(command.options).filter(([name]) => !shared.includes(name));
  return [
    `.SS ${word(command.name)}`,
    ...paragraph(`${command.summary}.`).slice(1),
    // What a source is stands above.
    ...wordsOf(command)
      .filter((words) => !words.startsWith('SOURCE '))
      .flatMap(paragraph),
    ...optionLines(Object.fromEntries(own)),
    ...command.examples.flatMap(([line, says]) => [
      ...paragraph(`${says}:`),
      '.RS',
      '.nf',
      safe(`zfs-uber ${line}`),
      '.fi',
      '.RE',
    ]),
  ];
}

const optionLines = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, option]) => tagged(optionText(name, option), `${saysOf(option)}.`, true));

function optionText(name: string, { placeholder, letter }: Option<unknown>): string {
  const short = letter === undefined ? '' : `-${letter}, `;
  return `${short}--${name}${placeholder === null ? '' : ` ${placeholder}`}`;
}

const saysOf = ({ describe, initialText }: Option<unknown>): string =>
  initialText === null ? describe : `${describe} (default: ${initialText})`;

const tagged = (tag: string, says: string, bold = false): string[] => [
  '.TP',
  bold ? `.B ${word(tag)}` : safe(tag),
  ...paragraph(says).slice(1),
];

const paragraph = (text: string): string[] => ['.PP', safe(text)];

/** Text of which no letter is an order to the formatter. */
function safe(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replaceAll('`', '\\(ga');
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}

/** One argument of an order. */
const word = (text: string): string => `"${safe(text).replaceAll('"', '\\(dq')}"`;
