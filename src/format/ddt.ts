import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import { DDT_LOG, DDT_LOG_INFO } from './ddt.layout.ts';

/** Head of a log of a fast dedup table. */
export interface DdtLogHeader {
  readonly version: number;
  readonly flushing: boolean;
  /** Bytes of records. */
  readonly length: bigint;
  readonly firstTxg: Txg;
}

/**
 * @throws FormatError `format-bounds` below 64 bytes
 * Source: module/zfs/ddt_log.c, ddt_log_load_one
 */
export function decodeDdtLog(bonus: Uint8Array, littleEndian: boolean, place: Place): DdtLogHeader {
  const { info, length, firstTxg } = read(DDT_LOG, bonus, littleEndian, place);
  return {
    version: Number(DDT_LOG_INFO.version(info)),
    flushing: DDT_LOG_INFO.flushing(info) === 1n,
    length,
    firstTxg: asTxg(firstTxg),
  };
}
