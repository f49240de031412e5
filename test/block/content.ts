/** What the files of the image `all-compressions` hold; the image was made with exactly these rules. */

const FILE_SIZE = 12288;

/** Lines of text with numbers in them. */
function text(): Uint8Array {
  const lines: string[] = [];
  for (let i = 0, length = 0; length < FILE_SIZE; i++) {
    const line = `line ${i} of the pattern, square ${(i * i) % 9973}\n`;
    lines.push(line);
    length += line.length;
  }
  return new TextEncoder().encode(lines.join('')).subarray(0, FILE_SIZE);
}

/** Zeros with one other byte every 97 bytes. */
function gaps(): Uint8Array {
  const bytes = new Uint8Array(FILE_SIZE);
  for (let at = 0; at < FILE_SIZE; at += 97) bytes[at] = ((at / 97) % 255) + 1;
  return bytes;
}

const FILES = { text: text(), gaps: gaps() };
export type ContentFile = keyof typeof FILES;

export const RECORD_SIZE = 8192;

/** The record of a file that begins at `offset`; the last one ends in zeros. */
export function record(file: ContentFile, offset: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_SIZE);
  bytes.set(FILES[file].subarray(offset, offset + RECORD_SIZE));
  return bytes;
}

/** A stored block of `psize` bytes from its hex digits, of which the zeros at the end were left out. */
export function block(digits: string, psize: number): Uint8Array {
  const bytes = new Uint8Array(psize);
  bytes.set(Buffer.from(digits, 'hex'));
  return bytes;
}
