import { ZfsUberError } from '../../src/bytes/errors.ts';
import type { WalkOptions } from '../../src/dataset/block.ts';
import { decodeBonus } from '../../src/dataset/bonus.ts';
import type { Objset } from '../../src/dataset/objset.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import { walkZil } from '../../src/dataset/zil.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import { checksumKind } from '../../src/format/checksumKinds.ts';
import { decodeDslDataset } from '../../src/format/dslDataset.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import { LOG_RECORD_TYPES } from '../../src/format/zil.layout.ts';
import { logRecordPointers } from '../../src/format/zil.ts';

/** A block pointer and where in the pool it stands, as `zdb -bbbbb` tells it. */
export interface ListedBlock {
  readonly objset: bigint;
  readonly object: bigint;
  /** -1 for the object set itself, -2 in the intent log. */
  readonly level: number;
  /** In the object, in bytes; in the intent log the block's sequence number. */
  readonly offset: bigint;
  /** Position among the blocks of its level; 2^64 - 1 for a spill block. */
  readonly blockId: bigint;
  readonly bp: Blkptr;
}

const WRITE = LOG_RECORD_TYPES.indexOf('write');
const SPILL_ID = 2n ** 64n - 1n;
const wrap = (offset: bigint): bigint => BigInt.asUintN(64, offset);

/**
 * Every block pointer of the pool as a traversal of all of it meets them: the MOS, then each dataset down to the txg of
 * its previous snapshot. Holes and redacted blocks are left out.
 *
 * Source: module/zfs/dmu_traverse.c, traverse_pool
 */
export async function* listBlocks(view: PoolAt, options: WalkOptions = {}): AsyncGenerator<ListedBlock> {
  yield* ofObjset(0n, view.mos.objset, 0n, options);
  for await (const object of view.mos.objset.objects(options)) {
    if (object.dnode.bonusType !== OBJECT_TYPE.dslDataset) continue;
    const { bp, previousSnapshotTxg, snapshot } = decodeBonus(object, OBJECT_TYPE.dslDataset, decodeDslDataset);
    if (bp.hole) continue;
    const objset = await orTrouble(() => view.objset(object.id), options);
    if (objset === null) {
      yield { objset: object.id, object: 0n, level: -1, offset: 0n, blockId: 0n, bp };
      continue;
    }
    if (!snapshot) yield* ofLog(object.id, view, objset);
    if (bp.birth > previousSnapshotTxg) yield* ofObjset(object.id, objset, previousSnapshotTxg, options);
  }
}

async function orTrouble<T>(work: () => Promise<T>, { onTrouble }: WalkOptions): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ZfsUberError) || onTrouble === undefined) throw error;
    onTrouble(error);
    return null;
  }
}

async function* ofObjset(id: bigint, objset: Objset, min: bigint, options: WalkOptions): AsyncGenerator<ListedBlock> {
  const counts = (bp: Blkptr): boolean => bp.birth > min && !(bp.embedded && bp.checksum === 2);
  yield { objset: id, object: 0n, level: -1, offset: 0n, blockId: 0n, bp: objset.bp };
  const objects = [objset.metaObject, ...objset.accounting().map(({ object }) => object)];
  const all = async function* () {
    yield* objects;
    yield* objset.objects(options);
  };
  for await (const object of all()) {
    const { dnode } = object;
    const shift = BigInt(dnode.indirectShift - 7);
    const at = { objset: id, object: wrap(object.id) };
    if (dnode.blockPointerCount > 0) {
      for await (const { bp, level, blockId } of object.pointers({}, options)) {
        if (!counts(bp)) continue;
        const offset = wrap((blockId << (shift * BigInt(level))) * BigInt(dnode.dataBlockSize));
        yield { ...at, level, offset, blockId, bp };
      }
    }
    const { spill } = dnode;
    if (spill !== null && !spill.hole && counts(spill)) {
      yield { ...at, level: 0, offset: wrap(SPILL_ID * BigInt(dnode.dataBlockSize)), blockId: SPILL_ID, bp: spill };
    }
  }
}

/** As a pool that is open read-only shows them. Source: same file, traverse_zil */
async function* ofLog(id: bigint, view: PoolAt, objset: Objset): AsyncGenerator<ListedBlock> {
  const { zil } = objset.phys;
  const { claimTxg } = zil;
  const checkpoint = view.uberblock.checkpointTxg;
  const minClaimTxg = checkpoint === 0n ? view.txg + 1n : checkpoint + 1n;
  for await (const { bp, sequence, records } of walkZil(view.blocks, zil)) {
    if (claimTxg === 0n && bp.birth >= minClaimTxg) return;
    yield { objset: id, object: 0n, level: -2, offset: sequence, blockId: sequence, bp };
    if (claimTxg === 0n) continue;
    for (const record of records ?? []) {
      if (record.sequence > (zil.claimRecordSequence ?? SPILL_ID)) return;
      if (record.type !== WRITE) continue;
      const object = new DataView(record.bytes.buffer, record.bytes.byteOffset).getBigUint64(32, bp.littleEndian);
      const offset = new DataView(record.bytes.buffer, record.bytes.byteOffset).getBigUint64(40, bp.littleEndian);
      for (const data of logRecordPointers(record, bp.littleEndian)) {
        if (data.birth < claimTxg) continue;
        const size = BigInt(data.lsize);
        yield {
          objset: id,
          object,
          level: -2,
          offset: object === 0n ? offset / size : (offset / size) * size,
          blockId: offset / size,
          bp: data,
        };
      }
    }
  }
}

const hex = (value: bigint | number): string => value.toString(16);

/** As zdb names a block that it cannot read. */
export const bookmarkOf = ({ objset, object, level, blockId }: ListedBlock): string =>
  `<${objset}, ${object}, ${level}, ${blockId.toString(16)}>`;

/** The block as one line; blocks of which all fields are the same give the same line. */
export function lineOf({ objset, object, level, offset, bp }: ListedBlock): string {
  const where = `${objset}/${object} L${level} 0x${hex(offset)}`;
  const size = `${hex(bp.lsize)}L/${hex(bp.psize)}P`;
  if (bp.embedded) return `${where} embedded L${bp.level} ${size} birth ${bp.birth}`;
  const copies = bp.dvas.map((dva) => `${dva.vdev}:${hex(dva.offset * 512n)}:${hex(dva.asize)}`).join(' ');
  const words = bp.checksumWords.map((word) => hex(word).padStart(16, '0')).join(':');
  const order = bp.littleEndian ? 'LE' : 'BE';
  const kind = [order, bp.gang ? 'gang' : 'contiguous', bp.dedup ? 'dedup' : 'unique'].join(' ');
  return [
    where,
    copies,
    `L${bp.level} ${checksumKind(bp.checksum)} ${cryptName(bp)} ${kind}`,
    `${size} birth ${bp.birth}/${bp.physicalBirth} fill ${bp.fill}`,
    words,
  ].join(' ');
}

function cryptName(bp: Blkptr): string {
  if (bp.encrypted) return 'encrypted';
  if (!bp.crypt) return 'unencrypted';
  return bp.level === 0 ? 'authenticated' : 'indirect-MAC';
}

/** A line of `zdb -bbbbb` as `lineOf` writes it; null for holes, redacted blocks and everything else. */
export function lineOfZdb(line: string): string | null {
  const head = /^objset (\d+) object (\d+) level (-?\d+) offset (0x[0-9a-f]+) (.*)$/.exec(line);
  if (head === null) return null;
  const [, objset, object, level, offset, rest = ''] = head;
  const where = `${objset}/${object} L${level} ${offset}`;
  const embedded = /^EMBEDDED \[L(\d+) .*\] et=\d+ \S+ size=(\S+) birth=(\d+)L$/.exec(rest);
  if (embedded !== null) return `${where} embedded L${embedded[1]} ${embedded[2]} birth ${embedded[3]}`;
  const copies = [...rest.matchAll(/DVA\[\d\]=<([^>]+)>/g)].map(([, dva]) => dva ?? '');
  const body =
    /\[L(\d+) .*\] (\S+) \S+ (\S+) (\S+ \S+ \S+) \S+ size=(\S+) birth=(\d+)L\/(\d+)P fill=(\d+) cksum=(\S+)$/.exec(
      rest,
    );
  if (copies.length === 0 || body === null) return null;
  const [, l, checksum, crypt, kind, size, birth, physical, fill, words] = body;
  const placed = copies.filter((copy) => !copy.endsWith(':0')).join(' ');
  return `${where} ${placed} L${l} ${checksum} ${crypt} ${kind} ${size} birth ${birth}/${physical} fill ${fill} ${words}`;
}
