import type { PoolEntry } from '../document/pool.types.ts';
import { RING_LETTERS } from '../document/ringMap.ts';
import type { SourceEntry } from '../document/source.types.ts';
import { countText } from '../text/amounts.ts';
import { SIGNS } from '../text/ringPicture.ts';
import { type Html, html } from './html.ts';
import { markItem, verdictItems } from './legend.ts';
import { section } from './parts.ts';
import { ABSENT, type RingColumn, type RingGrid, type RingRow, ringGrid } from './ringGrid.ts';
import { CELL, MARKS, markPath, REM, ROW, VERDICT_MARKS } from './ringMarks.ts';

/** Columns that a page of paper has room for at their usual size. */
const PRINTED = 52;
/** Of a digit of the numbers above the columns. */
const DIGIT = 6.2;

/** The rings of all devices as a picture: a column for each txg, a row for each label, the verdicts above. */
export function ringSection(
  id: string,
  pool: PoolEntry,
  sources: readonly SourceEntry[],
  handles: readonly string[],
): Html {
  const grid = ringGrid(pool, sources, handles);
  const { columns } = grid;
  if (columns.length === 0) {
    return section(`${id}-ring`, 'The rings', html`<p>No label of these devices has an uberblock.</p>`);
  }
  return section(
    `${id}-ring`,
    'The rings',
    html`<p>Each column is a txg, the newest at the right; each row a label, or labels that are alike. Each label keeps the
newest uberblocks in a ring of slots. Above stands what an import of that txg would do.</p>
<div class="ring ${columns.length <= PRINTED ? 'ring-short' : 'ring-long'}"><div class="ring-names" aria-hidden="true">${namesHtml(grid, handles)}</div>
<div class="ring-scroll" tabindex="0" role="region" aria-label="Rings of ${pool.name ?? pool.guid}: arrow keys go from cell to cell">${pictureHtml(grid, pool)}</div></div>
<p class="ring-cell" role="status"></p>
${legendHtml(grid)}
<details><summary>The same as text</summary><ul>${grid.tracks.flatMap(({ rows }) => rows.map((row) => html`<li>${rowText(row, grid.columns, handles)}</li>`))}</ul></details>`,
  );
}

const rangeText = (labels: readonly number[]): string =>
  labels.length === 1 ? `${labels[0]}` : `${labels[0]}-${labels.at(-1)}`;

const namesHtml = ({ tracks }: RingGrid, handles: readonly string[]): Html =>
  html`<span>txg</span>${tracks.map(
    ({ name, rows }) =>
      html`<span class="strip-name">${name === '' ? 'verdict' : `verdict on ${name}`}</span>${rows.map(
        ({ source, labels }) => html`<span>${handles[source] ?? ''} <small>L${rangeText(labels)}</small></span>`,
      )}`,
  )}`;

function pictureHtml(grid: RingGrid, pool: PoolEntry): Html {
  const { columns, tracks } = grid;
  const width = columns.length * CELL;
  const height = ROW * (1 + tracks.reduce((sum, { rows }) => sum + 1 + rows.length, 0));
  const best = columns.findIndex(({ txg }) => txg !== null && txg === pool.recommendation?.txg);
  const paths = new Map<string, string>();
  const add = (kind: string, path: string) => paths.set(kind, (paths.get(kind) ?? '') + path);
  let y = ROW;
  for (const { verdicts, rows } of tracks) {
    for (const [x, each] of verdicts.entries()) {
      if (each !== null) add(`verdict-${each.verdict}`, markPath(VERDICT_MARKS[each.verdict], x * CELL, y));
    }
    y += ROW;
    for (const { cells } of rows) {
      for (const [x, letter] of [...cells].entries()) {
        const mark = MARKS.get(letter);
        if (mark !== undefined) add(`cell-${letter}`, markPath(mark, x * CELL, y));
      }
      y += ROW;
    }
  }
  const band =
    best < 0 ? null : html`<rect class="ring-best" x="${best * CELL}" y="0" width="${CELL}" height="${height}"/>`;
  return html`<svg class="ring-picture" width="${width / REM}rem" height="${height / REM}rem" viewBox="0 0 ${width} ${height}" role="img" aria-label="${summaryText(grid)}">${band}${axisHtml(columns, best)}${[
    ...paths,
  ].map(
    ([kind, path]) => html`<path class="${kind}" d="${path}"/>`,
  )}<rect class="ring-cursor" width="${CELL}" height="${ROW}" visibility="hidden"/></svg>`;
}

/** Numbers above the columns, as many as have room, counted from the newest; the recommended one always. */
function axisHtml(columns: readonly RingColumn[], best: number): Html[] {
  const longest = Math.max(...columns.map(({ txg }) => txg?.length ?? 0));
  const every = Math.max(1, Math.ceil((longest * DIGIT + CELL) / CELL));
  const shown = new Map<number, string>();
  for (let at = columns.length - 1; at >= 0; at -= every) {
    const clear = best < 0 || at === best || Math.abs(at - best) >= every;
    if (clear) shown.set(at, columns[at]?.txg ?? '');
  }
  if (best >= 0) shown.set(best, columns[best]?.txg ?? '');
  return [...shown].map(([at, txg]) => {
    const room = (at + 1) * CELL >= txg.length * DIGIT;
    const kind = at === best ? 'axis axis-best' : 'axis';
    return room
      ? html`<text class="${kind}" x="${(at + 1) * CELL - 2}" y="14" text-anchor="end">${txg}</text>`
      : html`<text class="${kind}" x="${at * CELL + 1}" y="14">${txg}</text>`;
  });
}

function summaryText({ columns, tracks }: RingGrid): string {
  const rows = tracks.flatMap(({ rows }) => rows);
  const txgs = columns.filter(({ txg }) => txg !== null);
  const bad = rows.reduce((sum, { cells, labels }) => sum + labels.length * [...cells].filter(isBad).length, 0);
  const range = txgs.length === 0 ? '' : `, txg ${txgs[0]?.txg} to ${txgs.at(-1)?.txg}`;
  const damage = bad === 0 ? 'no slot is damaged' : `${countText(bad, 'slot')} of all labels damaged`;
  return `${countText(txgs.length, 'txg')}${range}; ${damage}. The text below says it row by row.`;
}

const isBad = (letter: string): boolean =>
  letter !== ABSENT && letter !== RING_LETTERS.valid && letter !== RING_LETTERS.mmp;

/** `d0 labels 0-3: 30 txgs (1011 to 1040); checksum fails: 1041 (slot 17)`. */
function rowText(
  { source, labels, cells, slots }: RingRow,
  columns: readonly RingColumn[],
  handles: readonly string[],
): string {
  const sound = columns.filter((_, at) => cells[at] === RING_LETTERS.valid || cells[at] === RING_LETTERS.mmp);
  const first = sound[0]?.txg;
  const parts = [
    first === undefined ? 'no sound uberblock' : `${countText(sound.length, 'txg')} (${first} to ${sound.at(-1)?.txg})`,
  ];
  for (const letter of new Set([...cells].filter(isBad))) {
    const places = columns.flatMap(({ txg }, at) =>
      cells[at] === letter ? [txg === null ? `slot ${slots[at]}` : `${txg} (slot ${slots[at]})`] : [],
    );
    const rest = places.length > NAMED ? ` and ${places.length - NAMED} more` : '';
    parts.push(`${SIGNS.get(letter)?.meaning ?? letter}: ${places.slice(0, NAMED).join(', ')}${rest}`);
  }
  return `${handles[source] ?? ''} label${labels.length === 1 ? '' : 's'} ${rangeText(labels)}: ${parts.join('; ')}`;
}

/** Slots that a line of the text names. */
const NAMED = 12;

function legendHtml({ tracks }: RingGrid): Html {
  const verdicts = tracks.flatMap(({ verdicts }) => verdicts.flatMap((each) => each?.verdict ?? []));
  const letters = new Set(tracks.flatMap(({ rows }) => rows.flatMap(({ cells }) => [...cells])));
  const cellItems = [...MARKS].flatMap(([letter, mark]) => {
    const words = letter === ABSENT ? 'not in this label' : (SIGNS.get(letter)?.meaning ?? '');
    return letters.has(letter) ? markItem(`cell-${letter}`, mark, words) : [];
  });
  return html`<div class="legends"><p>Verdict:</p><ul class="legend">${verdictItems(verdicts)}</ul><p>Copy in a label:</p><ul class="legend">${cellItems}</ul></div>`;
}
