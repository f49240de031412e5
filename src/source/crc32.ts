/** Bits reflected. Source: UEFI specification 2.10, section 5.3 (as in ISO 3309); RFC 3720, appendix B.4 */
const REFLECTED = { crc32: 0xedb88320, crc32c: 0x82f63b78 } as const;
type Polynomial = keyof typeof REFLECTED;

/** Made when they are first asked for, which on most sources they never are. */
const tables = new Map<Polynomial, Uint32Array>();

function tableOf(polynomial: Polynomial): Uint32Array {
  const known = tables.get(polynomial);
  if (known !== undefined) return known;
  const made = Uint32Array.from({ length: 256 }, (_, byte) => {
    let word = byte;
    for (let bit = 0; bit < 8; bit++) word = word & 1 ? (word >>> 1) ^ REFLECTED[polynomial] : word >>> 1;
    return word;
  });
  tables.set(polynomial, made);
  return made;
}

function sum(bytes: Uint8Array, polynomial: Polynomial): number {
  const table = tableOf(polynomial);
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** CRC-32 of `bytes` as zlib, Ethernet and GPT compute it; unsigned. */
export const crc32 = (bytes: Uint8Array): number => sum(bytes, 'crc32');

/** CRC-32C of `bytes` as iSCSI and VHDX compute it; unsigned. */
export const crc32c = (bytes: Uint8Array): number => sum(bytes, 'crc32c');
