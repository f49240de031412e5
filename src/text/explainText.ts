import type { ExplainDocument, MeaningEntry, MetEntry } from '../document/explainDocument.ts';
import { clean, entry, type Page, paragraph } from './page.ts';
import { txgsText } from './txgsText.ts';

const KINDS: Readonly<Record<MeaningEntry['kind'], string>> = {
  finding: 'finding',
  verdict: 'verdict of a txg',
  reason: 'reason of a verdict',
  hazard: 'hazard of an import',
  error: 'error',
  status: 'exit status',
  step: 'step of the load',
  message: 'OpenZFS',
};

/** The report of `explain`. */
export function explainReport(page: Page, { meanings, stopped, unread }: ExplainDocument): string {
  const blocks = meanings.map((meaning) => meaningLines(page, meaning));
  if (stopped) blocks.push(paragraph(page, 'Stopped before the end: not all txgs were judged.', page.style.bad));
  if (unread.length > 0) {
    const paths = unread.map((path) => clean(page, path)).join(', ');
    blocks.push(paragraph(page, `Could not be read in full: ${paths}`, page.style.bad));
  }
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

function meaningLines(page: Page, { kind, code, says, todo, source, numbers, pools }: MeaningEntry): string[] {
  const { strong, dim } = page.style;
  return [
    `${strong(clean(page, code))}${dim(`   ${KINDS[kind]}${source === null ? '' : `: ${source}`}`)}`,
    ...entry(page, 'Means', sentence(says)),
    ...numbers.flatMap((number) => entry(page, 'Error', number)),
    ...(todo === '' ? [] : entry(page, 'Do', sentence(todo))),
    ...(pools ?? []).flatMap((pool) => poolLines(page, pool)),
  ];
}

function poolLines(page: Page, { name, guid, found, met, free, unknown }: MetEntry): string[] {
  const pool = name === null ? `pool ${guid}` : `pool ${clean(page, name)}`;
  if (found !== null) return entry(page, 'Here', `${pool} ${found ? 'has' : 'does not have'} it.`);
  const known = [...met, ...free, ...unknown].sort((a, b) => (BigInt(a) > BigInt(b) ? -1 : 1));
  const list = (txgs: readonly string[]) => txgsText(new Set(txgs), known);
  if (known.length === 0) return entry(page, 'Here', `${pool} has no txgs that could be judged.`);
  return [
    ...entry(page, 'Here', `${pool}: ${met.length === 0 ? 'no txg has it' : `txg ${list(met)}`}.`, page.style.bad),
    ...(free.length === 0 ? [] : entry(page, 'Free', `${pool}: txg ${list(free)}.`, page.style.good)),
    ...(unknown.length === 0 ? [] : entry(page, 'Unknown', `${pool}: txg ${list(unknown)}.`, page.style.warn)),
  ];
}

/** A command is written as it is typed. */
const sentence = (text: string): string =>
  `${/^(?:zfs-uber|zpool|zfs|zdb) /.test(text) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`}.`;
