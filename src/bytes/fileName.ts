/**
 * Names of files as text. A name is any bytes; those that are no UTF-8 stand as lone surrogates U+DC80 to U+DCFF, one a
 * byte, which no UTF-8 gives: so the text leads back to the very bytes, as it does in Python.
 *
 * Source: PEP 383
 */

/** Made for the first name that is given as bytes: it takes as long as to read a label. */
let strict: TextDecoder | null = null;
/** At the beginning the decoder takes it for no character of the name. */
const BOM = '\ufeff';
const BYTE = /[\udc80-\udcff]/u;
/** Lead bytes from here on begin a character of so many bytes; what the others begin is none. Source: RFC 3629, 4 */
const LENGTHS = [
  [0xf5, 0],
  [0xf0, 4],
  [0xe0, 3],
  [0xc2, 2],
  [0x80, 0],
  [0x00, 1],
] as const;

/** Whether `name` has bytes that are no UTF-8. */
export const hasRawBytes = (name: string): boolean => BYTE.test(name);

/** The byte that one UTF-16 code unit stands for; null for a character. */
export function rawByte(char: string): number | null {
  return char.length === 1 && BYTE.test(char) ? char.charCodeAt(0) - 0xdc00 : null;
}

export function fileNameOf(bytes: Uint8Array): string {
  const whole = decode(bytes);
  if (whole !== null) return whole;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    const length = LENGTHS.find(([least]) => lead >= least)?.[1] ?? 0;
    const char = length === 0 || at + length > bytes.length ? null : decode(bytes.subarray(at, at + length));
    name += char ?? String.fromCharCode(0xdc00 + lead);
    at += char === null ? 1 : length;
  }
  return name;
}

export function bytesOfFileName(name: string): Uint8Array {
  const encoder = new TextEncoder();
  if (!hasRawBytes(name)) return encoder.encode(name);
  return Uint8Array.from(
    Array.from(name).flatMap((char) => {
      const byte = rawByte(char);
      return byte === null ? [...encoder.encode(char)] : [byte];
    }),
  );
}

function decode(bytes: Uint8Array): string | null {
  try {
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    strict ??= new TextDecoder('utf-8', { fatal: true });
    return (marked ? BOM : '') + strict.decode(bytes);
  } catch {
    return null;
  }
}
