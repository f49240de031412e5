import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import { Blkptr } from './blkptr.ts';
import {
  LOG_CLONE_RANGE,
  LOG_RECORD,
  LOG_RECORD_TYPE,
  LOG_RECORD_TYPES,
  LOG_WRITE,
  ZIL_CHAIN,
  ZIL_HEADER,
  ZIL_HEADER_FLAG,
} from './zil.layout.ts';

/** Head of the intent log of one object set. */
export interface ZilHeader {
  /** Txg in which a pool load claimed the log's blocks; 0 when it did not yet. */
  readonly claimTxg: Txg;
  /** Highest record replayed. */
  readonly replaySequence: bigint;
  /** First block of the chain; a hole when there is no log. */
  readonly log: Blkptr;
  readonly claimBlockSequence: bigint;
  /** Highest record claimed; null where the writer did not note it. */
  readonly claimRecordSequence: bigint | null;
  /** Bits: see ZIL_HEADER_FLAG. */
  readonly flags: bigint;
}

/** Where the chain record of a log block stands: `start` since the slim blocks of version 26, `end` before. */
export type ZilChainPosition = 'start' | 'end';

/** What a log block says of itself and of the next. */
export interface ZilChain {
  readonly next: Blkptr;
  /** The records, as they lie between the chain record and the end of use; a view. */
  readonly records: Uint8Array;
  readonly recordsPlace: Place;
}

export interface LogRecord {
  /** Number of the type: see logRecordTypeName. */
  readonly type: number;
  readonly caseInsensitive: boolean;
  readonly txg: Txg;
  readonly sequence: bigint;
  /** The whole record with its head; a view. */
  readonly bytes: Uint8Array;
  readonly place: Place;
}

/**
 * Decodes the head of an intent log.
 *
 * @throws FormatError `format-bounds` below 192 bytes
 * Source: include/sys/zil.h, zil_header_t
 */
export function decodeZilHeader(bytes: Uint8Array, littleEndian: boolean, place: Place): ZilHeader {
  const phys = read(ZIL_HEADER, bytes, littleEndian, place);
  const hasRecordSequence = (phys.flags & ZIL_HEADER_FLAG.claimRecordSequenceValid) !== 0n;
  return {
    claimTxg: asTxg(phys.claimTxg),
    replaySequence: phys.replaySequence,
    log: new Blkptr(phys.log, littleEndian, inside(place, 'log', ZIL_HEADER.fields.log.offset)),
    claimBlockSequence: phys.claimBlockSequence,
    claimRecordSequence: hasRecordSequence ? phys.claimRecordSequence : null,
    flags: phys.flags,
  };
}

/**
 * Decodes the chain record of a log block.
 *
 * @param block the whole block, `lsize` bytes
 * @throws FormatError `format-bounds` when the block is too short or claims to use more than it has
 * Source: module/zfs/zil.c, zil_read_log_block
 */
export function decodeZilChain(
  block: Uint8Array,
  position: ZilChainPosition,
  littleEndian: boolean,
  place: Place,
): ZilChain {
  if (block.length < ZIL_CHAIN.size) {
    throw new FormatError('format-bounds', 'log block', `at least ${ZIL_CHAIN.size} bytes`, `${block.length}`, place);
  }
  const at = position === 'start' ? 0 : block.length - ZIL_CHAIN.size;
  const phys = read(ZIL_CHAIN, block.subarray(at), littleEndian, inside(place, 'chain', at));
  const [from, limit] = position === 'start' ? [ZIL_CHAIN.size, block.length] : [0, at];
  if (phys.used < BigInt(from) || phys.used > BigInt(limit)) {
    throw new FormatError('format-bounds', 'used bytes of a log block', `${from} to ${limit}`, `${phys.used}`, place);
  }
  return {
    next: new Blkptr(phys.next, littleEndian, inside(place, 'next', at + ZIL_CHAIN.fields.next.offset)),
    records: block.subarray(from, Number(phys.used)),
    recordsPlace: inside(place, 'records', from),
  };
}

/**
 * The records of one log block, in order.
 *
 * @throws FormatError `format-bounds` at the first record whose length is shorter than its head or passes the end; the
 *   records before it have been given
 * Source: module/zfs/zil.c, zil_parse
 */
export function* logRecords(records: Uint8Array, littleEndian: boolean, place: Place): Generator<LogRecord> {
  for (let at = 0; at < records.length; ) {
    const here = inside(place, 'record', at);
    const head = read(LOG_RECORD, records.subarray(at), littleEndian, here);
    const rest = records.length - at;
    if (head.length < BigInt(LOG_RECORD.size) || head.length > BigInt(rest)) {
      const expected = `${LOG_RECORD.size} to ${rest}`;
      throw new FormatError('format-bounds', 'length of a log record', expected, `${head.length}`, here);
    }
    const length = Number(head.length);
    yield {
      type: Number(LOG_RECORD_TYPE.number(head.type) & 0xffffffffn),
      caseInsensitive: LOG_RECORD_TYPE.caseInsensitive(head.type) === 1n,
      txg: asTxg(head.txg),
      sequence: head.sequence,
      bytes: records.subarray(at, at + length),
      place: here,
    };
    at += length;
  }
}

export const logRecordTypeName = (type: number): string => LOG_RECORD_TYPES[type] ?? `unknown type ${type}`;

const WRITE = LOG_RECORD_TYPES.indexOf('write');
const CLONE_RANGE = LOG_RECORD_TYPES.indexOf('clone range');

/**
 * The blocks that a record refers to and that a claim would mark as allocated: of a write whose content stands in a
 * block of its own, and of a clone.
 *
 * @returns an empty list for all other records and for a write with its content inside
 * @throws FormatError `format-bounds` when the record is shorter than its pointers
 * Source: module/zfs/zil.c, zil_claim_log_record
 */
export function logRecordPointers(record: LogRecord, littleEndian: boolean): Blkptr[] {
  if (record.type === WRITE) {
    const { pointer } = read(LOG_WRITE, record.bytes, littleEndian, record.place);
    const bp = new Blkptr(pointer, littleEndian, inside(record.place, 'blkptr', LOG_WRITE.fields.pointer.offset));
    return bp.hole ? [] : [bp];
  }
  if (record.type !== CLONE_RANGE) return [];
  const { pointers } = read(LOG_CLONE_RANGE, record.bytes, littleEndian, record.place);
  const from = LOG_CLONE_RANGE.size;
  const room = Math.floor((record.bytes.length - from) / Blkptr.SIZE);
  if (pointers > BigInt(room)) {
    const expected = `at most ${room}`;
    throw new FormatError('format-bounds', 'block pointers of a clone record', expected, `${pointers}`, record.place);
  }
  return Array.from({ length: Number(pointers) }, (_, i) => {
    const at = from + i * Blkptr.SIZE;
    return new Blkptr(
      record.bytes.subarray(at, at + Blkptr.SIZE),
      littleEndian,
      inside(record.place, `blkptr ${i}`, at),
    );
  }).filter((bp) => !bp.hole);
}
