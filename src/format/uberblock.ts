import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import { Blkptr } from './blkptr.ts';
import { MMP_CONFIG, MMP_MAGIC, RAIDZ_REFLOW, UBERBLOCK, UBERBLOCK_MAGIC } from './uberblock.layout.ts';

/** What a writer with multihost on says about its heartbeat; null where the word's valid bit is off. */
export interface Mmp {
  /** Nanoseconds between heartbeats as the writer measured them. */
  readonly delayNs: bigint;
  readonly sequence: number | null;
  readonly intervalMs: number | null;
  readonly failIntervals: number | null;
}

export interface Uberblock {
  readonly version: bigint;
  readonly txg: Txg;
  /** Sum of the guids of all vdevs in the tree including the root, modulo 2^64. */
  readonly guidSum: bigint;
  /** Seconds since 1970 by the writer's clock, which may be wrong. */
  readonly timestamp: bigint;
  /** Where the meta-object set of this txg lies. */
  readonly rootbp: Blkptr;
  /** Highest version the writer knew; 0 from very old writers. */
  readonly softwareVersion: bigint;
  /** Null when the pool was not written with multihost on. */
  readonly mmp: Mmp | null;
  /** Non-zero only in an uberblock that is a checkpoint: its original txg. */
  readonly checkpointTxg: Txg;
  /** `offset` in bytes; `state` 0 to 4, of the scratch area. Both 0 before 2.3 and without an expansion. */
  readonly raidzReflow: { readonly offset: bigint; readonly state: number };
  readonly littleEndian: boolean;
}

/** True when `slot` begins with the uberblock magic in either byte order. `slot` has at least 8 bytes. */
export function hasUberblockMagic(slot: Uint8Array): boolean {
  const view = new DataView(slot.buffer, slot.byteOffset, 8);
  return view.getBigUint64(0, true) === UBERBLOCK_MAGIC || view.getBigUint64(0, false) === UBERBLOCK_MAGIC;
}

/**
 * Decodes one uberblock. Says nothing about its checksum: a torn slot decodes as well as a sound one.
 *
 * @param slot one ring slot, 1024 to 8192 bytes; bytes past the known fields are not looked at. The root block
 *   pointer is a view of it.
 * @param place of the slot's first byte
 * @throws FormatError `format-magic` when the magic fits neither byte order; `format-bounds` below 216 bytes
 * Source: module/zfs/uberblock.c, uberblock_verify; include/sys/uberblock_impl.h
 */
export function decodeUberblock(slot: Uint8Array, place: Place): Uberblock {
  let ub = read(UBERBLOCK, slot, true, place);
  const littleEndian = ub.magic === UBERBLOCK_MAGIC;
  if (!littleEndian) {
    ub = read(UBERBLOCK, slot, false, place);
    if (ub.magic !== UBERBLOCK_MAGIC) {
      const found = `0x${ub.magic.toString(16)}`;
      throw new FormatError('format-magic', 'uberblock magic', '0xbab10c in either byte order', found, place);
    }
  }
  const multihost = ub.mmpMagic === MMP_MAGIC && ub.mmpDelay !== 0n;
  return {
    version: ub.version,
    txg: asTxg(ub.txg),
    guidSum: ub.guidSum,
    timestamp: ub.timestamp,
    rootbp: new Blkptr(ub.rootbp, littleEndian, inside(place, 'rootbp', UBERBLOCK.fields.rootbp.offset)),
    softwareVersion: ub.softwareVersion,
    mmp: multihost ? decodeMmp(ub.mmpDelay, ub.mmpConfig) : null,
    checkpointTxg: asTxg(ub.checkpointTxg),
    raidzReflow: {
      offset: RAIDZ_REFLOW.offset(ub.raidzReflow) * 512n,
      state: Number(RAIDZ_REFLOW.state(ub.raidzReflow)),
    },
    littleEndian,
  };
}

function decodeMmp(delayNs: bigint, word: bigint): Mmp {
  return {
    delayNs,
    sequence: MMP_CONFIG.sequenceValid(word) === 1n ? Number(MMP_CONFIG.sequence(word)) : null,
    intervalMs: MMP_CONFIG.intervalValid(word) === 1n ? Number(MMP_CONFIG.intervalMs(word)) : null,
    failIntervals: MMP_CONFIG.failIntervalsValid(word) === 1n ? Number(MMP_CONFIG.failIntervals(word)) : null,
  };
}
