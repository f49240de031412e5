/**
 * Compression algorithms by the number that a block pointer or a dnode carries.
 * Source: include/sys/zio_compress.h, enum zio_compress.
 */
export const COMPRESSION_KINDS = [
  'inherit',
  'on',
  'off',
  'lzjb',
  'empty',
  'gzip-1',
  'gzip-2',
  'gzip-3',
  'gzip-4',
  'gzip-5',
  'gzip-6',
  'gzip-7',
  'gzip-8',
  'gzip-9',
  'zle',
  'lz4',
  'zstd',
] as const;

export type CompressionKind = (typeof COMPRESSION_KINDS)[number];

/** Name of algorithm `n`, or null when this version of the format has none of that number. */
export const compressionKind = (n: number): CompressionKind | null => COMPRESSION_KINDS[n] ?? null;
