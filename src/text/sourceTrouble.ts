import type { DocumentError } from '../document/parts.types.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import type { LabelEntry, SourceEntry } from '../document/source.types.ts';
import { countText } from './amounts.ts';
import type { Next, Said } from './outlook.ts';
import { clean, entry, type Page, paragraph } from './page.ts';
import { stepsToImport } from './stepsText.ts';

interface Troubled {
  readonly path: string;
  readonly error: DocumentError | null;
}

/** Something is wrong with the label or its ring. */
export const isDamaged = ({ status, ring }: LabelEntry): boolean =>
  status !== 'ok' || ring === null || ring.badChecksum + ring.unreadable > 0;

/** Sources that could not be opened or read; none when all could. */
export function couldNotRead(page: Page, sources: readonly Troubled[]): string[] {
  const failed = sources.filter(({ error }) => error !== null);
  if (failed.length === 0) return [];
  return [
    page.style.bad('Could not read'),
    ...failed.flatMap(({ path, error }) => {
      const message = clean(page, error?.message ?? '');
      // A message names its place, so the path is there already.
      const name = message.startsWith(clean(page, path)) ? '' : `${clean(page, path)}: `;
      const code = clean(page, error?.code ?? '');
      return paragraph(page, `${name}${message}${message.includes(code) ? '' : ` (${code})`}`);
    }),
  ];
}

/** What is wrong with images and tables that are readable all the same; none where nothing is. */
export function sourceNotes(page: Page, sources: readonly Pick<SourceEntry, 'path' | 'notes'>[]): string[] {
  const told = [...new Set(sources.flatMap(({ notes = [] }) => notes.map(({ message }) => message)))];
  if (told.length === 0) return [];
  return [
    page.style.warn('Of images and partition tables'),
    ...told.flatMap((message) => paragraph(page, clean(page, message))),
  ];
}

/**
 * `message` without the place that errors of this library begin with, for where the text around says it already.
 *
 * @param path of the source; both as the document has them
 */
export function withoutPlace(path: string, message: string): string {
  if (!message.startsWith(path)) return message;
  const end = message.indexOf(': ', path.length);
  return end < 0 ? message : message.slice(end + 2);
}

/** Something of its label regions could be read. */
const wasRead = ({ error, labels }: SourceEntry): boolean =>
  error === null || labels.some(({ status, ring }) => !['absent', 'unreadable'].includes(status) || isPartlyRead(ring));

const isPartlyRead = (ring: LabelEntry['ring']): boolean => ring !== null && ring.unreadable < ring.map.length;

const PARTS: ReadonlySet<SourceEntry['kind']> = new Set(['gpt', 'mbr', 'slice']);

/** A disk and its partitions are one thing that was given. */
function lookedAt(sources: readonly SourceEntry[]): string {
  const parts = sources.filter(({ kind }) => PARTS.has(kind)).length;
  const whole = sources.length - parts;
  if (whole === 0 || parts === 0) return countText(sources.length, 'source');
  return `${countText(whole, 'source')} and ${countText(parts, 'partition')} in ${whole === 1 ? 'it' : 'them'}`;
}

/** What to say when there is no pool to speak of, and what to do then. */
export function nothingFoundWords(document: ScanDocument, asked: string | null): { said: Said; next: readonly Next[] } {
  const bad = (text: string, ...next: readonly Next[]) => ({ said: { text, tone: 'bad' } as const, next });
  const doing = (text: string): Next => ({ text, steps: [] });
  const readable = document.sources.filter(wasRead);
  const trace = document.sources.some(
    ({ labels, uberblocks }) => uberblocks.length > 0 || labels.some(({ status }) => status === 'ok'),
  );
  if (asked !== null && trace) {
    const text = `No pool with the name or guid ${asked} here.`;
    return bad(text, doing('Scan without --pool to see which pools there are.'));
  }
  if (document.sources.length === 0) return bad('No device or image was found in what was given.');
  if (readable.length === 0) return bad('Nothing could be read, so nothing is known.');
  if (trace) return bad('There are ZFS labels or uberblocks here, but no pool can be made of them.');
  const none = `No trace of ZFS: no label and no uberblock in ${lookedAt(readable)}.`;
  const containers = document.findings.filter(({ code }) => code === 'container-not-opened');
  if (containers.length > 0)
    return bad(none, ...containers.map(({ message, steps = [] }) => ({ text: message, steps })));
  return bad(
    none,
    doing(
      'Is it the right device, or a part of one? A partition is found by its table; where that is lost, say where it ' +
        'begins: PATH@OFFSET+LENGTH, in bytes. zfs-uber carve looks for it, through all of the disk.',
    ),
  );
}

export function nothingFound(page: Page, document: ScanDocument, asked: string | null): string[] {
  const { said, next } = nothingFoundWords(document, asked);
  return [
    ...paragraph(page, clean(page, said.text), page.style[said.tone]),
    ...next.flatMap(({ text, steps }) => [
      ...entry(page, 'Next', clean(page, text)),
      ...stepsToImport(page, steps, ''),
    ]),
  ];
}
