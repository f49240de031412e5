/** Polynomial 0x04c11db7, bits reflected. Source: UEFI specification 2.10, section 5.3 (as in ISO 3309) */
const REFLECTED = 0xedb88320;

/** Made when it is first asked for, which on most sources it never is. */
let table: Uint32Array | null = null;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let word = byte;
    for (let bit = 0; bit < 8; bit++) word = word & 1 ? (word >>> 1) ^ REFLECTED : word >>> 1;
    return word;
  });
}

/** CRC-32 of `bytes` as zlib, Ethernet and GPT compute it; unsigned. */
export function crc32(bytes: Uint8Array): number {
  table ??= makeTable();
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}
