/** Bits `low` to `low + width - 1` of a 64-bit word, bit 0 the least significant; `put` makes the word that has them. */
export const bitField = (low: number, width: number) => {
  const shift = BigInt(low);
  const mask = (1n << BigInt(width)) - 1n;
  return Object.assign((word: bigint): bigint => (word >> shift) & mask, {
    put: (value: bigint): bigint => (value & mask) << shift,
  });
};
