import type { RingDocument, RingSource, SlotText } from '../document/ringDocument.ts';
import type { SlotState } from '../pool/survey.ts';
import { countText } from './amounts.ts';
import { fromBundle } from './fromBundle.ts';
import { sourceHeading } from './labelsText.ts';
import { clean, type Page, paragraph, type Style } from './page.ts';
import { ringLines, ringPicture } from './ringPicture.ts';
import { couldNotRead, withoutPlace } from './sourceTrouble.ts';
import { foldLast, type Row, table } from './table.ts';
import { datedColumn, type WrittenText } from './writtenColumn.ts';

export interface RingTextChoice {
  /** Every slot, and checksums in full. */
  readonly all: boolean;
  /** The pictures alone. */
  readonly quiet: boolean;
}

/** Rows of a table that is not asked for whole; at most half of them are slots that are not sound. */
const ROWS = 20;

const PAINT: Readonly<Record<SlotState, keyof Style | null>> = {
  valid: 'good',
  mmp: 'good',
  empty: 'dim',
  template: 'dim',
  checksum: 'bad',
  torn: 'bad',
  unreadable: 'bad',
  foreign: 'warn',
  garbage: 'warn',
};

const STATES: Readonly<Record<SlotState, string>> = {
  valid: 'valid',
  mmp: 'heartbeat',
  empty: 'empty',
  template: 'fresh label',
  checksum: 'bad checksum',
  torn: 'torn write',
  unreadable: 'unreadable',
  foreign: 'other pool',
  garbage: 'no uberblock',
};

/** The words of two checksums: nobody compares them by eye. */
const WORDS = /: expected (?:[0-9a-f]{16}:?){4}, found (?:[0-9a-f]{16}:?){4}/;

/** What is wrong with a slot; `all` with the checksums. */
function troubleOf(path: string, { error }: SlotText, all: boolean): string {
  const message = error === null ? '' : withoutPlace(path, error.message);
  return all ? message : message.replace(WORDS, ' does not match');
}

/** Slots that hold nothing need no row: the map shows them. */
const WITHOUT_ROW: readonly SlotState[] = ['empty', 'template'];

const SOUND: readonly SlotState[] = ['valid', 'mmp'];

/**
 * The report of `ring` for a terminal: per source the rings as a picture, then what each slot holds: first those that are
 * not sound, then the newest.
 */
export function ringText(page: Page, document: RingDocument, choice: RingTextChoice): string {
  const readable = document.sources.filter(({ error, rings }) => error === null || rings.length > 0);
  const blocks = [fromBundle(page, document.sources)];
  for (const source of readable) {
    blocks.push([...sourceHeading(page, source), ...picture(page, source)]);
    blocks.push(choice.quiet ? [] : slotTable(page, source, choice.all));
  }
  blocks.push(couldNotRead(page, document.sources));
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function picture(page: Page, source: RingSource): string[] {
  if (source.rings.length === 0) return paragraph(page, 'Too short for a label, so there is no ring.', page.style.bad);
  const rings = source.rings.map(({ label, map, slotSizeBytes }) => ({ label, map, slotSizeBytes, best: [] }));
  const assumed = source.rings.every(({ slotSizeFrom }) => slotSizeFrom === 'assumed');
  const lines = ringPicture(page, ringLines('', rings));
  if (!assumed) return lines;
  return [
    ...lines,
    ...paragraph(page, 'The size of a slot is a guess: no label and no slot tells it.', page.style.warn),
  ];
}

interface Entry {
  readonly slot: SlotText;
  readonly labels: number[];
}

/** Slots with the same content are one row with all their labels. */
function slotTable(page: Page, source: RingSource, all: boolean): string[] {
  const merged = new Map<string, Entry>();
  for (const { label, slots } of source.rings) {
    for (const slot of slots) {
      if (WITHOUT_ROW.includes(slot.state)) continue;
      // Of what is damaged labels differ in bits that the row does not show.
      const same = all || SOUND.includes(slot.state) ? JSON.stringify(slot.uberblock) : slot.uberblock?.txg;
      const key = `${slot.slot} ${slot.state} ${same} ${troubleOf(source.path, slot, all)}`;
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { slot, labels: [label] });
      else known.labels.push(label);
    }
  }
  const entries = [...merged.values()].sort(newestFirst);
  if (entries.length === 0) return [];
  const sound = entries.filter(({ slot }) => SOUND.includes(slot.state));
  const other = entries.filter(({ slot }) => !SOUND.includes(slot.state));
  const first = all ? other : other.slice(0, ROWS / 2);
  const shown = [...first, ...(all ? sound : sound.slice(0, ROWS - first.length))];
  const columns = [
    { head: 'SLOT', right: true },
    { head: 'TXG', right: true },
    { head: 'WRITTEN', right: false },
    { head: 'LABELS', right: false },
    { head: 'STATE', right: false },
  ];
  const rest = entries.length - shown.length;
  const written = datedColumn(page);
  const rows = shown.map((each) => slotRow(page, source.path, each, written, all));
  const [folded, foldedRows] = foldLast(page, columns, rows);
  return table(page, folded, '', foldedRows, rest === 0 ? null : `${countText(rest, 'more slot')}: --all`);
}

/** By txg, then by time; slots without an uberblock last. */
function newestFirst(a: Entry, b: Entry): number {
  const [x, y] = [a.slot.uberblock, b.slot.uberblock];
  if (x === null || y === null) return Number(x === null) - Number(y === null) || a.slot.slot - b.slot.slot;
  if (x.txg !== y.txg) return BigInt(x.txg) > BigInt(y.txg) ? -1 : 1;
  return y.timestamp - x.timestamp || a.slot.slot - b.slot.slot;
}

function slotRow(page: Page, path: string, { slot, labels }: Entry, written: WrittenText, all: boolean): Row {
  const { uberblock, state } = slot;
  return {
    cells: [
      { text: String(slot.slot), paint: null },
      { text: uberblock?.txg ?? '', paint: null },
      { text: uberblock === null ? '' : written(uberblock.timestamp), paint: null },
      { text: rangesText(labels), paint: null },
      { text: STATES[state], paint: PAINT[state] },
    ],
    note: clean(page, troubleOf(path, slot, all)),
  };
}

/** `0-3`, `0, 2-3`: neighbours together. `indexes` ascend. */
function rangesText(indexes: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last !== undefined && index === last.to + 1) last.to = index;
    else ranges.push({ from: index, to: index });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
