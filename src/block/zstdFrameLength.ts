/** Source: RFC 8878, section 3.1.1, and 3.1.1.2 (blocks) */
const MAGIC = 0xfd2fb528;
const RLE = 1;
const RESERVED = 3;

/**
 * Bytes of the frame at the start of `bytes`, by its own headers: a file may pad what it stores, and the decoder takes
 * nothing behind a frame.
 *
 * @returns null when no whole frame stands there
 */
export function zstdFrameLength(bytes: Uint8Array): number | null {
  if (bytes.length < 6) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) return null;
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const content = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let at = 5 + (single ? 0 : 1) + dictionary + content;
  for (;;) {
    if (at + 3 > bytes.length) return null;
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const kind = (header >> 1) & 3;
    if (kind === RESERVED) return null;
    at += 3 + (kind === RLE ? 1 : header >> 3);
    if ((header & 1) !== 0) break;
  }
  at += (descriptor & 4) !== 0 ? 4 : 0;
  return at <= bytes.length ? at : null;
}
