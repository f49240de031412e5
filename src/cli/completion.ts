import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { type Option, SHELLS, type Shell } from './options.ts';

/** Words that stand where a command does, and are none of the table: their arguments, and what they do. */
const BESIDE = {
  help: { takes: COMMANDS.map(({ name }) => name), summary: 'the help of a command' },
  completion: { takes: SHELLS, summary: 'what makes a shell complete these words' },
} as const;

/** Placeholders of values that are paths. */
const PATHS: ReadonlySet<string> = new Set(['FILE', 'DIR', 'DEVICE=GUID']);

/**
 * A script that makes a shell complete commands, options and their values. It asks nobody: a completion that starts the
 * program for each key waits for it.
 */
export function completionOf(shell: Shell): string {
  return { bash, zsh, fish }[shell]();
}

interface Known {
  /** With its hyphens; a letter too where there is one. */
  readonly words: readonly string[];
  readonly option: Option<unknown>;
}

const optionsOf = ({ options }: Command): Known[] =>
  Object.entries(options).map(([name, option]) => ({
    words: [`--${name}`, ...(option.letter === undefined ? [] : [`-${option.letter}`])],
    option,
  }));

/** The values that there are; null where any text may stand. */
const valuesOf = ({ choices }: Option<unknown>): readonly string[] | null => (choices.length > 0 ? choices : null);

const isPath = ({ placeholder }: Option<unknown>): boolean => placeholder !== null && PATHS.has(placeholder);

/** A word of a shell that means itself. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(): string {
  const names = [...COMMANDS.map(({ name }) => name), ...Object.keys(BESIDE)];
  const cases = COMMANDS.map((command) => {
    const known = optionsOf(command);
    const valued = known.filter(({ option }) => option.placeholder !== null);
    const values = valued.map(({ words, option }) => {
      const list = valuesOf(option);
      const answer = list !== null ? `values=${quoted(list.join(' '))}` : isPath(option) ? 'files=1' : ':';
      return `        ${words.join('|')}) ${answer}; valued=1 ;;`;
    });
    return [
      `    ${command.name})`,
      `      options=${quoted(known.flatMap(({ words }) => words).join(' '))}`,
      '      case $previous in',
      ...values,
      '      esac ;;',
    ].join('\n');
  });
  const beside = Object.entries(BESIDE).map(
    ([name, { takes }]) => `    ${name}) values=${quoted(takes.join(' '))}; valued=1 ;;`,
  );
  return `# bash completion of zfs-uber, made by: zfs-uber completion bash
_zfs_uber() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word
  local options= values= files= valued=
  COMPREPLY=()
  # The equals sign is a word of its own to bash.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then command=$word; break; fi
  done
  case $command in
    '') values=${quoted(names.join(' '))}; options='--help --version'; valued=1 ;;
${[...cases, ...beside].join('\n')}
  esac
  if [[ -z $command && $current == -* ]] || [[ -z $valued && $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n $values ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ -z $valued || -n $files ]]; then
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _zfs_uber zfs-uber
`;
}

/** Within the brackets and between the colons of a specification of _arguments. */
const inSpec = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');

function zsh(): string {
  const described = (name: string, summary: string) => quoted(`${name}:${summary.replaceAll(':', '\\:')}`);
  const names = [
    ...COMMANDS.map(({ name, summary }) => described(name, summary)),
    ...Object.entries(BESIDE).map(([name, { summary }]) => described(name, summary)),
  ];
  const cases = COMMANDS.map((command) => {
    const specs = optionsOf(command).flatMap(({ words, option }) =>
      words.map((word) => {
        const { placeholder, describe } = option;
        // What may be given several times stays on offer.
        const often = Array.isArray(option.initial) ? '*' : '';
        const sign = placeholder === null ? '' : word.startsWith('--') ? '=' : '+';
        const list = valuesOf(option);
        const action = list !== null ? `(${list.join(' ')})` : isPath(option) ? '_files' : ' ';
        const value = placeholder === null ? '' : `:${inSpec(placeholder)}:${action}`;
        return quoted(`${often}${word}${sign}[${inSpec(describe)}]${value}`);
      }),
    );
    const operands = command.operands.map((operand, at) => quoted(`${at + 1}:${inSpec(operand.name)}: `));
    return [
      `        ${command.name})`,
      `          _arguments -S ${[...specs, ...operands, quoted(`*:${command.last.name}:_files`)].join(' \\\n            ')} ;;`,
    ].join('\n');
  });
  const beside = Object.entries(BESIDE).map(
    ([name, { takes }]) => `        ${name}) _arguments ${quoted(`1:${name}:(${takes.join(' ')})`)} ;;`,
  );
  return `#compdef zfs-uber
# zsh completion of zfs-uber, made by: zfs-uber completion zsh
_zfs_uber() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '(- *)--help[show the help]' '(- *)--version[show version and engine]' '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands
      commands=(
        ${names.join('\n        ')}
      )
      _describe -t commands command commands ;;
    rest)
      case $words[1] in
${[...cases, ...beside].join('\n')}
      esac ;;
  esac
}
# As a file of a folder in $fpath it is called at once, and sourced it is made known.
if [[ $funcstack[1] == _zfs_uber ]]; then _zfs_uber "$@"; else compdef _zfs_uber zfs-uber; fi
`;
}

function fish(): string {
  const said = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const line = (...words: readonly string[]) => ['complete -c zfs-uber', ...words].join(' ');
  const first = '-n __fish_use_subcommand -f';
  const after = (name: string) => `-n '__fish_seen_subcommand_from ${name}'`;
  const commands = COMMANDS.flatMap((command) => [
    line(first, '-a', command.name, '-d', said(command.summary)),
    ...Object.entries(command.options).map(([name, option]) => {
      const letter = option.letter === undefined ? [] : ['-s', option.letter];
      const list = valuesOf(option);
      const value =
        option.placeholder === null
          ? []
          : list !== null
            ? ['-x', '-a', said(list.join(' '))]
            : isPath(option)
              ? ['-r', '-F']
              : ['-x'];
      return line(after(command.name), '-l', name, ...letter, ...value, '-d', said(option.describe));
    }),
  ]);
  const beside = Object.entries(BESIDE).flatMap(([name, { takes, summary }]) => [
    line(first, '-a', name, '-d', said(summary)),
    line(after(name), '-f', '-a', said(takes.join(' '))),
  ]);
  return `# fish completion of zfs-uber, made by: zfs-uber completion fish
${[...commands, ...beside].join('\n')}
`;
}
