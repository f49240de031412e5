import { FormatError, ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import { decodeZilChain, type LogRecord, logRecords, type ZilChain, type ZilHeader } from '../format/zil.ts';
import { UnavailableBlockError } from '../pool/blockRead.ts';
import type { AtHandReader } from './block.ts';

/** Blocks of one log: 128 KiB each, so far above what a pool has room for between two txgs. */
const MAX_BLOCKS = 1024 * 1024;
/** Word of a log block's checksum that counts up. Source: include/sys/zil.h, ZIL_ZC_SEQ. */
const SEQUENCE = 3;

/** One block of an intent log. */
export interface ZilBlock {
  readonly bp: Blkptr;
  readonly sequence: bigint;
  /** Null when this is the end of the chain: the block was never written, or does not belong here. */
  readonly records: readonly LogRecord[] | null;
  /** Why the chain ends here; null where it goes on, and at an end that is no damage. */
  readonly trouble: ZfsUberError | null;
}

/**
 * The blocks of an intent log, in order. The last one is the block that was allocated in advance and whose checksum
 * fails: that is how every log ends, and no damage.
 *
 * Payload of encrypted datasets stays closed; heads of records are plain.
 *
 * @param header of the object set; a snapshot's means nothing
 * @throws what is neither a missing nor a broken block, such as UnsupportedError
 * Source: module/zfs/zil.c, zil_parse and zil_read_log_block
 */
export async function* walkZil(
  reader: AtHandReader,
  header: ZilHeader,
  signal?: AbortSignal,
): AsyncGenerator<ZilBlock> {
  const claimed = header.claimTxg !== 0n;
  let bp = header.log;
  for (let count = 0; !bp.hole && count < MAX_BLOCKS; count++) {
    const sequence = bp.checksumWords[SEQUENCE];
    if (claimed && sequence > header.claimBlockSequence) return;
    const read = await readChain(reader, bp, signal);
    if (read instanceof ZfsUberError) {
      yield { bp, sequence, records: null, trouble: read instanceof UnavailableBlockError && !claimed ? null : read };
      return;
    }
    const { records, trouble } = recordsOf(read, bp);
    yield { bp, sequence, records, trouble };
    if (trouble !== null) return;
    bp = read.next;
  }
}

/** The chain record of a log block, or why there is none. */
async function readChain(
  reader: AtHandReader,
  bp: Blkptr,
  signal: AbortSignal | undefined,
): Promise<ZilChain | UnavailableBlockError | FormatError> {
  try {
    const { bytes, attempts } = await reader.read(bp, signal);
    const place = attempts.find(({ outcome }) => outcome === 'good')?.place ?? bp.place;
    const chain = decodeZilChain(
      bytes,
      checksumKind(bp.checksum) === 'zilog2' ? 'start' : 'end',
      bp.littleEndian,
      place,
    );
    const expected = bp.checksumWords.map((word, i) => (i === SEQUENCE ? BigInt.asUintN(64, word + 1n) : word));
    const found = chain.next.checksumWords;
    if (expected.some((word, i) => word !== found[i])) {
      throw new FormatError(
        'format-value',
        'next log block',
        `words ${expected.join()}`,
        found.join(),
        chain.next.place,
      );
    }
    return chain;
  } catch (error) {
    if (error instanceof UnavailableBlockError || error instanceof FormatError) return error;
    throw error;
  }
}

function recordsOf(chain: ZilChain, bp: Blkptr): { records: LogRecord[]; trouble: ZfsUberError | null } {
  const records: LogRecord[] = [];
  try {
    for (const record of logRecords(chain.records, bp.littleEndian, chain.recordsPlace)) records.push(record);
    return { records, trouble: null };
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return { records, trouble: error };
  }
}

/** What waits in an intent log. */
export interface ZilSummary {
  readonly blocks: number;
  readonly records: number;
  /** Records by type: see logRecordTypeName. */
  readonly byType: ReadonlyMap<number, number>;
  readonly trouble: ZfsUberError | null;
}

/** Counts the blocks and records of an intent log; the block that ends the chain is not counted. */
export async function summariseZil(reader: AtHandReader, header: ZilHeader, signal?: AbortSignal): Promise<ZilSummary> {
  const byType = new Map<number, number>();
  let [blocks, records] = [0, 0];
  let trouble: ZfsUberError | null = null;
  for await (const block of walkZil(reader, header, signal)) {
    trouble = block.trouble;
    if (block.records === null) break;
    blocks++;
    records += block.records.length;
    for (const { type } of block.records) byType.set(type, (byType.get(type) ?? 0) + 1);
  }
  return { blocks, records, byType, trouble };
}
