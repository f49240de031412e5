/**
 * What a guest reads of a qcow2 file that has clusters of 64 KiB, none compressed, and lies over `below`. Reads it by the
 * two tables alone, as the format describes it.
 */
export function flattenQcow2(file: Uint8Array, below: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0) !== 0x514649fb) throw new Error('no qcow2');
  const cluster = 2 ** view.getUint32(20);
  const size = Number(view.getBigUint64(24));
  const place = (at: number): number => Number(view.getBigUint64(at) & 0x00fffffffffffe00n);
  const l1 = place(40);
  const flat = new Uint8Array(size);
  flat.set(below.subarray(0, size));
  const entries = cluster / 8;
  for (let at = 0; at < size; at += cluster) {
    const index = at / cluster;
    const l2 = place(l1 + Math.floor(index / entries) * 8);
    const data = l2 === 0 ? 0 : place(l2 + (index % entries) * 8);
    if (data !== 0) flat.set(file.subarray(data, data + Math.min(cluster, size - at)), at);
  }
  return flat;
}

/** The name and the format of what it lies over. */
export function backingOf(file: Uint8Array): { readonly name: string; readonly format: string } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const text = (at: number, length: number): string => Buffer.from(file.subarray(at, at + length)).toString('latin1');
  return {
    name: text(Number(view.getBigUint64(8)), view.getUint32(16)),
    format: text(112, view.getUint32(108)),
  };
}
