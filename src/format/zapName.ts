import { ZAP_NORM } from './zap.layout.ts';

/**
 * A name as a ZAP with these flags compares it. Exact for ASCII; for other scripts it follows today's Unicode tables,
 * which may be younger than those of the writer.
 *
 * @param normFlags of the ZAP; 0 leaves the name alone
 * Source: module/zfs/zap_impl.c, zap_normalize; include/sys/u8_textprep.h
 */
export function normaliseName(name: string, normFlags: bigint): string {
  const has = (flag: bigint): boolean => (normFlags & flag) !== 0n;
  let out = name;
  if (has(ZAP_NORM.upper)) out = out.toUpperCase();
  else if (has(ZAP_NORM.lower)) out = out.toLowerCase();
  if (has(ZAP_NORM.compatibility)) return out.normalize(has(ZAP_NORM.compose) ? 'NFKC' : 'NFKD');
  if (has(ZAP_NORM.decompose)) return out.normalize(has(ZAP_NORM.compose) ? 'NFC' : 'NFD');
  return out;
}
