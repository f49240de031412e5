/** Names of the values of a property that is stored as a number. */
type Names = Readonly<Record<number, string>>;

const ON_OFF: Names = { 0: 'off', 1: 'on' };

const CHECKSUM: Names = {
  1: 'on',
  2: 'off',
  6: 'fletcher2',
  7: 'fletcher4',
  8: 'sha256',
  10: 'noparity',
  11: 'sha512',
  12: 'skein',
  13: 'edonr',
  14: 'blake3',
};

const COMPRESSION: Names = {
  1: 'on',
  2: 'off',
  3: 'lzjb',
  5: 'gzip-1',
  6: 'gzip-2',
  7: 'gzip-3',
  8: 'gzip-4',
  9: 'gzip-5',
  10: 'gzip',
  11: 'gzip-7',
  12: 'gzip-8',
  13: 'gzip-9',
  14: 'zle',
  15: 'lz4',
  16: 'zstd',
};

/** A dataset property that ZFS knows. */
export interface PropertyKind {
  /** Value where nobody sets one; null where it depends on the host or on something else. */
  readonly standard: bigint | string | null;
  readonly inherited: boolean;
  /** By stored number; null for numbers and text. */
  readonly names: Names | null;
}

const kind = (standard: bigint | string | null, inherited: boolean, names: Names | null = null): PropertyKind => ({
  standard,
  inherited,
  names,
});

/**
 * Properties that say how data was written, and those that are not inherited. User properties (with a colon) and all
 * others are inherited and have no standard value.
 * Source: module/zcommon/zfs_prop.c, zfs_prop_init; include/sys/fs/zfs.h (OpenZFS 2.4.99).
 */
export const PROPERTY_KINDS: Readonly<Record<string, PropertyKind>> = {
  compression: kind(1n, true, COMPRESSION),
  checksum: kind(1n, true, CHECKSUM),
  dedup: kind(2n, true, CHECKSUM),
  sync: kind(0n, true, { 0: 'standard', 1: 'always', 2: 'disabled' }),
  logbias: kind(0n, true, { 0: 'latency', 1: 'throughput' }),
  copies: kind(1n, true),
  recordsize: kind(131072n, true),
  special_small_blocks: kind(0n, true),
  redundant_metadata: kind(0n, true, { 0: 'all', 1: 'most', 2: 'some', 3: 'none' }),
  primarycache: kind(2n, true, { 0: 'none', 1: 'metadata', 2: 'all' }),
  secondarycache: kind(2n, true, { 0: 'none', 1: 'metadata', 2: 'all' }),
  readonly: kind(0n, true, ON_OFF),
  atime: kind(1n, true, ON_OFF),
  relatime: kind(null, true, ON_OFF),
  exec: kind(1n, true, ON_OFF),
  devices: kind(1n, true, ON_OFF),
  setuid: kind(1n, true, ON_OFF),
  mountpoint: kind('/', true),
  canmount: kind(1n, false, { 0: 'off', 1: 'on', 2: 'noauto' }),
  encryption: kind(0n, false, {
    0: 'off',
    1: 'on',
    2: 'off',
    3: 'aes-128-ccm',
    4: 'aes-192-ccm',
    5: 'aes-256-ccm',
    6: 'aes-128-gcm',
    7: 'aes-192-gcm',
    8: 'aes-256-gcm',
  }),
  keyformat: kind(0n, false, { 0: 'none', 1: 'raw', 2: 'hex', 3: 'passphrase' }),
  keylocation: kind('none', false),
  pbkdf2iters: kind(0n, false),
  quota: kind(0n, false),
  reservation: kind(0n, false),
  refquota: kind(0n, false),
  refreservation: kind(0n, false),
  volsize: kind(0n, false),
  volblocksize: kind(null, false),
  version: kind(null, false),
  normalization: kind(0n, false),
  casesensitivity: kind(0n, false, { 0: 'sensitive', 1: 'insensitive', 2: 'mixed' }),
  utf8only: kind(0n, false, ON_OFF),
  filesystem_limit: kind(2n ** 64n - 1n, false),
  snapshot_limit: kind(2n ** 64n - 1n, false),
};

/** Ends of the keys that stand beside a property's own. Source: module/zfs/dsl_prop.c, dsl_prop_get_dd. */
export const PROPERTY_SUFFIX = { received: '$recvd', inherited: '$inherit', unknownValue: '$iuv' } as const;

/** Encryption suite of a key, by number; its entry and that of the key's owner. Source: include/sys/dsl_crypt.h. */
export const CRYPTO_KEY = { suite: 'DSL_CRYPTO_SUITE', rootDirectory: 'DSL_CRYPTO_ROOT_DDOBJ' } as const;

/**
 * zstd levels above the algorithm's number in `compression`: plain up to 19, and the fast ones from 103 on.
 * Source: include/sys/zio_compress.h, enum zio_zstd_levels; include/sys/zio.h, ZIO_COMPLEVEL_ZSTD.
 */
export const ZSTD_LEVEL = {
  shift: 7n,
  algorithm: 16n,
  plain: 19n,
  fastFrom: 103n,
  fast: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 500, 1000],
} as const;
