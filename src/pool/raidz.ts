import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { Attempt } from './blockRead.ts';
import { type ColumnSource, RaidzBlock } from './raidzBlock.ts';
import { expandedMap, logicalWidth, raidzWidths } from './raidzExpanded.ts';
import { type RaidzMap, type RaidzShape, raidzMap } from './raidzMap.ts';
import { type BlockTask, type Fetched, isAttempt, type VdevLayout } from './vdevLayout.ts';

/** Source: include/sys/vdev_raidz.h, VDEV_RAIDZ_MAXPARITY */
const MAX_PARITY = 3;
/** OpenZFS sets no limit for raidz; 255 is that of dRAID, and the parity needs one. */
const MAX_CHILDREN = 255;
/** Other contents of one child that are tried in place of its first: each costs as much as the block. */
const MAX_ALTERNATIVES = 8;

/** Later than every birth: what a piece of a removed vdev was copied to is as new as the copy. */
const LATEST = asTxg(2n ** 64n - 1n);

/** Where the columns of a block are that is `size` bytes, whole sectors, and was born in `birth`. */
export type MapOf = (offset: number, size: number, birth: Txg) => RaidzMap;

/**
 * Raidz and dRAID: blocks are spread over the children with parity, by a map.
 *
 * A block is checked as a whole. First it is made of the data columns; where those fail, of parity; where the checksum
 * fails nevertheless, of whichever columns make it hold.
 * Source: module/zfs/vdev_raidz.c, vdev_raidz_io_start and vdev_raidz_io_done
 */
export class RaidzLayout implements VdevLayout {
  readonly name: string;
  readonly copies = 1;
  readonly #children: readonly VdevLayout[];
  readonly #sector: number;
  readonly #mapOf: MapOf;

  constructor(name: string, children: readonly VdevLayout[], sector: number, mapOf: MapOf) {
    this.name = name;
    this.#children = children;
    this.#sector = sector;
    this.#mapOf = mapOf;
  }

  place(): null {
    return null;
  }

  async read(offset: number, size: number, task: BlockTask): Promise<Uint8Array | null> {
    const map = this.#map(offset, size, task.birth);
    const first = await this.#readBy(map, this.#children, offset, size, task);
    if (first.bytes === null) {
      for (const children of this.#alternatives(map)) {
        const other = await this.#readBy(map, children, offset, size, task);
        if (other.bytes === null) continue;
        task.attempts.push(...other.attempts);
        return other.bytes;
      }
    }
    task.attempts.push(...first.attempts);
    return first.bytes;
  }

  #map(offset: number, size: number, birth: Txg): RaidzMap {
    return this.#mapOf(offset, Math.ceil(size / this.#sector) * this.#sector, birth);
  }

  async #readBy(map: RaidzMap, children: readonly ColumnSource[], offset: number, size: number, task: BlockTask) {
    const { check, signal, scrub } = task;
    const block = new RaidzBlock(map, children);
    // Rows of an expanded raidz have their parities between the data of the others.
    await block.load(scrub || map.rows.length > 1, signal);
    if (block.lacksData) await block.load(true, signal);
    if (!block.restore()) return { bytes: null, attempts: block.failure(null) };
    const bytes = block.data.subarray(0, size);
    if (check.matches(bytes, offset)) return { bytes, attempts: block.evidence(this.name, null) };
    const place: Place = { source: this.name, offset, path: [] };
    const error = check.mismatch(place);
    await block.load(true, signal);
    if (block.search(check, size)) return { bytes, attempts: block.evidence(this.name, error) };
    return { bytes: null, attempts: block.failure(error) };
  }

  /** The children with one of them giving another of its contents: a disk and what replaces it need not agree. */
  *#alternatives(map: RaidzMap): Generator<readonly ColumnSource[]> {
    const used = new Set(map.rows.flatMap(({ columns }) => columns.map((column) => column.child)));
    let left = MAX_ALTERNATIVES;
    for (const [i, child] of this.#children.entries()) {
      if (!used.has(i)) continue;
      for (let copy = 1; copy < child.copies && left > 0; copy++, left--) {
        const other = otherCopy(child, copy);
        yield this.#children.map((each, at) => (at === i ? other : each));
      }
    }
  }

  async fetch(offset: number, size: number, signal?: AbortSignal): Promise<Uint8Array | Attempt> {
    const block = new RaidzBlock(this.#map(offset, size, LATEST), this.#children);
    await block.load(false, signal);
    if (block.lacksData) await block.load(true, signal);
    if (block.restore()) return block.data.subarray(0, size);
    const [failure] = block.failure(null);
    return failure ?? { place: null, vdev: this.name, outcome: 'absent', error: null };
  }

  async fetchAll(offset: number, size: number, signal?: AbortSignal): Promise<readonly (Fetched | Attempt)[]> {
    const got = await this.fetch(offset, size, signal);
    if (isAttempt(got)) return [got];
    return [{ bytes: got, vdev: this.name, place: { source: this.name, offset, path: [] } }];
  }
}

/** `child` with another than its first content. */
const otherCopy = (child: VdevLayout, copy: number): ColumnSource => ({
  name: child.name,
  place: (offset) => child.place(offset),
  async fetch(offset, size, signal) {
    const got = (await child.fetchAll(offset, size, signal))[copy];
    if (got === undefined) return { place: null, vdev: child.name, outcome: 'absent', error: null };
    return isAttempt(got) ? got : got.bytes;
  },
});

/** How a vdev spreads blocks over its children. */
export interface Spreading {
  /** Bytes. */
  readonly sector: number;
  readonly mapOf: MapOf;
}

/**
 * How raidz vdev `config` spreads blocks.
 *
 * @param ashift of its top-level vdev
 * @param width children
 * @param reflow of the uberblock that the pool is read at
 * @throws FormatError for a shape that no raidz has
 */
export function raidzSpreading(
  config: VdevConfig,
  ashift: number | null,
  width: number,
  reflow: Uberblock['raidzReflow'],
  place: Place,
): Spreading {
  // Pools before version 3 know single parity only and do not say so.
  const nparity = config.nparity ?? 1;
  if (!(nparity >= 1 && nparity <= MAX_PARITY)) {
    throw new FormatError('format-value', 'parity of a raidz', '1 to 3', `${nparity}`, place);
  }
  const widths = raidzWidths(width, config.raidzExpandTxgs, config.raidzExpanding, reflow);
  if (widths.original <= nparity || width > MAX_CHILDREN) {
    const expected = `${nparity + 1} to ${MAX_CHILDREN}`;
    throw new FormatError(
      'format-value',
      'width of a raidz',
      expected,
      `${widths.original} to ${widths.physical}`,
      place,
    );
  }
  const shape: RaidzShape = { sector: sectorOf(ashift, place), nparity };
  const mapOf: MapOf = (offset, size, birth) => {
    const logical = logicalWidth(widths, birth);
    if (logical === widths.physical) return raidzMap(shape, logical, offset, size);
    return expandedMap(shape, widths, logical, offset, size);
  };
  return { sector: shape.sector, mapOf };
}

/** The layout of raidz vdev `config`, as {@link raidzSpreading}. */
export function raidzLayout(
  name: string,
  config: VdevConfig,
  ashift: number | null,
  children: readonly VdevLayout[],
  reflow: Uberblock['raidzReflow'],
): RaidzLayout {
  const place: Place = { source: name, offset: 0, path: [] };
  const { sector, mapOf } = raidzSpreading(config, ashift, children.length, reflow, place);
  return new RaidzLayout(name, children, sector, mapOf);
}

/** Bytes of a sector. @throws FormatError for an ashift that no top-level vdev has. Source: include/sys/fs/zfs.h, ASHIFT_MIN and ASHIFT_MAX */
export function sectorOf(ashift: number | null, place: Place): number {
  if (ashift === null || !(ashift >= 9 && ashift <= 16)) {
    throw new FormatError('format-value', 'ashift', '9 to 16', `${ashift}`, place);
  }
  return 2 ** ashift;
}
