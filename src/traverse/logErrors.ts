import { ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import { isMetadataType, OBJECT_TYPE } from '../format/objectTypes.ts';
import { LOG_RECORD_TYPES } from '../format/zil.layout.ts';
import {
  decodeZilChain,
  type LogRecord,
  logRecordPointers,
  logRecords,
  type ZilChain,
  type ZilHeader,
} from '../format/zil.ts';
import { type BlockReader, UnavailableBlockError } from '../pool/blockRead.ts';
import { errorCause } from '../pool/errorCause.ts';
import { isSilent } from '../source/source.ts';
import type { Failure } from './summary.ts';

/** Blocks of one log: 128 KiB each, far above what a pool has room for between two txgs. */
const MAX_BLOCKS = 1024 * 1024;
/** Word of a log block's checksum that counts up. Source: include/sys/zil.h, ZIL_ZC_SEQ. */
const SEQUENCE = 3;
const FOREVER = 2n ** 64n - 1n;
const WRITE = LOG_RECORD_TYPES.indexOf('write');

export interface LogWalk {
  readonly reader: BlockReader;
  readonly readOnly: boolean;
  /** Unclaimed blocks born from here on are not looked at. */
  readonly minClaimTxg: bigint;
  readonly data: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * The errors that the traversal counts in one intent log. Claimed logs are looked at as far as they were claimed; a
 * read-only import looks at unclaimed ones too, where the block that every log ends in, allocated and never written,
 * counts as an error when its txg was synced.
 *
 * Source: module/zfs/dmu_traverse.c, traverse_zil; module/zfs/zil.c, zil_parse
 */
export async function* logErrors(header: ZilHeader, walk: LogWalk): AsyncGenerator<Failure> {
  const claimed = header.claimTxg !== 0n;
  if (!claimed && !walk.readOnly) return;
  const lastBlock = claimed ? header.claimBlockSequence : FOREVER;
  const lastRecord = (claimed ? header.claimRecordSequence : null) ?? FOREVER;
  let recordSequence = 0n;
  let bp = header.log;
  for (let count = 0; !bp.hole && count < MAX_BLOCKS; count++) {
    const sequence = bp.checksumWords[SEQUENCE];
    if (sequence > lastBlock || (!claimed && bp.birth >= walk.minClaimTxg)) return;
    const chain = await readChain(bp, walk);
    if (isFailure(chain)) {
      if (chain.counted) yield chain;
      return;
    }
    if (recordSequence === lastRecord && sequence === lastBlock) return;
    if (!follows(chain, bp)) return;
    for (const record of recordsOf(chain, bp)) {
      if (record === null || record.sequence > lastRecord) return;
      if (claimed) yield* writeErrors(record, bp.littleEndian, header.claimTxg, walk);
      recordSequence = record.sequence;
    }
    bp = chain.next;
  }
}

const isFailure = (chain: ZilChain | Failure): chain is Failure => 'because' in chain;

async function readChain(bp: Blkptr, { reader, signal }: LogWalk): Promise<ZilChain | Failure> {
  try {
    const { bytes } = await reader.read(bp, signal);
    const position = checksumKind(bp.checksum) === 'zilog2' ? 'start' : 'end';
    return decodeZilChain(bytes, position, bp.littleEndian, bp.place);
  } catch (error) {
    if (isSilent(error)) throw error;
    if (error instanceof ZfsUberError) return failure(bp, error, error instanceof UnavailableBlockError);
    throw error;
  }
}

/** The next block's words go on from those of this one. */
function follows({ next }: ZilChain, bp: Blkptr): boolean {
  const found = next.checksumWords;
  return bp.checksumWords.every((word, i) => found[i] === (i === SEQUENCE ? BigInt.asUintN(64, word + 1n) : word));
}

/** The records in order, null in place of the first that makes no sense. */
function* recordsOf(chain: ZilChain, bp: Blkptr): Generator<LogRecord | null> {
  try {
    yield* logRecords(chain.records, bp.littleEndian, chain.recordsPlace);
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    yield null;
  }
}

async function* writeErrors(
  record: LogRecord,
  littleEndian: boolean,
  claimTxg: bigint,
  walk: LogWalk,
): AsyncGenerator<Failure> {
  if (record.type !== WRITE) return;
  for (const bp of pointersOf(record, littleEndian)) {
    if (bp.birth < claimTxg || bp.embedded || !(walk.data || isMetadata(bp))) continue;
    const error = await lossOf(bp, walk);
    if (error !== null) yield failure(bp, error, true);
  }
}

function pointersOf(record: LogRecord, littleEndian: boolean): readonly Blkptr[] {
  try {
    return logRecordPointers(record, littleEndian);
  } catch (error) {
    if (error instanceof ZfsUberError) return [];
    throw error;
  }
}

async function lossOf(bp: Blkptr, { reader, signal }: LogWalk): Promise<ZfsUberError | null> {
  try {
    await reader.verify(bp, signal);
    return null;
  } catch (error) {
    if (error instanceof ZfsUberError && !isSilent(error)) return error;
    throw error;
  }
}

const isMetadata = (bp: Blkptr): boolean => bp.level > 0 || isMetadataType(bp.type);

function failure(bp: Blkptr, error: ZfsUberError, counted: boolean): Failure {
  const because = errorCause(error);
  const kind = isMetadata(bp) && bp.type !== OBJECT_TYPE.intentLog ? 'metadata' : 'data';
  return {
    kind,
    counted,
    because,
    what: 'intent log',
    object: 0,
    level: bp.level,
    blockId: Number(bp.checksumWords[SEQUENCE]),
    bp,
    error,
  };
}
