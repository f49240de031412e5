import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { FAT_ZAP, ZAP_BLOCK, ZAP_FLAG, ZAP_MAGIC } from './zap.layout.ts';

/** Bits of a hash that are kept. Source: module/zfs/zap_impl.c, zap_hashbits. */
const HASH_BITS = { short: 28n, long: 48n } as const;

/** The header of a fat ZAP. */
export interface FatZap {
  /** First block of the pointer table; null when it is embedded in the header's block. */
  readonly tableBlock: bigint | null;
  /** Blocks of the pointer table; 0 when embedded. */
  readonly tableBlocks: bigint;
  /** log2 of the pointers in the table. */
  readonly tableShift: bigint;
  /** The embedded table; empty when the table has blocks of its own. */
  readonly embeddedTable: readonly bigint[];
  /** Claims, for display: never a bound of a loop. */
  readonly leafCount: bigint;
  readonly entryCount: bigint;
  readonly freeBlock: bigint;
  readonly salt: bigint;
  /** Bits: see ZAP_NORM. */
  readonly normFlags: bigint;
  /** Names are 64-bit words. */
  readonly wordKeys: boolean;
  /** The first word of a key is its hash. */
  readonly preHashed: boolean;
  /** Mask of the bits of a hash that are kept. */
  readonly hashMask: bigint;
}

/**
 * Decodes block 0 of a fat ZAP.
 *
 * @param block the whole block
 * @throws FormatError `format-magic` when it is no header; `format-value` when the pointer table is larger than 2^48 or,
 *   embedded, not as large as half the block
 * Source: module/zfs/zap_fat.c, fzap_upgrade and zap_table_load; include/sys/zap_impl.h, ZAP_EMBEDDED_PTRTBL_SHIFT
 */
export function decodeFatZap(block: Uint8Array, littleEndian: boolean, place: Place): FatZap {
  const phys = read(FAT_ZAP, block, littleEndian, place);
  if (phys.blockType !== ZAP_BLOCK.header || phys.magic !== ZAP_MAGIC) {
    const expected = `0x${ZAP_BLOCK.header.toString(16)} and 0x${ZAP_MAGIC.toString(16)}`;
    const found = `0x${phys.blockType.toString(16)} and 0x${phys.magic.toString(16)}`;
    throw new FormatError('format-magic', 'type and magic of a ZAP header', expected, found, place);
  }
  const embedded = phys.tableBlocks === 0n;
  const half = block.length / 2;
  const entries = half / 8;
  const expectedShift = BigInt(Math.floor(Math.log2(entries)));
  if (embedded ? phys.tableShift !== expectedShift : phys.tableShift > HASH_BITS.long) {
    const expected = embedded ? `${expectedShift}` : `at most ${HASH_BITS.long}`;
    throw new FormatError('format-value', 'shift of the ZAP pointer table', expected, `${phys.tableShift}`, place);
  }
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  return {
    tableBlock: embedded ? null : phys.tableBlock,
    tableBlocks: phys.tableBlocks,
    tableShift: phys.tableShift,
    embeddedTable: embedded
      ? Array.from({ length: entries }, (_, i) => view.getBigUint64(half + i * 8, littleEndian))
      : [],
    leafCount: phys.leaves,
    entryCount: phys.entries,
    freeBlock: phys.freeBlock,
    salt: phys.salt,
    normFlags: phys.normFlags,
    wordKeys: (phys.flags & ZAP_FLAG.uint64Key) !== 0n,
    preHashed: (phys.flags & ZAP_FLAG.preHashedKey) !== 0n,
    hashMask: highBits((phys.flags & ZAP_FLAG.hash64) !== 0n ? HASH_BITS.long : HASH_BITS.short),
  };
}

const highBits = (count: bigint): bigint => ((1n << count) - 1n) << (64n - count);
