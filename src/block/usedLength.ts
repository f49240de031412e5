/** Words that are looked at together. */
const TOGETHER = 8;

/**
 * Bytes up to the last that is not zero: indirect blocks are as long as their level has room, and most of those above a
 * small object hold one pointer.
 */
export function usedLength(bytes: Uint8Array): number {
  let end = bytes.length;
  if (bytes.byteOffset % 4 === 0 && end % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, end / 4);
    end = endOfWords(words) * 4;
  }
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** A multiple of so many that nothing but zeros lies behind. */
function endOfWords(words: Uint32Array): number {
  let end = words.length;
  while (end >= TOGETHER) {
    const first = (words[end - 1] ?? 0) | (words[end - 2] ?? 0) | (words[end - 3] ?? 0) | (words[end - 4] ?? 0);
    const second = (words[end - 5] ?? 0) | (words[end - 6] ?? 0) | (words[end - 7] ?? 0) | (words[end - 8] ?? 0);
    if ((first | second) !== 0) break;
    end -= TOGETHER;
  }
  return end;
}
