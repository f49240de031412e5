import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { asGuid, asTxg, type Guid, type Txg } from '../bytes/units.ts';
import { Blkptr } from './blkptr.ts';
import { DSL_DATASET, DSL_DATASET_FLAG } from './dslDataset.layout.ts';
import { objectOrNull } from './dslDir.ts';

/** Numbers of objects are of the MOS; 0 says that there is none, and is null here. Space is in bytes. */
export interface DslDataset {
  readonly dir: bigint;
  readonly previousSnapshot: bigint | null;
  readonly previousSnapshotTxg: Txg;
  /** Of a snapshot: the next younger one, or the head. */
  readonly nextSnapshot: bigint | null;
  /** ZAP: name to snapshot; of a head. */
  readonly snapshotNames: bigint | null;
  /** It is a snapshot: others count on it. */
  readonly snapshot: boolean;
  readonly creationTime: bigint;
  readonly creationTxg: Txg;
  readonly deadlist: bigint | null;
  readonly referenced: bigint;
  readonly compressed: bigint;
  readonly uncompressed: bigint;
  /** Of a snapshot: what its destruction would free. */
  readonly unique: bigint;
  readonly guid: Guid;
  /** A receive that has not ended, or was broken off. */
  readonly inconsistent: boolean;
  readonly deferDestroy: boolean;
  readonly flags: bigint;
  /** The object set; a hole in a dataset that never had one. */
  readonly bp: Blkptr;
  /** ZAP of clones' datasets. */
  readonly nextClones: bigint | null;
  /** Properties set on the snapshot itself. */
  readonly properties: bigint | null;
  readonly userReferences: bigint | null;
}

/**
 * Decodes the bonus of a DSL dataset.
 *
 * @throws FormatError `format-bounds` below 280 bytes
 * Source: module/zfs/dsl_dataset.c, dsl_dataset_hold_obj
 */
export function decodeDslDataset(bonus: Uint8Array, littleEndian: boolean, place: Place): DslDataset {
  const phys = read(DSL_DATASET, bonus, littleEndian, place);
  return {
    dir: phys.dir,
    previousSnapshot: objectOrNull(phys.previousSnapshot),
    previousSnapshotTxg: asTxg(phys.previousSnapshotTxg),
    nextSnapshot: objectOrNull(phys.nextSnapshot),
    snapshotNames: objectOrNull(phys.snapshotNames),
    snapshot: phys.children !== 0n,
    creationTime: phys.creationTime,
    creationTxg: asTxg(phys.creationTxg),
    deadlist: objectOrNull(phys.deadlist),
    referenced: phys.referenced,
    compressed: phys.compressed,
    uncompressed: phys.uncompressed,
    unique: phys.unique,
    guid: asGuid(phys.guid),
    inconsistent: (phys.flags & DSL_DATASET_FLAG.inconsistent) !== 0n,
    deferDestroy: (phys.flags & DSL_DATASET_FLAG.deferDestroy) !== 0n,
    flags: phys.flags,
    bp: new Blkptr(phys.bp, littleEndian, inside(place, 'ds_bp', DSL_DATASET.fields.bp.offset)),
    nextClones: objectOrNull(phys.nextClones),
    properties: objectOrNull(phys.properties),
    userReferences: objectOrNull(phys.userReferences),
  };
}
