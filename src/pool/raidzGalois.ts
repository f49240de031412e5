/**
 * Arithmetic of raidz parity: bytes are elements of GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, in which 2
 * generates all elements but 0.
 * Source: module/zfs/vdev_raidz.c, VDEV_RAIDZ_64MUL_2; include/sys/vdev_raidz.h
 */
const POLYNOMIAL = 0x11d;
const ORDER = 255;

/** 2^i for i to 509, so that the sum of two logarithms needs no reduction. */
const POWERS = new Uint8Array(2 * ORDER);
/** The inverse of POWERS; of 0 it says nothing. */
const LOGARITHMS = new Uint8Array(256);
for (let i = 0, value = 1; i < ORDER; i++) {
  POWERS[i] = value;
  POWERS[i + ORDER] = value;
  LOGARITHMS[value] = i;
  value <<= 1;
  if (value > 0xff) value ^= POLYNOMIAL;
}

/** 2 to the power of `exponent`, 0 or more. */
export const powerOfTwo = (exponent: number): number => POWERS[exponent % ORDER] ?? 1;

export const multiply = (a: number, b: number): number =>
  a === 0 || b === 0 ? 0 : (POWERS[(LOGARITHMS[a] ?? 0) + (LOGARITHMS[b] ?? 0)] ?? 0);

/** @param a not 0 */
const inverse = (a: number): number => POWERS[ORDER - (LOGARITHMS[a] ?? 0)] ?? 0;

const products = new Map<number, Uint8Array>();

/** `factor` times each byte, for whole columns. */
function productsOf(factor: number): Uint8Array {
  let table = products.get(factor);
  if (table === undefined) {
    table = Uint8Array.from({ length: 256 }, (_, byte) => multiply(factor, byte));
    products.set(factor, table);
  }
  return table;
}

/** Adds `factor` times `from` to `into`, byte by byte; as many bytes as `from` has. */
export function addScaled(into: Uint8Array, factor: number, from: Uint8Array): void {
  if (factor === 0) return;
  if (factor === 1) {
    addBytes(into, from);
    return;
  }
  const table = productsOf(factor);
  for (let i = 0; i < from.length; i++) into[i] = (into[i] ?? 0) ^ (table[from[i] ?? 0] ?? 0);
}

/** Adds `from`, which is a XOR, to the start of `into`. */
export function addBytes(into: Uint8Array, from: Uint8Array): void {
  const a = wordsOf(into);
  const b = wordsOf(from);
  if (a === null || b === null) {
    for (let i = 0; i < from.length; i++) into[i] = (into[i] ?? 0) ^ (from[i] ?? 0);
    return;
  }
  for (let i = 0; i < b.length; i++) a[i] = (a[i] ?? 0) ^ (b[i] ?? 0);
  for (let i = b.length * 4; i < from.length; i++) into[i] = (into[i] ?? 0) ^ (from[i] ?? 0);
}

/** Doubles every byte of `bytes`: four at a time, none of which carries into the next. */
export function double(bytes: Uint8Array): void {
  const words = wordsOf(bytes);
  if (words === null) {
    const table = productsOf(2);
    for (let i = 0; i < bytes.length; i++) bytes[i] = table[bytes[i] ?? 0] ?? 0;
    return;
  }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    words[i] = ((word << 1) & 0xfefefefe) ^ (((word >>> 7) & 0x01010101) * (POLYNOMIAL & 0xff));
  }
  for (let i = words.length * 4; i < bytes.length; i++) bytes[i] = multiply(2, bytes[i] ?? 0);
}

/** `bytes` as 32-bit words, without the rest that makes no word; null where they do not begin on one. */
function wordsOf(bytes: Uint8Array): Uint32Array | null {
  if (bytes.byteOffset % 4 !== 0) return null;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

export function isZeros(bytes: Uint8Array): boolean {
  const words = wordsOf(bytes);
  if (words === null) return bytes.every((byte) => byte === 0);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  for (let i = words.length * 4; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * The inverse of a square matrix of at most 3 rows, row after row; null when there is none.
 *
 * @param matrix `size` times `size` elements, row after row; not changed
 */
export function invert(matrix: readonly number[], size: number): number[] | null {
  const left = [...matrix];
  const right = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const at = (row: number, column: number) => row * size + column;
  for (let pivot = 0; pivot < size; pivot++) {
    let row = pivot;
    while (row < size && left[at(row, pivot)] === 0) row++;
    if (row === size) return null;
    for (const side of [left, right]) swapRows(side, size, row, pivot);
    const scale = inverse(left[at(pivot, pivot)] ?? 1);
    for (const side of [left, right]) {
      for (let i = 0; i < size; i++) side[at(pivot, i)] = multiply(scale, side[at(pivot, i)] ?? 0);
    }
    for (let other = 0; other < size; other++) {
      const factor = left[at(other, pivot)] ?? 0;
      if (other === pivot || factor === 0) continue;
      for (const side of [left, right]) {
        for (let i = 0; i < size; i++) {
          side[at(other, i)] = (side[at(other, i)] ?? 0) ^ multiply(factor, side[at(pivot, i)] ?? 0);
        }
      }
    }
  }
  return right;
}

function swapRows(matrix: number[], size: number, a: number, b: number): void {
  if (a === b) return;
  for (let i = 0; i < size; i++) {
    const [x = 0, y = 0] = [matrix[a * size + i], matrix[b * size + i]];
    matrix[a * size + i] = y;
    matrix[b * size + i] = x;
  }
}
