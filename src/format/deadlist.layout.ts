import { layout, u64 } from '../bytes/struct.ts';

/**
 * Bonus of a deadlist or livelist, whose content is a ZAP: txg to bpobj. Padding follows, to 320 bytes.
 * Source: include/sys/dsl_deadlist.h, dsl_deadlist_phys_t (OpenZFS 2.4.99).
 */
export const DEADLIST = layout('deadlist header', 24, { used: u64(0), compressed: u64(8), uncompressed: u64(16) });
