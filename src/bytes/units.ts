declare const unit: unique symbol;
type Of<Name extends string> = bigint & { readonly [unit]: Name };

/** Kinds of 64-bit numbers that must not be mixed up. They cost nothing at run time. */
export type Txg = Of<'txg'>;
export type Guid = Of<'guid'>;
/** 512-byte sectors from the start of a top-level vdev's allocatable space. */
export type Sectors = Of<'sectors'>;

export const asTxg = (n: bigint): Txg => n as Txg;
export const asGuid = (n: bigint): Guid => n as Guid;
export const asSectors = (n: bigint): Sectors => n as Sectors;
