import type { ByteSource } from '../source.ts';
import { mappedSource } from './mapped.ts';

/** Pieces of one disk, one behind the other. */
export function joined(name: string, pieces: readonly ByteSource[]): ByteSource {
  let size = 0;
  const placed = pieces.map((source) => {
    size += source.size;
    return { source, end: size };
  });
  return mappedSource(name, {
    size,
    async extentAt(offset) {
      const piece = placed.find(({ end }) => offset < end);
      if (piece === undefined) return { kind: 'zero', length: size - offset };
      const { source, end } = piece;
      return { kind: 'data', source, at: source.size - (end - offset), length: end - offset };
    },
  });
}

const NUMBERED = /^(.*\.)([0-9]{2,4}|[a-z]{2,3})$/s;

/**
 * Name of the piece after `name`: `.001` and `.002`, `.aa` and `.ab`.
 *
 * @returns null when the name has no such ending, or was the last that there can be
 */
export function nextPiece(name: string): string | null {
  const match = NUMBERED.exec(name);
  if (match === null) return null;
  const [, stem = '', ending = ''] = match;
  if (/[0-9]/.test(ending)) {
    const next = (Number(ending) + 1).toString().padStart(ending.length, '0');
    return next.length > ending.length ? null : stem + next;
  }
  const letters = [...ending];
  for (let i = letters.length - 1; i >= 0; i--) {
    if (letters[i] !== 'z') {
      letters[i] = String.fromCharCode((letters[i] ?? 'a').charCodeAt(0) + 1);
      return stem + letters.join('');
    }
    letters[i] = 'a';
  }
  return null;
}

/** The first of a split image, by its ending. */
export const isFirstPiece = (name: string): boolean => /\.(0{1,3}[01]|a{2,3})$/.test(name);
