import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { DSL_DIR, DSL_DIR_FLAG } from './dslDir.layout.ts';

/** Numbers of objects are of the MOS; 0 says that there is none, and is null here. Space is in bytes. */
export interface DslDir {
  /** Seconds since 1970. */
  readonly creationTime: bigint;
  readonly headDataset: bigint | null;
  readonly parent: bigint | null;
  /** Snapshot that this is a clone of. */
  readonly origin: bigint | null;
  /** ZAP: name to directory. */
  readonly children: bigint | null;
  /** With all below it. */
  readonly used: bigint;
  readonly compressed: bigint;
  readonly uncompressed: bigint;
  readonly quota: bigint;
  readonly reserved: bigint;
  readonly properties: bigint | null;
  readonly delegation: bigint | null;
  /** What `used` is made of; null in pools that do not account for it. */
  readonly usedBy: {
    readonly head: bigint;
    readonly snapshots: bigint;
    readonly children: bigint;
    readonly childReservations: bigint;
    readonly refreservation: bigint;
  } | null;
  /** ZAP of the clones' directories. */
  readonly clones: bigint | null;
}

/**
 * Decodes the bonus of a DSL directory.
 *
 * @throws FormatError `format-bounds` below 152 bytes
 * Source: module/zfs/dsl_dir.c, dsl_dir_hold_obj
 */
export function decodeDslDir(bonus: Uint8Array, littleEndian: boolean, place: Place): DslDir {
  const phys = read(DSL_DIR, bonus, littleEndian, place);
  const [head = 0n, snapshots = 0n, children = 0n, childReservations = 0n, refreservation = 0n] = phys.usedBreakdown;
  const accounted = (phys.flags & DSL_DIR_FLAG.usedBreakdown) !== 0n;
  return {
    creationTime: phys.creationTime,
    headDataset: objectOrNull(phys.headDataset),
    parent: objectOrNull(phys.parent),
    origin: objectOrNull(phys.origin),
    children: objectOrNull(phys.children),
    used: phys.used,
    compressed: phys.compressed,
    uncompressed: phys.uncompressed,
    quota: phys.quota,
    reserved: phys.reserved,
    properties: objectOrNull(phys.properties),
    delegation: objectOrNull(phys.delegation),
    usedBy: accounted ? { head, snapshots, children, childReservations, refreservation } : null,
    clones: objectOrNull(phys.clones),
  };
}

/** 0 is the number of no object. */
export const objectOrNull = (object: bigint): bigint | null => (object === 0n ? null : object);
