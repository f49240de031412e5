/**
 * Object types below 0x80 whose content is a ZAP.
 * Source: module/zfs/dmu.c, dmu_ot, DMU_BSWAP_ZAP.
 */
const ZAP_TYPES = new Set([
  1, 13, 14, 15, 20, 21, 22, 24, 27, 28, 31, 32, 37, 38, 39, 40, 41, 42, 43, 45, 46, 47, 48, 50, 52,
]);

/** Of the types made of bits, the class of byte swapping that says ZAP. Source: include/sys/dmu.h, DMU_BSWAP_ZAP. */
const ZAP_CLASS = 4;

/** Whether objects of this type are ZAPs. One that was never written to is a hole all the same. */
export const isZapType = (type: number): boolean =>
  (type & 0x80) !== 0 ? (type & 0x1f) === ZAP_CLASS : ZAP_TYPES.has(type);
