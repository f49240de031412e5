import { octalBytes, shellWord } from './shellWord.ts';

/** Text of the shell itself, or a line that is already quoted, inside another one. */
export interface Raw {
  readonly shell: string;
}
export const raw = (shell: string): Raw => ({ shell });

type Part = string | number | bigint | Raw | readonly string[];

/**
 * A line for a shell, with every word in it quoted: `` sh`rm ${path}` ``. A list becomes that many words.
 *
 * @returns text without control characters, whatever is in the words
 */
export function sh(literals: TemplateStringsArray, ...parts: readonly Part[]): string {
  return literals.map((literal, at) => literal + (at < parts.length ? textOf(parts[at] ?? '') : '')).join('');
}

function textOf(part: Part): string {
  if (typeof part === 'string') return shellWord(part);
  if (typeof part === 'number' || typeof part === 'bigint') return part.toString();
  return 'shell' in part ? part.shell : part.map((word) => shellWord(word)).join(' ');
}

/**
 * The same line in ASCII, for a terminal that takes no more. What is not ASCII stands inside '...' alone, which is left
 * and entered again.
 */
export const asciiLine = (line: string): string => line.replace(/[^\x20-\x7e]+/g, (text) => `'$'${octalBytes(text)}''`);
