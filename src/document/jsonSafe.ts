/**
 * What JSON.stringify leaves raw and a terminal obeys or reorders by: DEL and the upper control characters (CSI is one),
 * format characters (bidi overrides), line separators. The lower control characters it escapes itself. Made where it is
 * needed: the class is slow to set up.
 */
const raw = (): RegExp => /[\x7f-\x9f\u2028\u2029]|\p{Cf}/gu;
/** Each escape of JSON.stringify as a whole; of a byte of a file name that byte. */
const ESCAPE = /\\(?:udc([89a-f][0-9a-f])|.)/g;
/** Nearly all documents there are. */
const ASCII_ONLY = /^[\n\x20-\x7e]*$/;

/**
 * The same JSON with nothing in it that a terminal acts on: a document that is looked at is as harmless as one parsed. Bytes
 * of file names that are no UTF-8 become the text `\xff`.
 */
export function jsonSafe(text: string): string {
  // Bytes of file names that are no UTF-8: many parsers refuse a lone surrogate.
  const json = text.includes('\\udc') ? text.replace(ESCAPE, (found, byte) => (byte ? `\\\\x${byte}` : found)) : text;
  if (ASCII_ONLY.test(json)) return json;
  return json.replace(raw(), (char) => {
    let escaped = '';
    for (let unit = 0; unit < char.length; unit++) {
      escaped += `\\u${char.charCodeAt(unit).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}
