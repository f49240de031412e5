import { type ByteSource, SourceError } from '../source.ts';

/** Pieces of one disk, one behind the other. */
export function joined(name: string, pieces: readonly ByteSource[]): ByteSource {
  const starts: number[] = [];
  let size = 0;
  for (const piece of pieces) {
    starts.push(size);
    size += piece.size;
  }
  return {
    name,
    size,
    async read(offset, length, signal, into) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        const place = { source: name, offset, path: [] };
        throw new SourceError('source-short', `wanted ${offset}+${length} of ${size} bytes`, place);
      }
      const out = into !== undefined && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
      for (const [i, piece] of pieces.entries()) {
        const start = starts[i] ?? 0;
        const [from, to] = [Math.max(offset, start), Math.min(offset + length, start + piece.size)];
        if (from < to) out.set(await piece.read(from - start, to - from, signal), from - offset);
      }
      return out;
    },
  };
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
