import { RING_LETTERS } from '../document/ringMap.ts';
import { countText, sizeText } from './amounts.ts';
import { flow, type Page, type Style } from './page.ts';

export interface Sign {
  readonly unicode: string;
  readonly ascii: string;
  readonly meaning: string;
  readonly paint: keyof Style | null;
}

/** By letter of a ring map. Signs are told apart by their shape, colour only helps: see docs/ring-map.md. */
export const SIGNS: ReadonlyMap<string, Sign> = new Map([
  [RING_LETTERS.valid, { unicode: '■', ascii: '#', meaning: 'valid', paint: null }],
  [RING_LETTERS.mmp, { unicode: '◆', ascii: 'm', meaning: 'valid, multihost heartbeat', paint: null }],
  [RING_LETTERS.empty, { unicode: '·', ascii: '.', meaning: 'empty', paint: 'dim' }],
  [RING_LETTERS.template, { unicode: '○', ascii: 'o', meaning: 'as a fresh label leaves it', paint: 'dim' }],
  [RING_LETTERS.checksum, { unicode: '×', ascii: 'x', meaning: 'checksum fails', paint: 'bad' }],
  [RING_LETTERS.torn, { unicode: '≠', ascii: '/', meaning: 'torn write', paint: 'bad' }],
  [RING_LETTERS.unreadable, { unicode: '?', ascii: '?', meaning: 'cannot be read', paint: 'bad' }],
  [RING_LETTERS.foreign, { unicode: 'F', ascii: 'F', meaning: "another pool's", paint: 'warn' }],
  [RING_LETTERS.garbage, { unicode: '~', ascii: '~', meaning: 'no uberblock', paint: 'warn' }],
] as const);

/** Marks the slots of the best txg; no letter of a ring map. */
const BEST = 'B';
/** Letters that the mark of the best txg may stand for: it never hides damage. */
const SOUND: ReadonlySet<string> = new Set([RING_LETTERS.valid, RING_LETTERS.mmp]);
const BEST_SIGN: Sign = { unicode: 'B', ascii: 'B', meaning: 'best txg', paint: 'good' };
const UNKNOWN: Sign = { unicode: '?', ascii: '?', meaning: 'unknown', paint: 'bad' };

const signOf = (letter: string): Sign => (letter === BEST ? BEST_SIGN : (SIGNS.get(letter) ?? UNKNOWN));

export interface RingLine {
  readonly name: string;
  /** One letter a slot. */
  readonly map: string;
  readonly slotSizeBytes: number;
  /** Slots of the best txg. */
  readonly best: readonly number[];
}

export interface LabelRing {
  readonly label: number;
  readonly map: string;
  readonly slotSizeBytes: number;
  readonly best: readonly number[];
}

/**
 * The rings of one source's labels as lines; neighbours that look the same share one: `d0 L0-3`.
 *
 * @param source the short name of the source; empty where there is but one
 */
export function ringLines(source: string, rings: readonly LabelRing[]): RingLine[] {
  const groups: LabelRing[][] = [];
  for (const ring of rings) {
    const last = groups.at(-1);
    const first = last?.[0];
    const same =
      first?.map === ring.map && first.slotSizeBytes === ring.slotSizeBytes && `${first.best}` === `${ring.best}`;
    if (last !== undefined && same) last.push(ring);
    else groups.push([ring]);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    const last = group.at(-1);
    if (first === undefined || last === undefined) return [];
    const labels = first === last ? `L${first.label}` : `L${first.label}-${last.label}`;
    return [{ ...first, name: source === '' ? labels : `${source} ${labels}` }];
  });
}

/**
 * One line a ring, one character a slot, and a legend of the signs in use. A ring that is wider than the page goes on
 * below in rows of a power of two, so that slots stay in columns.
 */
export function ringPicture(page: Page, lines: readonly RingLine[]): string[] {
  if (lines.length === 0) return [];
  const names = Math.max(...lines.map((line) => line.name.length));
  const longest = Math.max(...lines.map((line) => line.map.length));
  const row = rowLength(page.width - names - 5, longest);
  const letters = new Set<string>();
  const out: string[] = [];
  for (const line of lines) {
    const slots = Array.from(line.map, (letter, slot) =>
      line.best.includes(slot) && SOUND.has(letter) ? BEST : letter,
    );
    for (const letter of slots) letters.add(letter);
    for (let at = 0; at < slots.length || at === 0; at += row) {
      const name = at === 0 ? line.name : '';
      out.push(`  ${name.padEnd(names)} |${paintSlots(page, slots.slice(at, at + row))}|`);
    }
  }
  return [...out, ...legend(page, lines, letters)];
}

/** Slots a row: all of them, or the largest power of two that fits. */
function rowLength(columns: number, longest: number): number {
  if (longest <= columns) return Math.max(1, longest);
  let row = 8;
  while (row * 2 <= columns) row *= 2;
  return row;
}

/** Runs of one sign are painted together, which keeps the output short. */
function paintSlots(page: Page, slots: readonly string[]): string {
  let out = '';
  for (let at = 0; at < slots.length; ) {
    let end = at + 1;
    while (end < slots.length && slots[end] === slots[at]) end++;
    const sign = signOf(slots[at] ?? '');
    const run = (page.unicode ? sign.unicode : sign.ascii).repeat(end - at);
    out += sign.paint === null ? run : page.style[sign.paint](run);
    at = end;
  }
  return out;
}

function legend(page: Page, lines: readonly RingLine[], letters: ReadonlySet<string>): string[] {
  const shapes = new Set(
    lines.map(({ map, slotSizeBytes }) => `${countText(map.length, 'slot')} of ${sizeText(slotSizeBytes)}`),
  );
  const known = [BEST, ...SIGNS.keys()].filter((letter) => letters.has(letter)).map(signOf);
  const signs = known.map((sign) => `${page.unicode ? sign.unicode : sign.ascii} ${sign.meaning}`);
  const [first = '', ...rest] = flow([[...shapes].join(' or '), ...signs], '   ', page.width - 4, '');
  return [first, ...rest].map((line) => page.style.dim(`    ${line}`));
}
