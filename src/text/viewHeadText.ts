import type { DocumentError } from '../document/parts.types.ts';
import type { ViewHead } from '../document/viewHead.ts';
import { countText, momentText } from './amounts.ts';
import { fromBundle } from './fromBundle.ts';
import { clean, entry, flow, type Page, paragraph } from './page.ts';
import { couldNotRead } from './sourceTrouble.ts';

/** Errors that are shown; the document has all. */
const SHOWN = 8;
/** Older txgs that are proposed. */
const OLDER = 4;

/**
 * What text about one pool at one txg begins with: which pool and txg, and what stands in the way.
 *
 * @param about printable; what follows about that txg
 */
export function viewHeadText(page: Page, head: ViewHead, about: readonly string[]): string[] {
  const { pool, txg, timestamp, error, passedOver } = head;
  const lines: string[] = [];
  if (pool === null && error === null) lines.push(...paragraph(page, nothing(head), page.style.bad));
  if (pool !== null) {
    const name = pool.name === null ? `(pool ${pool.guid}, name unknown)` : clean(page, pool.name);
    const parts = [name];
    if (txg !== null) parts.push(`txg ${txg}`);
    if (timestamp !== null) parts.push(`written ${momentText(timestamp, page.now)}`);
    if (pool.state !== 'active') parts.push(pool.state);
    lines.push(...flow(parts, '   ', page.width, '  ').map((line, i) => (i === 0 ? page.style.strong(line) : line)));
    lines.push(...flow(about, ', ', page.width - 2, '').map((line) => `  ${line}`));
  }
  lines.push(...fromBundle(page, head.sources));
  if (error !== null) {
    const none =
      txg === null && passedOver.length > 1 ? `None of ${passedOver.length} txgs opens; of the newest: ` : '';
    lines.push(...entry(page, 'Error', `${none}${clean(page, error.message)}`, page.style.bad));
  }
  const [newest] = passedOver;
  if (newest !== undefined && txg !== null) {
    const oldest = passedOver.at(-1)?.txg ?? newest.txg;
    const which =
      passedOver.length === 1
        ? `Txg ${newest.txg} does not open`
        : `${countText(passedOver.length, 'newer txg')}, ${oldest} to ${newest.txg}, do not open; of the newest`;
    lines.push(...entry(page, 'Note', `${which}: ${clean(page, newest.error.message)}`, page.style.warn));
  }
  const unread = couldNotRead(page, head.sources);
  if (unread.length > 0) lines.push('', ...unread);
  return lines;
}

function nothing({ sources }: ViewHead): string {
  if (sources.length === 0) return 'No device or image was found in what was given.';
  if (sources.every(({ error }) => error !== null)) return 'Nothing could be read, so nothing is known.';
  return `No ZFS pool in ${countText(sources.filter(({ error }) => error === null).length, 'source')}.`;
}

/** What could not be read, as the last part of a text; none when all could. */
export function troublesText(
  page: Page,
  what: string,
  troubles: readonly DocumentError[],
  { txg, ringTxgs }: Pick<ViewHead, 'txg' | 'ringTxgs'>,
): string[] {
  if (troubles.length === 0) return [];
  const lines = [page.style.bad(what)];
  for (const { message } of troubles.slice(0, SHOWN)) lines.push(...paragraph(page, clean(page, message)));
  const rest = troubles.length - SHOWN;
  if (rest > 0) lines.push(...paragraph(page, `${countText(rest, 'more error')}: --json has them`, page.style.dim));
  // What was left out of a bundle is in it at no txg.
  const elsewhere = txg === null || troubles.every(({ code }) => code === 'not-in-bundle');
  const older = elsewhere ? [] : ringTxgs.filter((each) => BigInt(each) < BigInt(txg ?? 0)).slice(0, OLDER);
  if (older.length > 0) lines.push(...entry(page, 'Next', `An older txg may still have it: --txg ${older.join(', ')}`));
  return lines;
}

/** Blocks of lines with an empty line between them. */
export function joinBlocks(blocks: readonly (readonly string[])[]): string {
  const shown = blocks.filter((block) => block.length > 0);
  return `${shown.map((block) => block.join('\n')).join('\n\n')}\n`;
}
