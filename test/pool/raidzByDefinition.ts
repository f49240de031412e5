import { BOOT_AREA } from '../../src/pool/vdevLeaf.ts';
import type { MadeDevice } from './madePool.ts';

/** The shift and add of schoolbooks, in the field of raidz. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product <<= 1;
    if (product & 0x100) product ^= 0x11d;
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** The factor by which each parity multiplies what it has before it adds a column. */
const STEPS = [1, 2, 4].map((factor) => Uint8Array.from({ length: 256 }, (_, value) => times(factor, value)));

export interface RaidzBlockSpec {
  readonly sector: number;
  readonly nparity: number;
  /** Columns that the block is laid out for. */
  readonly logical: number;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** Where sector `n` of the vdev stands: child and byte offset. */
export type SectorPlace = (n: number, row: number) => readonly [child: number, offset: number];

/** Sector n is on child n modulo the number of children. */
export const onAll =
  (width: number, sector: number): SectorPlace =>
  (n) => [n % width, Math.floor(n / width) * sector];

/** While an expansion runs: rows at or above `reflowed` sectors stand where they were, those below where they go. */
export const whileExpanding =
  (spec: RaidzBlockSpec, width: number, reflowed: number, scratch: boolean): SectorPlace =>
  (n, row) => {
    const { nparity, logical, sector, offset, data } = spec;
    const sectors = Math.ceil(data.length / sector);
    const total = sectors + nparity * Math.ceil(sectors / (logical - nparity));
    const moved = offset / sector + row * logical + Math.min(total, logical) <= reflowed;
    const [child, at] = onAll(moved ? width : width - 1, sector)(n, row);
    return [child, at - (moved && scratch ? BOOT_AREA : 0)];
  };

/**
 * Writes a block as raidz does, by plain definition: its sectors are a table of `logical` columns that is filled row by
 * row with what follows each other on the vdev; the first columns are parity of their row; data runs down the others.
 */
export function writeRaidz(devices: readonly MadeDevice[], spec: RaidzBlockSpec, place: SectorPlace): void {
  const { sector, nparity, logical, offset } = spec;
  const sectors = Math.ceil(spec.data.length / sector);
  const data = new Uint8Array(sectors * sector);
  data.set(spec.data);
  const ndata = logical - nparity;
  const rows = Math.ceil(sectors / ndata);
  const last = sectors % ndata === 0 ? ndata : sectors % ndata;
  const used = rows === 1 ? last : ndata;
  let next = 0;
  const columns = Array.from({ length: used }, (_, c) =>
    Array.from({ length: c < last ? rows : rows - 1 }, () => {
      const at = next++ * sector;
      return data.subarray(at, at + sector);
    }),
  );
  for (let r = 0; r < rows; r++) {
    const parity = Array.from({ length: nparity }, () => new Uint8Array(sector));
    for (const [p, bytes] of parity.entries()) {
      const step = STEPS[p] ?? new Uint8Array();
      for (const column of columns) {
        for (let i = 0; i < sector; i++) bytes[i] = (step[bytes[i] ?? 0] ?? 0) ^ (column[r]?.[i] ?? 0);
      }
    }
    const cells = [...parity, ...columns.flatMap((column) => column[r] ?? [])];
    const places = cells.map((_, c) => place(offset / sector + r * logical + c, r));
    // Every other MiB single parity changes places with the first data.
    if (nparity === 1 && Math.floor(offset / 2 ** 20) % 2 === 1) {
      const [first, second] = places;
      if (first !== undefined && second !== undefined) places.splice(0, 2, second, first);
    }
    for (const [c, bytes] of cells.entries()) {
      const [child = 0, at = 0] = places[c] ?? [];
      devices[child]?.write(at, bytes);
    }
  }
}
