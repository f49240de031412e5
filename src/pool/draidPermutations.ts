import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { DRAID_MAPS, DRAID_SEED } from './draidMaps.layout.ts';

/** The order of the disks in each permutation, one after the other: `count` rows of `children` bytes. */
export interface DraidPermutations {
  readonly children: number;
  readonly count: number;
  readonly rows: Uint8Array;
}

const made = new Map<number, DraidPermutations>();

/**
 * The permutations for `children` disks. Made once, in a few milliseconds, and kept.
 *
 * @throws FormatError `format-value` when there is no map of that width
 * Source: module/zfs/vdev_draid.c, vdev_draid_generate_perms
 */
export function draidPermutations(children: number, place: Place): DraidPermutations {
  const known = made.get(children);
  if (known !== undefined) return known;
  const constants = DRAID_MAPS.find(([width]) => width === children);
  if (constants === undefined) {
    throw new FormatError('format-value', 'children of a dRAID', '2 to 255', `${children}`, place);
  }
  const [, count, seed, checksum] = constants;
  const random = new DraidRandom(seed);
  const rows = new Uint8Array(children * count);
  let previous = Uint8Array.from({ length: children }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    // Fisher and Yates, each row from the one before.
    const row = rows.subarray(i * children, (i + 1) * children);
    row.set(previous);
    for (let j = children - 1; j > 0; j--) swap(row, j, random.below(j + 1));
    previous = row;
  }
  if (sumOfWords(rows) !== checksum) throw new Error(`dRAID map of ${children} children is not the published one`);
  const permutations = { children, count, rows };
  made.set(children, permutations);
  return permutations;
}

/**
 * The permutations of a dRAID whose disks are `width / children` failure domains beside each other: of every so many
 * rows, each disk's places are given to that disk's peers in the domains, in random turns.
 *
 * @param width a multiple of the map's children, at most 255
 * Source: module/zfs/vdev_draid.c, vdev_draid_shuffle_perms (2.4)
 */
export function shuffleDomains(map: DraidPermutations, width: number, place: Place): DraidPermutations {
  const { children, count } = map;
  const domains = width / children;
  if (domains <= 1) return map;
  const constants = DRAID_MAPS.find(([each]) => each === children);
  if (constants === undefined || !Number.isInteger(domains) || width > 255) {
    throw new FormatError('format-value', 'width of a dRAID', `a multiple of ${children} to 255`, `${width}`, place);
  }
  const random = new DraidRandom(constants[2]);
  const rows = map.rows.slice();
  for (let i = 0; i + domains <= count; i += domains) {
    for (let j = 0; j < children; j++) {
      const disk = rows[i * children + j] ?? 0;
      // Places of the same disk in the other rows of this turn, as they are now.
      const places = [i * children + j];
      for (let k = 1; k < domains; k++) {
        const from = (i + k) * children;
        const at = rows.subarray(from, from + children).lastIndexOf(disk);
        if (at >= 0) places[k] = from + at;
      }
      for (let k = domains - 1; k > 0; k--) {
        const at = places[k] ?? 0;
        rows[at] = (rows[at] ?? 0) + k * children;
      }
      for (let k = domains - 1; k > 0; k--) swap(rows, places[k] ?? 0, places[random.below(k + 1)] ?? 0);
    }
  }
  return { children, count, rows };
}

function swap(bytes: Uint8Array, a: number, b: number): void {
  const [x = 0, y = 0] = [bytes[a], bytes[b]];
  bytes[a] = y;
  bytes[b] = x;
}

/** Sum of the rows as little-endian 32-bit words, as far as they are whole: the first word of their fletcher4. */
function sumOfWords(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) sum += view.getUint32(at, true);
  return BigInt(sum);
}

const rotate = (word: bigint, bits: bigint): bigint => BigInt.asUintN(64, (word << bits) | (word >> (64n - bits)));

/**
 * xoroshiro128++, whose numbers decide where everything lies.
 *
 * Source: module/zfs/vdev_draid_rand.c, vdev_draid_rand
 */
class DraidRandom {
  #a = DRAID_SEED;
  #b: bigint;

  constructor(seed: bigint) {
    this.#b = seed;
  }

  /** The next number, modulo `limit`. */
  below(limit: number): number {
    const a = this.#a;
    const result = BigInt.asUintN(64, rotate(BigInt.asUintN(64, a + this.#b), 17n) + a);
    const mixed = this.#b ^ a;
    this.#a = BigInt.asUintN(64, rotate(a, 49n) ^ mixed ^ (mixed << 21n));
    this.#b = rotate(mixed, 28n);
    return Number(result % BigInt(limit));
  }
}
