import type { BlockCheck } from '../block/verifyBlock.ts';
import type { ZfsUberError } from '../bytes/errors.ts';
import type { Attempt } from './blockRead.ts';
import { combinations } from './combinations.ts';
import { isZeros } from './raidzGalois.ts';
import type { RaidzColumn, RaidzMap } from './raidzMap.ts';
import { type Correction, RaidzStripe } from './raidzStripe.ts';
import { isAttempt, type VdevLayout } from './vdevLayout.ts';

/** What a column is read from. */
export type ColumnSource = Pick<VdevLayout, 'name' | 'place' | 'fetch'>;

/** One column of one row. */
interface Part {
  readonly stripe: RaidzStripe;
  readonly index: number;
  readonly column: RaidzColumn;
}

/**
 * Bytes that a search for silently wrong columns may look at, for one block. OpenZFS has no limit. This one is above
 * what every combination of 3 of 32 disks takes for a block of 512 KiB.
 */
const SEARCH_LIMIT = 4 * 1024 * 1024 * 1024;
/** What looking at one column costs against summing a byte. */
const COLUMN_COST = 512;

/** Corrections of each stripe, by its index. */
type Solution = readonly (readonly Correction[])[];

/** A search under way. */
interface Search {
  readonly check: BlockCheck;
  /** Bytes of the block that the check covers. */
  readonly size: number;
  /** What is left of {@link SEARCH_LIMIT}. */
  left: number;
}

/** A raidz or dRAID block on its way from columns to content. */
export class RaidzBlock {
  readonly #map: RaidzMap;
  readonly #children: readonly ColumnSource[];
  readonly #stripes: readonly RaidzStripe[];
  readonly #failures = new Map<RaidzColumn, Attempt>();
  readonly #loaded = new Set<RaidzColumn>();
  /** Corrections that {@link data} has on top of what was read. */
  #solution: Solution = [];
  /** Whole sectors; the block's bytes are the first ones. */
  readonly data: Uint8Array;

  constructor(map: RaidzMap, children: readonly ColumnSource[]) {
    this.#map = map;
    this.#children = children;
    this.data = new Uint8Array(map.size);
    this.#stripes = map.rows.map((row) => new RaidzStripe(row, map.nparity, this.data));
    if (map.emptyCounts) this.#failEmpty();
  }

  /**
   * OpenZFS skips an empty column of a dRAID only where its disk can be read: where not, it is one more that is lost.
   *
   * Source: module/zfs/vdev_draid.c, vdev_draid_io_start_read; module/zfs/vdev_raidz.c, raidz_reconstruct
   */
  #failEmpty(): void {
    for (const stripe of this.#stripes) {
      for (const [index, { size, child, offset }] of stripe.row.columns.entries()) {
        if (size === 0 && (this.#children[child]?.place(offset) ?? null) === null) stripe.fail(index);
      }
    }
  }

  get lacksData(): boolean {
    return this.#stripes.some((stripe) => stripe.lacksData);
  }

  /** Whether some row has lost more columns than it has parities. */
  get beyondParity(): boolean {
    return this.#stripes.some((stripe) => stripe.failed.size > this.#map.nparity);
  }

  /** Reads what was not read yet: the data columns, and the parities too when asked for. */
  async load(parities: boolean, signal: AbortSignal | undefined): Promise<void> {
    const wanted = new Map<number, Part[]>();
    for (const stripe of this.#stripes) {
      for (const [index, column] of stripe.row.columns.entries()) {
        if (column.size === 0 || (index < this.#map.nparity && !parities) || this.#loaded.has(column)) continue;
        this.#loaded.add(column);
        const parts = wanted.get(column.child);
        if (parts === undefined) wanted.set(column.child, [{ stripe, index, column }]);
        else parts.push({ stripe, index, column });
      }
    }
    const runs: Promise<void>[] = [];
    for (const [child, parts] of wanted) {
      for (const run of contiguous(parts)) runs.push(this.#loadRun(this.#children[child], run, signal));
    }
    await Promise.all(runs);
  }

  async #loadRun(
    child: ColumnSource | undefined,
    run: readonly Part[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const [first] = run;
    if (first === undefined) return;
    const size = run.reduce((sum, { column }) => sum + column.size, 0);
    const got = (await child?.fetch(first.column.offset, size, signal)) ?? noChild(first.column.child);
    if (!isAttempt(got)) {
      let at = 0;
      for (const { stripe, index, column } of run) {
        stripe.store(index, run.length === 1 ? got : got.slice(at, at + column.size));
        at += column.size;
      }
    } else if (run.length > 1 && got.place !== null) {
      // One bad sector must not take the others with it.
      for (const part of run) await this.#loadRun(child, [part], signal);
    } else {
      for (const { stripe, index, column } of run) {
        stripe.fail(index);
        this.#failures.set(column, got);
      }
    }
  }

  /** Supplies what could not be read. False when the parities that were read do not suffice. */
  restore(): boolean {
    const solution: (readonly Correction[])[] = [];
    for (const stripe of this.#stripes) {
      const corrections = stripe.lacksData ? stripe.solve([], false) : [];
      if (corrections === null || corrections === 'refuted') return false;
      solution.push(corrections);
    }
    this.#apply(solution);
    this.#solution = solution;
    return true;
  }

  #apply(solution: Solution): void {
    for (const [r, corrections] of solution.entries()) this.#stripes[r]?.apply(corrections);
  }

  /**
   * Looks for disks that gave wrong bytes without an error: takes ever more of them for wrong, in every combination, as
   * many as there are parities, until the block's checksum holds.
   *
   * All columns have been loaded and {@link restore} did not give the block.
   *
   * @returns whether the data is right now
   * Source: module/zfs/vdev_raidz.c, vdev_raidz_combrec and raidz_reconstruct
   */
  search(check: BlockCheck, size: number): boolean {
    if (this.beyondParity) return false;
    const { nparity } = this.#map;
    this.#apply(this.#solution);
    this.#solution = [];
    // Every parity agrees with the data: whatever is taken for wrong, what is computed instead is the same.
    if (this.#consistent()) return false;
    const search: Search = { check, size, left: SEARCH_LIMIT };
    const suspects = this.#suspects();
    for (let count = 1; count <= nparity; count++) {
      for (const guess of combinations(suspects, count)) {
        const solution = this.#try(guess, search);
        // More suspects of this number are lost than can be: OpenZFS goes on with one more suspect, and so do we.
        if (solution === 'too-many') break;
        if (solution !== null) {
          this.#solution = solution;
          return true;
        }
        if (search.left <= 0) return false;
      }
    }
    return false;
  }

  /** Of one row only those that hold a part of it; of many nearly all do. */
  #suspects(): readonly number[] {
    const all = Array.from({ length: this.#map.suspects }, (_, suspect) => suspect);
    const [row, second] = this.#map.rows;
    if (row === undefined || second !== undefined) return all;
    return all.filter((suspect) => this.#map.heldBy(suspect, row).length > 0);
  }

  #consistent(): boolean {
    return this.#stripes.every((stripe) => {
      const base = stripe.solve([], false);
      return base !== null && base !== 'refuted' && stripe.wrongParities(base).length === 0;
    });
  }

  /** The corrections, already made, by which the data is right if `guess` names the wrong disks. */
  #try(guess: readonly number[], search: Search): Solution | null | 'too-many' {
    const solution: (readonly Correction[])[] = [];
    const single = this.#stripes.length === 1;
    let changes = false;
    for (const stripe of this.#stripes) {
      search.left -= stripe.row.columns.length * COLUMN_COST;
      const columns = guess.flatMap((suspect) => this.#map.heldBy(suspect, stripe.row));
      // With one row a guess that needs a wrong parity left out comes later, with that parity among the suspects.
      const corrections = stripe.solve(columns, single);
      if (corrections === null) return 'too-many';
      if (corrections === 'refuted') return null;
      if (corrections.length > 0) changes = true;
      solution.push(corrections);
    }
    if (!changes) return null;
    search.left -= search.size;
    this.#apply(solution);
    if (search.check.matches(this.data.subarray(0, search.size))) return solution;
    this.#apply(solution);
    return null;
  }

  /**
   * What was found on each disk, given that the data is right now.
   *
   * @param error of what is wrong
   */
  evidence(name: string, error: ZfsUberError | null): Attempt[] {
    let rebuilt = false;
    const found = new Map<number, Attempt>();
    for (const [r, stripe] of this.#stripes.entries()) {
      const corrections = this.#solution[r] ?? [];
      const wrong = new Set(stripe.wrongParities(corrections));
      for (const { column, difference } of corrections) {
        rebuilt = true;
        const size = stripe.row.columns[column]?.size ?? 0;
        if (!isZeros(difference.subarray(0, size))) wrong.add(column);
      }
      for (const [c, column] of stripe.row.columns.entries()) this.#note(found, column, wrong.has(c), error);
    }
    const attempts = [...found.values()];
    if (rebuilt) attempts.push({ place: null, vdev: name, outcome: 'rebuilt', error: null });
    return attempts;
  }

  /**
   * What was found on each disk when nothing gives the data.
   *
   * @param error of the data as it was read, none of which can be told to be right; null when too much of it is lost
   */
  failure(error: ZfsUberError | null): Attempt[] {
    const found = new Map<number, Attempt>();
    for (const { row } of this.#stripes) {
      for (const column of row.columns) {
        if (error !== null || this.#failures.has(column)) this.#note(found, column, true, error);
      }
    }
    return [...found.values()];
  }

  /** One attempt a disk, however many columns it has; the first that is not good says what it is. */
  #note(found: Map<number, Attempt>, column: RaidzColumn, wrong: boolean, error: ZfsUberError | null): void {
    if (!this.#loaded.has(column)) return;
    const known = found.get(column.child);
    if (known !== undefined && known.outcome !== 'good') return;
    const failure = this.#failures.get(column);
    if (failure !== undefined) {
      found.set(column.child, failure);
    } else if (wrong || known === undefined) {
      const child = this.#children[column.child];
      const place = child?.place(column.offset) ?? null;
      const vdev = child?.name ?? `child ${column.child}`;
      found.set(column.child, { place, vdev, outcome: wrong ? 'wrong' : 'good', error: wrong ? error : null });
    }
  }
}

/** Parts of one child in runs without a gap, in the order of their offsets. */
function contiguous(parts: readonly Part[]): Part[][] {
  if (parts.length === 1) return [[...parts]];
  const runs: Part[][] = [];
  let end = Number.NaN;
  for (const part of [...parts].sort((a, b) => a.column.offset - b.column.offset)) {
    if (part.column.offset === end) runs.at(-1)?.push(part);
    else runs.push([part]);
    end = part.column.offset + part.column.size;
  }
  return runs;
}

const noChild = (child: number): Attempt => ({ place: null, vdev: `child ${child}`, outcome: 'absent', error: null });
