import { countText } from '../text/amounts.ts';
import { type CandidateRow, type RowColumn, rowColumns, STANDING_ROWS } from './candidateRows.ts';
import { type Html, html } from './html.ts';
import { scrolled, section } from './parts.ts';
import { VERDICT_TONES } from './verdictTones.ts';

/** Every txg that can be gone back to, the best first. */
export function candidatesSection(id: string, rows: readonly CandidateRow[]): Html {
  if (rows.length === 0) return section(`${id}-table`, 'All txgs', html`<p>There is no txg to go back to.</p>`);
  const columns = rowColumns(rows);
  const shown = rows.slice(0, STANDING_ROWS);
  const rest = rows.length - shown.length;
  return section(
    `${id}-table`,
    'All txgs',
    html`<div class="filter" data-filter hidden><label for="${id}-filter">Show rows with</label> <input type="search" id="${id}-filter" autocomplete="off" spellcheck="false" placeholder="damaged, 1043, ..."> <span role="status"></span></div>
${scrolled(
  'Table of all txgs',
  html`<table class="txgs" data-rows aria-rowcount="${rows.length + 1}"><thead><tr>${columns.map(headHtml)}</tr></thead><tbody>${shown.map((row) => rowHtml(row, columns))}</tbody></table>`,
)}
${rest === 0 ? null : html`<p class="dim" data-rest>${countText(rest, 'more txg')}: the JSON document in this page has them, and its script shows them.</p>`}
<p class="dim">Loss: writing that is given up, from that txg to the newest${columns.some(({ name }) => name === 'branch') ? ' of its own history' : ''}. Copies: label rings in which the uberblock is whole.</p>`,
  );
}

const headHtml = ({ name, head, numeric }: RowColumn): Html =>
  html`<th scope="col" data-column="${name}" class="${numeric ? 'number' : 'words'}">${head}</th>`;

const rowHtml = (row: CandidateRow, columns: readonly RowColumn[]): Html =>
  html`<tr class="${row.best ? 'best-row' : 'row'}">${columns.map(({ name, numeric, text }) => {
    const kind =
      name === 'verdict'
        ? `verdict-word verdict-word-${VERDICT_TONES[row.candidate.verdict]}`
        : numeric
          ? 'number'
          : 'words';
    return name === 'txg'
      ? html`<th scope="row" class="number">${text(row)}</th>`
      : html`<td class="${kind}">${text(row)}</td>`;
  })}</tr>
`;
