import type { SnapshotEntry, SnapshotsDocument } from '../document/snapshotsDocument.ts';
import { countText } from './amounts.ts';
import { clean, type Page } from './page.ts';
import { sizesTable } from './sizesTable.ts';
import { table } from './table.ts';
import { joinBlocks, troublesText, viewHeadText } from './viewHeadText.ts';

/** The report of `snapshots`: how many, the sizes of each, then their guids and what hangs on them. */
export function snapshotsText(page: Page, document: SnapshotsDocument, choice: { readonly quiet: boolean }): string {
  const { snapshots } = document;
  const datasets = new Set(snapshots.map(({ name }) => name.slice(0, name.lastIndexOf('@')))).size;
  const about = [
    snapshots.length === 0
      ? 'no snapshots'
      : `${countText(snapshots.length, 'snapshot')} of ${countText(datasets, 'dataset')}`,
  ];
  const troubles = [...document.troubles, ...snapshots.flatMap((each) => each.troubles)];
  return joinBlocks([
    viewHeadText(page, document, document.txg === null ? [] : about),
    snapshots.length === 0 ? [] : sizesTable(page, snapshots),
    choice.quiet || snapshots.length === 0 ? [] : details(page, snapshots),
    troublesText(page, 'Not all could be read', troubles, document),
  ]);
}

function details(page: Page, snapshots: readonly SnapshotEntry[]): string[] {
  const rows = snapshots.map((each) => ({
    cells: [{ text: each.guid, paint: null }],
    note: [clean(page, each.name), ...remarks(page, each)].join('; '),
  }));
  return table(page, [{ head: 'GUID', right: true }], 'NAME', rows, null);
}

function remarks(page: Page, { name, clones, userProperties, deferredDestroy }: SnapshotEntry): string[] {
  const own = Object.entries(userProperties).filter(([key, { setBy }]) => setBy === name || key === 'freenas:vmsynced');
  return [
    ...(clones.length === 0 ? [] : [`cloned as ${clones.map((clone) => clean(page, clone)).join(', ')}`]),
    ...own.map(([key, { value }]) => `${clean(page, key)}=${clean(page, value)}`),
    ...(deferredDestroy ? ['destroyed as soon as nothing holds it'] : []),
  ];
}
