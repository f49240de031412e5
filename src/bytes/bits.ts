/** A range of bits of a 64-bit word; called with the word it gives their value. */
export interface BitField {
  (word: bigint): bigint;
  /** The word that has them. */
  put(value: bigint): bigint;
  /**
   * Their value in the word at `at`, without the word as a bigint, which costs ten times as much. Above 2^53 it loses its
   * last bits.
   */
  number(view: DataView, at: number, littleEndian: boolean): number;
}

const HALF = 32;
const HALF_SIZE = 2 ** HALF;

/** Bits `low` to `low + width - 1` of a 64-bit word, bit 0 the least significant. */
export function bitField(low: number, width: number): BitField {
  const shift = BigInt(low);
  const mask = (1n << BigInt(width)) - 1n;
  const end = low + width;
  // What of them stands in the lower half of the word, and in the upper.
  const [lowShift, lowMask] = [low % HALF, maskOf(low < HALF ? Math.min(end, HALF) - low : 0)];
  const [highShift, highMask] = [Math.max(low - HALF, 0), maskOf(end - Math.max(low, HALF))];
  const weight = low < HALF ? 2 ** (HALF - low) : 1;
  return Object.assign((word: bigint): bigint => (word >> shift) & mask, {
    put: (value: bigint): bigint => (value & mask) << shift,
    number(view: DataView, at: number, littleEndian: boolean): number {
      const lower =
        lowMask === 0 ? 0 : (view.getUint32(littleEndian ? at : at + 4, littleEndian) >>> lowShift) & lowMask;
      if (highMask === 0) return lower >>> 0;
      const upper = (view.getUint32(littleEndian ? at + 4 : at, littleEndian) >>> highShift) & highMask;
      return (upper >>> 0) * weight + (lower >>> 0);
    },
  });
}

/** As many bits from the lowest on; as `&` takes it. */
const maskOf = (width: number): number => (width <= 0 ? 0 : (HALF_SIZE - 1) >>> (HALF - width));
