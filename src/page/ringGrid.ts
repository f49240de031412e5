import type { CandidateEntry } from '../document/candidate.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import { RING_LETTERS } from '../document/ringMap.ts';
import type { LabelEntry, SourceEntry, UberblockEntry } from '../document/source.types.ts';
import { branchesOf, SHARED } from '../text/candidateRuns.ts';

/** A column of the picture: a txg, or a slot of which nothing tells whose it was. */
export interface RingColumn {
  readonly txg: string | null;
  /** Where `txg` is null. */
  readonly slot: number | null;
}

/** One label, or neighbouring labels of one source that look the same. */
export interface RingRow {
  /** Index into the document's sources. */
  readonly source: number;
  readonly labels: readonly number[];
  /** A letter of the ring map for each column; `ABSENT` where the label does not have that txg. */
  readonly cells: string;
  /** The slot of each column's cell; -1 where it has none. */
  readonly slots: readonly number[];
}

/** Devices of one history. */
export interface RingTrack {
  /** Empty where the pool has but one. */
  readonly name: string;
  /** Of each column the best candidate of this history; null where there is none. */
  readonly verdicts: readonly (CandidateEntry | null)[];
  readonly rows: readonly RingRow[];
}

export interface RingGrid {
  /** Slots that nothing tells of first, then txgs, the oldest first. */
  readonly columns: readonly RingColumn[];
  readonly tracks: readonly RingTrack[];
}

/** Marks a txg that a label does not have; no letter of a ring map. */
export const ABSENT = '-';

const BAD: ReadonlySet<string> = new Set([
  RING_LETTERS.checksum,
  RING_LETTERS.torn,
  RING_LETTERS.unreadable,
  RING_LETTERS.foreign,
  RING_LETTERS.garbage,
]);

/** As a slot is before it is written, and after it was wiped. */
const UNWRITTEN: ReadonlySet<string> = new Set([RING_LETTERS.empty, RING_LETTERS.template]);

/**
 * The rings of a pool's devices with a column for each txg. A slot that is damaged stands in the column of the newest txg
 * that other labels have in that slot, for that is what should be there.
 *
 * @param handles of the document's sources
 */
export function ringGrid(pool: PoolEntry, sources: readonly SourceEntry[], handles: readonly string[]): RingGrid {
  const own = pool.sources.flatMap((index) => {
    const source = sources[index];
    return source === undefined ? [] : [{ index, source }];
  });
  const bySlot = txgsBySlot(own.map(({ source }) => source));
  const txgs = new Set<string>(own.flatMap(({ source }) => sound(source).map(({ txg }) => txg)));
  for (const { txg, checkpoint } of pool.candidates) if (checkpoint === undefined) txgs.add(txg);
  const labels = own.flatMap(({ index, source }) =>
    source.labels.map((label) => ({ source: index, label: label.index, slots: slotsOf(source, label, bySlot) })),
  );
  const unknown = new Set(
    labels.flatMap(({ slots }) => slots.flatMap(({ txg, slot }) => (txg === null ? [slot] : []))),
  );
  const columns: RingColumn[] = [
    ...[...unknown].sort((a, b) => a - b).map((slot) => ({ txg: null, slot })),
    ...[...txgs].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)).map((txg) => ({ txg, slot: null })),
  ];
  const places = new Map(columns.map((column, at) => [keyOf(column), at]));
  const rows = merged(
    labels.map(({ source, label, slots }) => {
      const cells = columns.map(() => ABSENT);
      const held = columns.map(() => -1);
      for (const { txg, slot, letter } of slots) {
        const at = places.get(keyOf({ txg, slot }));
        if (at === undefined) continue;
        cells[at] = letter;
        held[at] = slot;
      }
      return { source, labels: [label], cells: cells.join(''), slots: held };
    }),
  );
  return { columns, tracks: tracksOf(pool, columns, rows, handles) };
}

const keyOf = ({ txg, slot }: RingColumn): string => (txg === null ? `slot ${slot}` : txg);

const sound = ({ uberblocks }: SourceEntry): UberblockEntry[] => uberblocks.filter(({ state }) => state !== 'foreign');

interface SlotAt {
  readonly txg: string | null;
  readonly slot: number;
  readonly letter: string;
}

/** Txgs that some label has in a slot, the newest first; rings of other lengths have other slots. */
function txgsBySlot(sources: readonly SourceEntry[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const source of sources) {
    for (const { slot, txg } of sound(source)) {
      const key = `${ringLength(source)} ${slot}`;
      found.set(key, (found.get(key) ?? new Set()).add(txg));
    }
  }
  return new Map(
    [...found].map(([key, txgs]) => [key, [...txgs].sort((a, b) => (BigInt(a) > BigInt(b) ? -1 : 1))] as const),
  );
}

const ringLength = ({ labels }: SourceEntry): number => Math.max(0, ...labels.map(({ ring }) => ring?.map.length ?? 0));

/** Slots of a label that the picture shows: those that are sound, and those that are not as they should be. */
function slotsOf(
  source: SourceEntry,
  { index, ring }: LabelEntry,
  bySlot: ReadonlyMap<string, readonly string[]>,
): SlotAt[] {
  if (ring === null) return [];
  const slots: SlotAt[] = [];
  const known = new Set<string>();
  // A heartbeat has the txg of the uberblock beside it, which is to be seen.
  const ordered = [...sound(source)].sort((a, b) => Number(b.state === 'mmp') - Number(a.state === 'mmp'));
  for (const { labels, slot, txg, state } of ordered) {
    if (!labels.includes(index)) continue;
    slots.push({ txg, slot, letter: RING_LETTERS[state] });
    known.add(txg);
  }
  for (const [slot, letter] of [...ring.map].entries()) {
    const lacking = UNWRITTEN.has(letter);
    if (!lacking && !BAD.has(letter)) continue;
    const txg = bySlot.get(`${ringLength(source)} ${slot}`)?.find((each) => !known.has(each)) ?? null;
    // Of a slot that nobody has written there is nothing to show.
    if (txg !== null || !lacking) slots.push({ txg, slot, letter });
  }
  return slots;
}

/** Neighbouring labels of a source that look the same are one row. */
function merged(rows: readonly RingRow[]): RingRow[] {
  const out: RingRow[] = [];
  for (const row of rows) {
    const last = out.at(-1);
    if (last?.source === row.source && last.cells === row.cells && `${last.slots}` === `${row.slots}`) {
      out[out.length - 1] = { ...last, labels: [...last.labels, ...row.labels] };
    } else out.push(row);
  }
  return out;
}

function tracksOf(
  pool: PoolEntry,
  columns: readonly RingColumn[],
  rows: readonly RingRow[],
  handles: readonly string[],
): RingTrack[] {
  const branches = branchesOf(pool, handles);
  const names = new Set([...branches.values()].filter((name) => name !== SHARED));
  const members = new Map<string, readonly number[]>();
  for (const [{ sources }, name] of branches) if (names.has(name) && !members.has(name)) members.set(name, sources);
  const placed = new Set<number>();
  const tracks: RingTrack[] = [];
  for (const [name, sources] of members) {
    const fresh = sources.filter((index) => !placed.has(index));
    for (const index of fresh) placed.add(index);
    const own = (each: CandidateEntry) => branches.get(each) === name || branches.get(each) === SHARED;
    tracks.push({
      name,
      verdicts: verdictsOf(columns, pool.candidates.filter(own)),
      rows: rows.filter(({ source }) => fresh.includes(source)),
    });
  }
  const rest = rows.filter(({ source }) => !placed.has(source));
  if (tracks.length === 0) return [{ name: '', verdicts: verdictsOf(columns, pool.candidates), rows: rest }];
  return rest.length === 0 ? tracks : [...tracks, { name: SHARED, verdicts: columns.map(() => null), rows: rest }];
}

function verdictsOf(columns: readonly RingColumn[], candidates: readonly CandidateEntry[]): (CandidateEntry | null)[] {
  const best = new Map<string, CandidateEntry>();
  for (const each of candidates) {
    const known = best.get(each.txg);
    if (each.checkpoint === undefined && (known === undefined || each.rank < known.rank)) best.set(each.txg, each);
  }
  return columns.map(({ txg }) => (txg === null ? null : (best.get(txg) ?? null)));
}
