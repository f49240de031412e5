/** As in zle.ts: literals come by up to 64, zeros by up to 192. */
const LITERALS = 64;
const ZEROS = 256 - LITERALS;

/**
 * Does what `zle` undoes.
 *
 * @returns null where that takes more than `room` bytes
 * Source: module/zfs/zle.c, zfs_zle_compress_buf
 */
export function packZle(bytes: Uint8Array, room: number): Uint8Array | null {
  const out = new Uint8Array(room);
  let to = 0;
  for (let at = 0; at < bytes.length; ) {
    const zero = bytes[at] === 0;
    const most = Math.min(bytes.length, at + (zero ? ZEROS : LITERALS));
    let end = at + 1;
    while (end < most && (bytes[end] === 0) === zero) end++;
    const length = end - at;
    if (to + 1 + (zero ? 0 : length) > room) return null;
    out[to++] = zero ? length - 1 + LITERALS : length - 1;
    if (!zero) {
      out.set(bytes.subarray(at, end), to);
      to += length;
    }
    at = end;
  }
  return out.subarray(0, to);
}
