/**
 * Checksum algorithms by the number that a block pointer or a dnode carries.
 * Source: include/sys/zio.h, enum zio_checksum; module/zfs/zio_checksum.c, zio_checksum_table.
 */
export const CHECKSUM_KINDS = [
  'inherit',
  'on',
  'off',
  'label',
  'gang_header',
  'zilog',
  'fletcher2',
  'fletcher4',
  'sha256',
  'zilog2',
  'noparity',
  'sha512',
  'skein',
  'edonr',
  'blake3',
] as const;

export type ChecksumKind = (typeof CHECKSUM_KINDS)[number];

/** Name of algorithm `n`, or null when this version of the format has none of that number. */
export const checksumKind = (n: number): ChecksumKind | null => CHECKSUM_KINDS[n] ?? null;
