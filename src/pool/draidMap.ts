import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { DRAID_ROW_HEIGHT } from './draidMaps.layout.ts';
import type { DraidPermutations } from './draidPermutations.ts';
import { columnsOnChild, type RaidzColumn, type RaidzMap, type RaidzRow, spread } from './raidzMap.ts';

/**
 * Shape of a dRAID vdev.
 *
 * The disks are cut into rows of 16 MiB. Groups of `ndata + nparity` disks follow each other through the rows, and run
 * over into the next row where one ends; after a slice, in which groups and rows end together, the disks change their
 * places by the next permutation. In every row the last places of the permutation are spare.
 * Source: module/zfs/vdev_draid.c, vdev_draid_config_t and vdev_draid_init
 */
export interface DraidShape {
  /** Bytes of a sector. */
  readonly sector: number;
  readonly ndata: number;
  readonly nparity: number;
  readonly nspares: number;
  /** Groups in a slice. */
  readonly ngroups: number;
  /** Disks. */
  readonly width: number;
  /** For the disks of one failure domain; without domains, that is before 2.4, for all. */
  readonly permutations: DraidPermutations;
}

/** Failure domains beside each other. */
const domainsOf = ({ width, permutations }: DraidShape): number => width / permutations.children;

/** One permutation: how places become disks. */
interface Permutation {
  /** Where the rows of this turn begin among all. */
  readonly base: number;
  readonly turn: number;
}

/** Source: module/zfs/vdev_draid.c, vdev_draid_get_perm */
function permutationOf(shape: DraidShape, index: number): Permutation {
  const { children, count } = shape.permutations;
  const domains = domainsOf(shape);
  const block = children * domains;
  const within = index % (Math.floor(count / domains) * domains * children);
  return { base: Math.floor(within / block) * block, turn: (within % children) + (index % domains) * children };
}

/** Source: module/zfs/vdev_draid.c, vdev_draid_permute_id */
function diskAt(shape: DraidShape, { base, turn }: Permutation, place: number): number {
  const { children, rows } = shape.permutations;
  if (shape.width > children) {
    const row = base + Math.floor(turn / children) * children;
    return rows[row + ((place + turn) % children)] ?? 0;
  }
  return ((rows[base + place] ?? 0) + turn) % children;
}

/** Which disk holds distributed spare `spare` at byte `offset` of every disk. Source: module/zfs/vdev_draid.c, vdev_draid_spare_get_child */
export function diskOfSpare(shape: DraidShape, spare: number, offset: number): number {
  const domains = domainsOf(shape);
  const slice = (groupSize(shape) * shape.ngroups) / (shape.width - shape.nspares);
  const index = Math.floor(offset / slice) * domains + (spare % domains);
  const place = shape.permutations.children - 1 - Math.floor(spare / domains);
  return diskAt(shape, permutationOf(shape, index), place);
}

/** Bytes of a group, parity included. */
const groupSize = ({ ndata, nparity }: DraidShape): number => (ndata + nparity) * DRAID_ROW_HEIGHT;

/** Where on its disks a group has the bytes of an offset. */
interface GroupPlace {
  readonly permutation: Permutation;
  /** Place in the permutation of the group's first disk. */
  readonly start: number;
  /** Places that are not spare. */
  readonly disks: number;
  /** Bytes into each disk; one row further on those that ran over. */
  readonly offset: number;
}

/** Source: module/zfs/vdev_draid.c, vdev_draid_logical_to_physical */
function groupPlace(shape: DraidShape, offset: number): GroupPlace {
  const { sector, ndata, nparity, nspares, ngroups, width } = shape;
  const groupWidth = ndata + nparity;
  const domains = domainsOf(shape);
  // Spares that do not divide evenly: the first domains have one more, and the others one more disk of data.
  const uneven = nspares % domains;
  const inDomain = Math.floor(ngroups / domains);
  const group = Math.floor(offset / groupSize(shape));
  const slice = Math.floor(group / ngroups);
  const inSlice = group % ngroups;
  const before = uneven * inDomain;
  const even = uneven === 0 || inSlice < before;
  const domain = even ? Math.floor(inSlice / inDomain) : uneven + Math.floor((inSlice - before) / (inDomain + 1));
  const larger = uneven !== 0 && domain >= uneven;
  const disks = Math.floor((width - nspares) / domains) + (larger ? 1 : 0);
  const first = larger ? before + (domain - uneven) * (inDomain + 1) : domain * inDomain;
  const own = inSlice - first;
  const sliceRows = (groupWidth * ngroups) / (width - nspares);
  const row = slice * sliceRows + Math.floor((own * groupWidth) / disks);
  const intoGroup = Math.floor((offset % groupSize(shape)) / (groupWidth * sector));
  return {
    permutation: permutationOf(shape, slice * domains + domain),
    start: (own * groupWidth) % disks,
    disks,
    offset: row * DRAID_ROW_HEIGHT + intoGroup * sector,
  };
}

/**
 * The map of a block: one row, or two where the block begins in one group and ends in the next.
 *
 * @param offset of the block in the vdev, in bytes
 * @param size of the block's data, a multiple of the sector
 * @throws FormatError for an offset where no block begins
 * Source: module/zfs/vdev_draid.c, vdev_draid_map_alloc and vdev_draid_map_alloc_row
 */
export function draidMap(shape: DraidShape, offset: number, size: number, place: Place): RaidzMap {
  const stripe = (shape.ndata + shape.nparity) * shape.sector;
  if (offset % stripe !== 0) {
    throw new FormatError('format-value', 'offset in a dRAID', `a multiple of ${stripe}`, `${offset}`, place);
  }
  const rows: RaidzRow[] = [];
  for (let at = 0, from = offset; at < size; ) {
    const left = groupSize(shape) - (from % groupSize(shape));
    const length = Math.min(size - at, (left / stripe) * shape.ndata * shape.sector);
    rows.push(draidRow(shape, from, at, length));
    at += length;
    from += left;
  }
  return { nparity: shape.nparity, size, rows, emptyCounts: true, suspects: shape.width, heldBy: columnsOnChild };
}

/** `length` bytes of data from `at` of the block, which lie in one group. */
function draidRow(shape: DraidShape, offset: number, at: number, length: number): RaidzRow {
  const { sector, ndata, nparity } = shape;
  const { permutation, start, disks, offset: first } = groupPlace(shape, offset);
  const { quotient, bigColumns } = spread(length / sector, ndata, nparity);
  const columns: RaidzColumn[] = [];
  let next = at;
  for (let c = 0; c < ndata + nparity; c++) {
    const size = (c < bigColumns ? quotient + 1 : quotient) * sector;
    const over = start + c >= disks ? DRAID_ROW_HEIGHT : 0;
    columns.push({
      child: diskAt(shape, permutation, (start + c) % disks),
      offset: first + over,
      size,
      at: c < nparity || size === 0 ? -1 : next,
    });
    if (c >= nparity) next += size;
  }
  return { columns, size: columns[0]?.size ?? 0 };
}
