/** One child's part of one row of a block. */
export interface RaidzColumn {
  /** Index of the child. */
  readonly child: number;
  /** Bytes into the child's allocatable space. */
  readonly offset: number;
  /** Bytes; below the row's first column where zeros stand in for the rest of it, 0 where nothing was written. */
  readonly size: number;
  /** Bytes into the block; -1 for parity. */
  readonly at: number;
}

/** Columns over which one parity is computed: the parities first, then the data. */
export interface RaidzRow {
  readonly columns: readonly RaidzColumn[];
  /** Bytes of each parity and of the longest data column. */
  readonly size: number;
}

/** Where everything lies that a block consists of. */
export interface RaidzMap {
  readonly nparity: number;
  /** Bytes of the block's data, whole sectors. */
  readonly size: number;
  readonly rows: readonly RaidzRow[];
  /** A column in which nothing was written is lost with its disk all the same, as dRAID has it. */
  readonly emptyCounts?: boolean;
  /** What can have gone wrong as one: a disk, or a disk as it was before an expansion moved what it held. */
  readonly suspects: number;
  /** The columns of row `row` that suspect `suspect` held. */
  heldBy(suspect: number, row: RaidzRow): readonly number[];
}

/** Shape of a raidz vdev. */
export interface RaidzShape {
  /** Bytes of a sector. */
  readonly sector: number;
  readonly nparity: number;
}

/** Bit of a block's offset by which single parity takes turns with the first data column: every other MiB. */
const SWAP_BIT = 2 ** 20;

/** Sectors of the data, spread over the columns: each has `quotient`, and the first ones, parities included, one more. */
export function spread(sectors: number, ndata: number, nparity: number) {
  const quotient = Math.floor(sectors / ndata);
  const remainder = sectors % ndata;
  return { quotient, remainder, bigColumns: remainder === 0 ? 0 : remainder + nparity };
}

/**
 * The map of a block that was laid out for the width that the vdev has now: one row, each child at most one column.
 *
 * @param offset of the block in the vdev, in bytes
 * @param size of the block's data, a multiple of the sector
 * @param width children
 * Source: module/zfs/vdev_raidz.c, vdev_raidz_map_alloc
 */
export function raidzMap({ sector, nparity }: RaidzShape, width: number, offset: number, size: number): RaidzMap {
  const first = Math.floor(offset / sector);
  const { quotient, bigColumns } = spread(size / sector, width - nparity, nparity);
  const used = quotient === 0 ? bigColumns : width;
  const columns: RaidzColumn[] = [];
  let at = 0;
  for (let c = 0; c < used; c++) {
    const turned = (first % width) + c;
    const row = Math.floor(first / width) + (turned >= width ? 1 : 0);
    const length = (c < bigColumns ? quotient + 1 : quotient) * sector;
    columns.push({
      child: turned % width,
      offset: row * sector,
      size: length,
      at: c < nparity ? -1 : at,
    });
    if (c >= nparity) at += length;
  }
  if (nparity === 1) swapFirst(columns, offset);
  const rows = [{ columns, size: columns[0]?.size ?? 0 }];
  return { nparity, size, rows, suspects: width, heldBy: columnsOnChild };
}

/**
 * Every other MiB the parity and the first data column change places.
 *
 * Source: module/zfs/vdev_raidz.c, vdev_raidz_map_alloc (an accident that became format)
 */
export function swapFirst(columns: RaidzColumn[], offset: number): void {
  const [parity, data] = columns;
  if (parity === undefined || data === undefined || Math.floor(offset / SWAP_BIT) % 2 === 0) return;
  columns[0] = { ...parity, child: data.child, offset: data.offset };
  columns[1] = { ...data, child: parity.child, offset: parity.offset };
}

/** Suspect `child` is the child of that index. */
export function columnsOnChild(child: number, { columns }: RaidzRow): readonly number[] {
  const held: number[] = [];
  for (const [c, column] of columns.entries()) if (column.child === child && column.size > 0) held.push(c);
  return held;
}
