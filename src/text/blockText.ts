import type { BlockDocument } from '../document/blockDocument.ts';
import { bytesOfHex } from '../document/nvlistJson.ts';
import { sizeText } from './amounts.ts';
import { clean, entry, type Page } from './page.ts';
import { viewHeadText } from './viewHeadText.ts';

/** The report of `block`, in parts. */
export function* blockText(page: Page, document: BlockDocument): Generator<string> {
  yield `${blockHeadText(page, document).join('\n')}\n`;
  if (document.hex === null) return;
  yield '\n';
  yield* hexDump(bytesOfHex(document.hex));
}

/** The beginning of the report of `block`: the address, and where the bytes came from. */
function blockHeadText(page: Page, document: BlockDocument): string[] {
  const about = [`address ${document.address}`];
  if (document.hex !== null) about.push(sizeText(document.sizeBytes));
  if (document.decompressed !== null) about.push(`decompressed as ${document.decompressed}`);
  const lines = viewHeadText(page, document, about);
  for (const { vdev, outcome, source, offsetBytes, error } of document.attempts) {
    const where = source === null ? '' : `, ${clean(page, source)} at byte ${offsetBytes}`;
    const why = error === null ? '' : `: ${clean(page, error.message)}`;
    const paint = outcome === 'good' ? page.style.good : page.style.warn;
    lines.push(...entry(page, outcome === 'good' ? 'read' : outcome, `${clean(page, vdev)}${where}${why}`, paint));
  }
  const { readError } = document;
  if (readError !== null) lines.push(...entry(page, 'Error', clean(page, readError.message), page.style.bad));
  return lines;
}

/** Bytes of one line. */
const LINE = 16;
/** Bytes of one part of the text: lines that are written at once. */
const PART = 64 * 1024;

/** Hexadecimal and text, 16 bytes a line; lines that repeat the one above become one `*`. */
function* hexDump(bytes: Uint8Array): Generator<string> {
  const digits = Math.max(6, bytes.length.toString(16).length);
  let lines: string[] = [];
  let before = '';
  let repeated = false;
  for (let at = 0; at < bytes.length; at += LINE) {
    const line = bytes.subarray(at, at + LINE);
    const hex = Array.from(line, (byte) => byte.toString(16).padStart(2, '0'));
    const text = Array.from(line, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    const key = hex.join('');
    if (key === before && at + LINE < bytes.length) {
      if (!repeated) lines.push('*');
      repeated = true;
    } else {
      const pairs = `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`;
      lines.push(`${at.toString(16).padStart(digits, '0')}  ${pairs.padEnd(LINE * 3)}  ${text}`);
      repeated = false;
    }
    before = key;
    if ((at + LINE) % PART === 0 && lines.length > 0) {
      yield `${lines.join('\n')}\n`;
      lines = [];
    }
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}
