import type { DatasetEntry } from '../document/datasetsDocument.ts';
import { sizeText } from './amounts.ts';
import { clean, type Page } from './page.ts';
import { type Column, table } from './table.ts';
import { datedColumn } from './writtenColumn.ts';

const COLUMNS: readonly Column[] = [
  { head: 'USED', right: true },
  { head: 'REFERENCED', right: true },
  { head: 'TXG', right: true },
  { head: 'CREATED (UTC)', right: false },
];

/** What datasets and snapshots have of: how much each holds, and since when. */
export type Sized = Pick<DatasetEntry, 'name' | 'usedBytes' | 'referencedBytes' | 'creationTxg' | 'creationTime'>;

export function sizesTable(page: Page, each: readonly Sized[]): string[] {
  const created = datedColumn(page);
  const rows = each.map(({ name, usedBytes, referencedBytes, creationTxg, creationTime }) => ({
    cells: [sizeText(usedBytes), sizeText(referencedBytes), creationTxg, created(creationTime)].map((text) => ({
      text,
      paint: null,
    })),
    note: clean(page, name),
  }));
  return table(page, COLUMNS, 'NAME', rows, null);
}
