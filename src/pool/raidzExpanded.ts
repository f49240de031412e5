import type { Txg } from '../bytes/units.ts';
import { type RaidzColumn, type RaidzMap, type RaidzRow, type RaidzShape, spread, swapFirst } from './raidzMap.ts';
import { BOOT_AREA } from './vdevLeaf.ts';

/** How wide a raidz is and was, and how far the move to its present width has come. */
export interface RaidzWidths {
  /** Children that there are now. */
  readonly physical: number;
  /** Children at creation. */
  readonly original: number;
  /** Txg of each finished expansion, ascending, and how wide blocks are laid out since. */
  readonly expansions: readonly { readonly txg: Txg; readonly width: number }[];
  /** Byte offset in the vdev below which everything stands at its new place; infinite when no expansion is running. */
  readonly reflowOffset: number;
  /** What stands below `reflowOffset` is to be read from the scratch copy in the boot areas. */
  readonly scratch: boolean;
}

/** State of the scratch area in an uberblock in which the scratch copy is the valid one. Source: include/sys/uberblock_impl.h, RRSS_SCRATCH_VALID */
const SCRATCH_VALID = 1;

/**
 * Widths by the vdev's config.
 *
 * The config's list names finished expansions; one that is running has its disk among the children already, while
 * blocks are still laid out without it.
 *
 * Source: module/zfs/vdev_raidz.c, vdev_raidz_init
 */
export function raidzWidths(
  children: number,
  expandTxgs: readonly Txg[],
  expanding: boolean,
  reflow: { readonly offset: bigint; readonly state: number },
): RaidzWidths {
  const latest = children - (expanding ? 1 : 0);
  const original = latest - expandTxgs.length;
  return {
    physical: children,
    original,
    expansions: [...expandTxgs].sort((a, b) => (a < b ? -1 : 1)).map((txg, i) => ({ txg, width: original + 1 + i })),
    reflowOffset: expanding ? Number(reflow.offset) : Number.POSITIVE_INFINITY,
    scratch: expanding && reflow.state === SCRATCH_VALID,
  };
}

/** For how many children a block born in `birth` was laid out. Source: module/zfs/vdev_raidz.c, vdev_raidz_get_logical_width */
export function logicalWidth(widths: RaidzWidths, birth: Txg): number {
  let width = widths.original;
  for (const expansion of widths.expansions) if (expansion.txg <= birth) width = expansion.width;
  return width;
}

/**
 * The map of a block that was laid out for fewer children than there are now.
 *
 * Expansion moves sectors, not blocks: sector n of the vdev, which was on child n mod the old width, comes to child n
 * mod the new one. So each row of `logical` sectors is a stripe of its own, wherever its sectors now are. A row that
 * the move has not wholly passed stands where it was.
 *
 * Source: module/zfs/vdev_raidz.c, vdev_raidz_map_alloc_expanded
 */
export function expandedMap(
  { sector, nparity }: RaidzShape,
  widths: RaidzWidths,
  logical: number,
  offset: number,
  size: number,
): RaidzMap {
  const { physical } = widths;
  const sectors = size / sector;
  const { quotient, remainder, bigColumns } = spread(sectors, logical - nparity, nparity);
  const total = sectors + nparity * (quotient + (remainder === 0 ? 0 : 1));
  const count = Math.ceil(total / logical);
  const used = Math.min(total, logical);
  const rows: RaidzRow[] = [];
  for (let r = 0; r < count; r++) {
    const first = Math.floor(offset / sector) + r * logical;
    // The last row counts as full width here, as it does where OpenZFS decides the same.
    const moved = (first + used) * sector <= widths.reflowOffset;
    const width = moved ? physical : physical - 1;
    const shift = moved && widths.scratch ? BOOT_AREA : 0;
    const columns: RaidzColumn[] = [];
    for (let c = 0; c < used; c++) {
      const n = first + c;
      const data = c - nparity;
      const beyond = data >= 0 && r === count - 1 && bigColumns !== 0 && c >= bigColumns;
      // Data runs down the columns: each holds one sector a row, the last ones one fewer.
      const index =
        c < bigColumns || remainder === 0 ? data * count + r : remainder * count + (data - remainder) * (count - 1) + r;
      columns.push({
        child: n % width,
        offset: Math.floor(n / width) * sector - shift,
        size: beyond ? 0 : sector,
        at: data < 0 || beyond ? -1 : index * sector,
      });
    }
    if (nparity === 1) swapFirst(columns, offset);
    rows.push({ columns, size: sector });
  }
  let suspects = 0;
  for (let width = physical; width >= widths.original; width--) suspects += width;
  return { nparity, size, rows, suspects, heldBy: (suspect, row) => heldByFormer(suspect, row, physical, sector) };
}

/**
 * Suspects are the disks of now, then those of before the last expansion, and so on back. A disk that was wrong before
 * an expansion left its sectors on every disk, because what is moved is not verified.
 *
 * Source: module/zfs/vdev_raidz.c, raidz_simulate_failure
 */
function heldByFormer(suspect: number, { columns }: RaidzRow, physical: number, sector: number): readonly number[] {
  let width = physical;
  let child = suspect;
  for (; child >= width; width--) child -= width;
  const held: number[] = [];
  for (const [c, column] of columns.entries()) {
    const n = physical * Math.floor(column.offset / sector) + column.child;
    if (column.size > 0 && n % width === child) held.push(c);
  }
  return held;
}
