import { bytesOfFileName } from './fileName.ts';
import { printable } from './printable.ts';

const PLAIN = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;

/**
 * `word` as one argument of a shell command line, whatever is in it.
 *
 * Words that a terminal could misread are written `$'...'` with the octal bytes of their UTF-8 form, or of the file name
 * that they are: three digits each, so that what follows cannot be taken for a part of the number. bash, zsh and ksh read
 * that.
 *
 * @param unicode as for `printable`
 */
export function shellWord(word: string, unicode = true): string {
  if (PLAIN.test(word)) return word;
  if (printable(word, unicode) === word) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${octalBytes(word)}'`;
}

/** A path that no program takes for an option. */
export const asOperand = (path: string): string => (path.startsWith('-') ? `./${path}` : path);

/** The same as one word. */
export const pathWord = (path: string, unicode = true): string => shellWord(asOperand(path), unicode);

/** Letters, digits and a few signs stand for themselves; all else is safest as a number. */
export function octalBytes(text: string): string {
  return Array.from(bytesOfFileName(text), octal).join('');
}

function octal(byte: number): string {
  const char = String.fromCharCode(byte);
  return byte < 0x80 && (PLAIN.test(char) || char === ' ') ? char : `\\${byte.toString(8).padStart(3, '0')}`;
}

/** An argument vector as one line that can be pasted into a shell. */
export const shellCommand = (words: readonly string[], unicode = true): string =>
  words.map((word) => shellWord(word, unicode)).join(' ');
