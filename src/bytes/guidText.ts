/** The first three parts are little-endian words, the last two are bytes. Source: UEFI specification 2.10, appendix A */
export function guidText(bytes: Uint8Array): string {
  const hex = (order: readonly number[]) => order.map((i) => (bytes[i] ?? 0).toString(16).padStart(2, '0')).join('');
  const parts = [
    [3, 2, 1, 0],
    [5, 4],
    [7, 6],
    [8, 9],
    [10, 11, 12, 13, 14, 15],
  ];
  return parts.map(hex).join('-');
}
