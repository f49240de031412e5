/**
 * Compressors for the tests, written from the definitions of the formats: at each byte the longest match, or a literal.
 * They decide nothing about size, so the result may be longer than the input.
 */

interface Match {
  readonly distance: number;
  readonly length: number;
}

/** The longest earlier occurrence of what stands at `at`, which may overlap `at`; null below `shortest` bytes. */
function longestMatch(bytes: Uint8Array, at: number, reach: number, shortest: number, longest: number): Match | null {
  let best: Match | null = null;
  for (let from = Math.max(0, at - reach); from < at; from++) {
    let length = 0;
    while (length < longest && at + length < bytes.length && bytes[from + length] === bytes[at + length]) length++;
    if (length >= shortest && length > (best?.length ?? 0)) best = { distance: at - from, length };
  }
  return best;
}

export function toLzjb(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let flagsAt = 0;
  let bit = 8;
  for (let at = 0; at < bytes.length; ) {
    if (bit === 8) {
      flagsAt = out.push(0) - 1;
      bit = 0;
    }
    const match = longestMatch(bytes, at, 1023, 3, 66);
    if (match === null) {
      out.push(bytes[at++] ?? 0);
    } else {
      out[flagsAt] = (out[flagsAt] ?? 0) | (1 << bit);
      out.push(((match.length - 3) << 2) | (match.distance >> 8), match.distance & 255);
      at += match.length;
    }
    bit++;
  }
  return Uint8Array.from(out);
}

export function toZle(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const zero = bytes[at] === 0;
    let end = at;
    while (end < bytes.length && (bytes[end] === 0) === zero && end - at < (zero ? 192 : 64)) end++;
    if (zero) out.push(end - at + 63);
    else out.push(end - at - 1, ...bytes.subarray(at, end));
    at = end;
  }
  return Uint8Array.from(out);
}

/** One LZ4 block behind the 4-byte length of ZFS. */
export function toLz4(bytes: Uint8Array): Uint8Array {
  const block: number[] = [];
  const more = (length: number): void => {
    for (let rest = length - 15; rest >= 0; rest -= 255) block.push(Math.min(rest, 255));
  };
  let literals = 0;
  let at = 0;
  const sequence = (match: Match | null): void => {
    const length = match === null ? 0 : match.length - 4;
    block.push((Math.min(at - literals, 15) << 4) | Math.min(length, 15));
    more(at - literals);
    for (const byte of bytes.subarray(literals, at)) block.push(byte);
    if (match === null) return;
    block.push(match.distance & 255, match.distance >> 8);
    more(length);
    at += match.length;
    literals = at;
  };
  // The format wants literals at the end: nothing matches in the last twelve bytes, and no match enters the last five.
  while (at < bytes.length) {
    const match = at > bytes.length - 12 ? null : longestMatch(bytes, at, 65535, 4, bytes.length - 5 - at);
    if (match === null) at++;
    else sequence(match);
  }
  sequence(null);
  const out = new Uint8Array(4 + block.length);
  new DataView(out.buffer).setUint32(0, block.length);
  out.set(block, 4);
  return out;
}
