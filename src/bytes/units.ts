declare const unit: unique symbol;
type Of<Name extends string> = bigint & { readonly [unit]: Name };

/** Kinds of 64-bit numbers that must not be mixed up. They cost nothing at run time. */
export type Txg = Of<'txg'>;
export type Guid = Of<'guid'>;
/** 512-byte sectors from the start of a top-level vdev's allocatable space. */
export type Sectors = Of<'sectors'>;

/** Bytes of a sector, in which lengths and offsets of blocks are counted. Source: include/sys/spa.h, SPA_MINBLOCKSIZE */
export const SECTOR = 512;

/** Txgs for which a freed block is kept: so many back a pool can always be loaded. Source: include/sys/txg.h */
export const TXG_DEFER_SIZE = 2n;

export const asTxg = (n: bigint): Txg => n as Txg;
export const asGuid = (n: bigint): Guid => n as Guid;
export const asSectors = (n: bigint): Sectors => n as Sectors;
