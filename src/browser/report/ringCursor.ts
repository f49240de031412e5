import { printable } from '../../bytes/printable.ts';
import type { PoolEntry } from '../../document/pool.types.ts';
import type { SourceEntry } from '../../document/source.types.ts';
import { type CandidateRow, writtenText } from '../../page/candidateRows.ts';
import { ABSENT, type RingGrid, type RingRow, type RingTrack, ringGrid } from '../../page/ringGrid.ts';
import { CELL, ROW } from '../../page/ringMarks.ts';
import { lossText } from '../../text/candidateLoss.ts';
import { SIGNS } from '../../text/ringPicture.ts';

/** A line of the picture below its axis. */
type Line = { readonly track: RingTrack; readonly row: RingRow | null };

/** Bytes of a label before its ring. Source: include/sys/vdev_impl.h, vdev_label_t */
const RING_OFFSET = 128 * 1024;

/** Says what stands in the cell that is pointed at, or gone to with the arrow keys; a click shows its txg in the table. */
export function ringCursor(
  article: Element,
  pool: PoolEntry,
  sources: readonly SourceEntry[],
  handles: readonly string[],
  rows: readonly CandidateRow[],
  showTxg: (txg: string) => void,
): void {
  const picture = article.querySelector<SVGSVGElement>('.ring-picture');
  const scroll = article.querySelector<HTMLElement>('.ring-scroll');
  const cursor = article.querySelector<SVGRectElement>('.ring-cursor');
  const said = article.querySelector<HTMLElement>('.ring-cell');
  if (picture === null || scroll === null || cursor === null || said === null) return;
  const grid = ringGrid(pool, sources, handles);
  const lines: Line[] = grid.tracks.flatMap((track) => [
    { track, row: null },
    ...track.rows.map((row) => ({ track, row })),
  ]);
  const best = grid.columns.findIndex(({ txg }) => txg === pool.recommendation?.txg);
  let [column, line] = [best < 0 ? grid.columns.length - 1 : best, 0];

  const show = (): void => {
    cursor.setAttribute('x', String(column * CELL));
    cursor.setAttribute('y', String((line + 1) * ROW));
    cursor.setAttribute('visibility', 'visible');
    const at = lines[line];
    said.textContent = at === undefined ? '' : printable(cellText(grid, at, column, sources, handles, rows));
  };
  const txgHere = (): string | null => grid.columns[column]?.txg ?? null;

  picture.addEventListener('pointermove', (event) => {
    const box = picture.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * grid.columns.length);
    const y = Math.floor(((event.clientY - box.top) / box.height) * (lines.length + 1)) - 1;
    if (grid.columns[x] === undefined || lines[y] === undefined || (x === column && y === line)) return;
    [column, line] = [x, y];
    show();
  });
  picture.addEventListener('click', () => {
    const txg = txgHere();
    if (txg !== null) showTxg(txg);
  });
  scroll.addEventListener('focus', show);
  scroll.addEventListener('keydown', (event) => {
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      Home: [-grid.columns.length, 0],
      End: [grid.columns.length, 0],
    };
    const step = steps[event.key];
    const txg = txgHere();
    if (event.key === 'Enter' && txg !== null) showTxg(txg);
    if (step === undefined) return;
    event.preventDefault();
    column = Math.min(Math.max(column + step[0], 0), grid.columns.length - 1);
    line = Math.min(Math.max(line + step[1], 0), lines.length - 1);
    show();
    cursor.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
}

function cellText(
  { columns }: RingGrid,
  { track, row }: Line,
  at: number,
  sources: readonly SourceEntry[],
  handles: readonly string[],
  rows: readonly CandidateRow[],
): string {
  const column = columns[at];
  const txg = column?.txg ?? null;
  const head = txg === null ? `Slot ${column?.slot}` : `Txg ${txg}`;
  if (row === null) {
    const candidate = track.verdicts[at] ?? null;
    const known = rows.find((each) => each.candidate === candidate);
    if (candidate === null || known === undefined) return `${head}: not judged.`;
    const loss = lossText([known.loss]);
    return `${head}, written ${writtenText(candidate.timestamp)} UTC: ${candidate.verdict}${loss === '-' ? '' : `, loss ${loss}`}. ${known.reason}`;
  }
  const letter = row.cells[at] ?? ABSENT;
  const slot = row.slots[at] ?? -1;
  const source = sources[row.source];
  const where = `${handles[row.source] ?? ''} label${row.labels.length === 1 ? '' : 's'} ${row.labels.join(', ')}`;
  if (letter === ABSENT) return `${head}: not in ${where}.`;
  const own = source?.uberblocks.find((each) => each.slot === slot && each.txg === txg);
  const state = SIGNS.get(letter)?.meaning ?? 'unknown';
  const offsets = row.labels.map((index) => {
    const label = source?.labels.find((each) => each.index === index);
    const size = label?.ring?.slotSizeBytes ?? 0;
    return `0x${(BigInt(label?.offsetBytes ?? 0) + BigInt(RING_OFFSET + slot * size)).toString(16)}`;
  });
  const written = own === undefined ? '' : `, written ${writtenText(own.timestamp)} UTC`;
  return `${head}, ${where}, slot ${slot}: ${state}${written}. At byte ${offsets.join(', ')} of the vdev in ${source?.path ?? ''}.`;
}
