import { type CandidateRow, type RowColumn, rowColumns, STANDING_ROWS } from '../../page/candidateRows.ts';
import { VERDICT_TONES } from '../../page/verdictTones.ts';
import { countText } from '../../text/amounts.ts';
import { all, element } from './elements.ts';

/** Rows that are drawn beyond the edges of what is in sight. */
const MARGIN = 20;

interface Sorting {
  readonly column: RowColumn;
  readonly down: boolean;
}

/** The table of all txgs: in any order, only what is asked for, and of many rows only those in sight. */
export class RowsTable {
  readonly #rows: readonly { readonly row: CandidateRow; readonly text: string }[];
  readonly #columns: readonly RowColumn[];
  readonly #table: HTMLTableElement;
  readonly #body: HTMLTableSectionElement;
  readonly #scroll: HTMLElement;
  readonly #input: HTMLInputElement | null;
  readonly #said: HTMLElement | null;
  readonly #many: boolean;
  #shown: readonly CandidateRow[];
  #sorting: Sorting | null = null;
  #height = 0;
  #first = -1;

  /** @returns null where the article has no table */
  static of(article: Element, rows: readonly CandidateRow[]): RowsTable | null {
    const table = article.querySelector<HTMLTableElement>('[data-rows]');
    const [body] = table?.tBodies ?? [];
    const scroll = table?.parentElement;
    if (table == null || body === undefined || scroll == null) return null;
    return new RowsTable(article, rows, table, body, scroll);
  }

  private constructor(
    article: Element,
    rows: readonly CandidateRow[],
    table: HTMLTableElement,
    body: HTMLTableSectionElement,
    scroll: HTMLElement,
  ) {
    this.#columns = rowColumns(rows);
    this.#rows = rows.map((row) => ({
      row,
      text: this.#columns.map(({ text }) => text(row).toLowerCase()).join(' '),
    }));
    this.#shown = rows;
    [this.#table, this.#body, this.#scroll] = [table, body, scroll];
    this.#many = rows.length > STANDING_ROWS;
    for (const rest of all('[data-rest]', article)) rest.remove();
    this.#sortable();
    const filter = article.querySelector<HTMLElement>('[data-filter]');
    this.#input = filter?.querySelector('input') ?? null;
    this.#said = filter?.querySelector('[role=status]') ?? null;
    if (filter !== null) filter.hidden = false;
    this.#input?.addEventListener('input', () => this.#renew());
    if (!this.#many) return;
    scroll.classList.add('txgs-scroll');
    table.classList.add('txgs-many');
    this.#height = body.rows[0]?.getBoundingClientRect().height ?? 32;
    scroll.addEventListener('scroll', () => this.#draw(), { passive: true });
    this.#draw();
  }

  /** Shows the rows of one txg. */
  showTxg(txg: string): void {
    if (this.#input === null) return;
    this.#input.value = `txg:${txg}`;
    this.#renew();
    this.#input.scrollIntoView({ block: 'center' });
    this.#input.focus({ preventScroll: true });
  }

  #sortable(): void {
    for (const head of all('thead th', this.#table)) {
      const column = this.#columns.find(({ name }) => name === head.dataset['column']);
      if (column === undefined) continue;
      const button = element('button', '', column.head);
      button.type = 'button';
      button.addEventListener('click', () => {
        const down = this.#sorting?.column === column && !this.#sorting.down;
        this.#sorting = { column, down };
        for (const each of all('thead th', this.#table)) each.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        this.#renew();
      });
      head.replaceChildren(button);
    }
  }

  /** Rows with all the words of the filter, in the order that was asked for. */
  #renew(): void {
    const words = (this.#input?.value ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const holds = ({ row, text }: { readonly row: CandidateRow; readonly text: string }) =>
      words.every((word) =>
        word.startsWith('txg:') ? row.candidate.txg === word.slice('txg:'.length) : text.includes(word),
      );
    const found = this.#rows.filter(holds).map(({ row }) => row);
    const { column, down } = this.#sorting ?? {};
    if (column !== undefined) {
      const keys = new Map(found.map((row) => [row, column.key(row)] as const));
      found.sort((a, b) => {
        const [x, y] = [keys.get(a) ?? 0, keys.get(b) ?? 0];
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
      });
    }
    this.#shown = found;
    const { length } = this.#rows;
    if (this.#said !== null) {
      this.#said.textContent = words.length === 0 ? '' : `${found.length} of ${countText(length, 'txg')}`;
    }
    this.#first = -1;
    if (this.#many) this.#scroll.scrollTop = 0;
    this.#draw();
  }

  #draw(): void {
    if (!this.#many) {
      this.#body.replaceChildren(...this.#shown.map((row) => this.#rowElement(row)));
      return;
    }
    const count = Math.ceil(this.#scroll.clientHeight / this.#height) + 2 * MARGIN;
    const first = Math.max(0, Math.floor(this.#scroll.scrollTop / this.#height) - MARGIN);
    // Rows beyond the edges are there already: drawn again is only what was scrolled past them.
    if (this.#first >= 0 && Math.abs(first - this.#first) < MARGIN / 2) return;
    this.#first = first;
    const shown = this.#shown.slice(first, first + count);
    const rows = shown.map((row, at) => {
      const made = this.#rowElement(row);
      made.setAttribute('aria-rowindex', String(first + at + 2));
      return made;
    });
    const after = Math.max(0, this.#shown.length - first - shown.length);
    this.#body.replaceChildren(this.#space(first), ...rows, this.#space(after));
  }

  /** Room for rows that are not drawn. */
  #space(rows: number): HTMLTableRowElement {
    const row = element('tr', 'space');
    row.setAttribute('aria-hidden', 'true');
    row.style.height = `${rows * this.#height}px`;
    return row;
  }

  #rowElement(row: CandidateRow): HTMLTableRowElement {
    const made = element('tr', row.best ? 'best-row' : 'row');
    for (const { name, numeric, text } of this.#columns) {
      const kind = numeric ? 'number' : 'words';
      const verdict = `verdict-word verdict-word-${VERDICT_TONES[row.candidate.verdict]}`;
      const cell = element(name === 'txg' ? 'th' : 'td', name === 'verdict' ? verdict : kind, text(row));
      if (name === 'txg') cell.setAttribute('scope', 'row');
      if (name === 'reason' && this.#many) cell.title = text(row);
      made.append(cell);
    }
    return made;
  }
}
