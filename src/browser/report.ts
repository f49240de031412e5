import { sourceHandles } from '../document/handles.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import { candidateRows } from '../page/candidateRows.ts';
import { poolCase } from '../text/poolCase.ts';
import { choiceChart, timeChart } from './report/charts.ts';
import { copyButtons, download, localTimes, openForPrint } from './report/conveniences.ts';
import { all } from './report/elements.ts';
import { ringCursor } from './report/ringCursor.ts';
import { RowsTable } from './report/rowsTable.ts';

/** What every page of a report does when it is loaded; without it the page says the same, and stands still. */
function start(): void {
  const scan: ScanDocument = JSON.parse(document.getElementById('document')?.textContent ?? 'null');
  const { sources, depth } = scan;
  const handles = sourceHandles(sources.map(({ path }) => path));
  copyButtons();
  localTimes();
  openForPrint();
  download(scan);
  for (const [at, article] of all('article.pool').entries()) {
    const pool = scan.pools[at];
    if (pool === undefined) continue;
    const rows = candidateRows(pool, handles);
    const table = RowsTable.of(article, rows);
    ringCursor(article, pool, sources, handles, rows, (txg) => table?.showTxg(txg));
    timeChart(article, poolCase(pool, sources, depth));
    choiceChart(article, rows);
  }
}

start();
