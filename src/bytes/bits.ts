/** Bits `low` to `low + width - 1` of a 64-bit word, bit 0 the least significant. */
export const bitField = (low: number, width: number) => {
  const shift = BigInt(low);
  const mask = (1n << BigInt(width)) - 1n;
  return (word: bigint): bigint => (word >> shift) & mask;
};
