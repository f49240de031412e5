import { octalBytes, shellWord } from './shellWord.ts';

/** A word that shells read alike without `$'...'`, which a POSIX shell need not know. */
const isPortable = (quoted: string): boolean => !quoted.startsWith('$');

/**
 * Statements for any POSIX shell that give `variable` the value `word`, whatever is in it. Bytes that a terminal could
 * misread are printed from octal numbers; a mark at the end keeps newlines, which the shell would take away there.
 *
 * @param variable a name of the shell
 * @returns one line of printable ASCII where the word has nothing else
 */
export function posixAssignment(variable: string, word: string): string {
  const quoted = shellWord(word, false);
  if (isPortable(quoted)) return `${variable}=${quoted}`;
  const format = octalBytes(word).replaceAll('%', '\\045');
  return `${variable}=$(printf '${format}.'); ${variable}=\${${variable}%.}`;
}
