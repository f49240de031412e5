import type { ZapEntry } from '../format/zapEntry.ts';

const strict = new TextDecoder('utf-8', { fatal: true });

/**
 * Name of a directory entry. Names are bytes: where they are no UTF-8, those beyond ASCII are written `\xff`, so that names
 * which differ in them alone stay different.
 *
 * Raw text all the same: escape it before it reaches a terminal.
 */
export function entryName(entry: ZapEntry): string {
  try {
    return strict.decode(entry.nameBytes);
  } catch {
    const chars = Array.from(entry.nameBytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`,
    );
    return chars.join('');
  }
}
