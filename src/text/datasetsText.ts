import type { DatasetEntry, DatasetsDocument } from '../document/datasetsDocument.ts';
import { countText } from './amounts.ts';
import { clean, flow, type Page, paragraph } from './page.ts';
import { sizesTable } from './sizesTable.ts';
import { joinBlocks, troublesText, viewHeadText } from './viewHeadText.ts';

/** The report of `datasets`: how many, the sizes of each, then how each was written. */
export function datasetsText(page: Page, document: DatasetsDocument, choice: { readonly quiet: boolean }): string {
  const { datasets } = document;
  const filesystems = datasets.filter(({ type }) => type === 'filesystem').length;
  const volumes = datasets.filter(({ type }) => type === 'volume').length;
  const others = datasets.length - filesystems - volumes;
  const waiting = datasets.filter((each) => recordsOf(each) > 0).length;
  const about = [countText(filesystems, 'filesystem'), countText(volumes, 'volume')];
  if (others > 0) about.push(`${others} of which it cannot be told`);
  if (waiting > 0) about.push(`${countText(waiting, 'intent log')} with records to replay`);
  return joinBlocks([
    viewHeadText(page, document, document.txg === null ? [] : about),
    datasets.length === 0 ? [] : sizesTable(page, datasets),
    choice.quiet ? [] : details(page, datasets),
    troublesText(page, 'Datasets may be lacking: this could not be read', document.troubles, document),
  ]);
}

const recordsOf = ({ intentLog }: DatasetEntry): number => intentLog?.records ?? 0;

function details(page: Page, datasets: readonly DatasetEntry[]): string[] {
  const { strong, warn, bad } = page.style;
  const lines: string[] = [];
  for (const each of datasets) {
    const parts = [each.type ?? 'type unknown', `guid ${each.guid}`, countText(Number(each.objects), 'object')];
    for (const name of ['compression', 'checksum', 'sync', 'logbias'] as const) {
      const from = each.setBy[name];
      const by = from === null || from === each.name ? '' : ` (from ${clean(page, from)})`;
      parts.push(`${name} ${each[name] === null ? 'unknown' : clean(page, each[name])}${by}`);
    }
    parts.push(`encryption ${each.encryption === null ? 'unknown' : clean(page, each.encryption)}`);
    if (each.origin !== null) parts.push(`clone of ${clean(page, each.origin)}`);
    lines.push(...paragraph(page, clean(page, each.name), strong));
    lines.push(...flow(parts, ', ', page.width - 4, '').map((line) => `    ${line}`));
    const note = (text: string, paint: (text: string) => string) =>
      lines.push(...flow([text], '', page.width - 4, '').map((line) => `    ${paint(line)}`));
    if (recordsOf(each) > 0) note(`${waitingText(each)} to be replayed at the next import`, warn);
    if (each.inconsistent) note('a receive into it has not ended', warn);
    for (const { message } of each.troubles) note(clean(page, message), bad);
  }
  return lines;
}

function waitingText({ intentLog }: DatasetEntry): string {
  const kinds = Object.entries(intentLog?.byType ?? {}).map(([type, count]) => `${count} ${type}`);
  return `${countText(intentLog?.records ?? 0, 'record')} (${kinds.join(', ')}) in the intent log,`;
}
