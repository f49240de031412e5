import { rawByte } from './fileName.ts';

/**
 * What a terminal would obey, hide or reorder: control and format characters (ESC, bidi overrides, joiners), lone
 * surrogates, unassigned and private code points, line separators, every space but U+0020, and what is drawn as nothing.
 * Made where it is needed, as all classes of Unicode are here: they take as long to set up as a label to be read.
 */
const unsafe = (): RegExp => /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;
/** Nearly all text there is. */
const ASCII_ONLY = /^[\x20-\x7e]*$/;
const BEYOND_ASCII = /[^\x20-\x7e]/gu;

/**
 * `text` with nothing in it that a terminal acts on: `\x1b`, `\u{202e}` in place of such characters, `\xff` for a byte of a
 * file name that is no UTF-8. Every name, path
 * and message that may hold bytes of an image passes here on its way to a terminal.
 *
 * @param unicode false where the terminal takes bytes for Latin-1: there the bytes of many harmless letters are
 *   control characters, so all but ASCII is escaped
 */
export function printable(text: string, unicode = true): string {
  if (ASCII_ONLY.test(text)) return text;
  return text.replace(unicode ? unsafe() : BEYOND_ASCII, (char) => (char === ' ' ? char : escapeCodePoint(char)));
}

function escapeCodePoint(char: string): string {
  const byte = rawByte(char);
  if (byte !== null) return `\\x${byte.toString(16)}`;
  const code = char.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  return code <= 0xff ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
}

const marks = (): RegExp => /\p{M}/gu;
/** By script: close enough to the tables of terminals, for names. */
const wide = (): RegExp =>
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\u3000-\u30ff\uff01-\uff60\uffe0-\uffe6]/gu;

/** Columns that printable text without colour takes on a terminal. */
export function columnsOf(text: string): number {
  if (ASCII_ONLY.test(text)) return text.length;
  let columns = 0;
  for (const _ of text.replace(marks(), '')) columns++;
  return columns + (text.match(wide())?.length ?? 0);
}

/** `text` filled up with spaces to `columns`; longer text stays as it is. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;
}
