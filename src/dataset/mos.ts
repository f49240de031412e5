import { FormatError, LimitError, ZfsUberError } from '../bytes/errors.ts';
import { inside } from '../bytes/place.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { decodeCheckpoint } from '../format/checkpoint.ts';
import type { NvList } from '../format/nvlist.ts';
import { decodeWholeNvlist } from '../format/nvlistStream.ts';
import { decodeRemoval, decodeScan, type Removal, type Scan } from '../format/scan.ts';
import { TXG_LOG_KEYS } from '../format/txgLog.layout.ts';
import { decodeTxgLog, type TxgTime } from '../format/txgLog.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { ZapEntry } from '../format/zapEntry.ts';
import type { WalkOptions } from './block.ts';
import type { BlockCache } from './blockCache.ts';
import type { DmuObject } from './object.ts';
import { Objset } from './objset.ts';
import { Zap } from './zap.ts';

/** Source: include/sys/dmu.h, DMU_POOL_DIRECTORY_OBJECT. */
const DIRECTORY = 1n;
const CHECKPOINT = 'com.delphix:zpool_checkpoint';
/** The packed config of a pool of thousands of disks is a few MiB. */
const MAX_NVLIST = 16 * 1024 * 1024;

/** One feature as the pool counts its use. */
export interface Feature {
  /** `org.zfsonlinux:large_dnode`. */
  readonly guid: string;
  /** How many things use it; 0 enabled, not used. */
  readonly references: bigint;
  /** Whoever lacks it may still open the pool read-only. */
  readonly readOnlyCompatible: boolean;
  readonly description: string | null;
  readonly enabledTxg: Txg | null;
}

/**
 * The meta-object set: the objects of the pool itself, found by name through its directory.
 *
 * Keys are those of include/sys/dmu.h, DMU_POOL_*.
 */
export class Mos {
  readonly objset: Objset;
  readonly directory: Zap;

  readonly #object: Objset['object'];

  private constructor(
    objset: Objset,
    directory: Zap,
    object: Objset['object'] = (id, signal) => objset.object(id, signal),
  ) {
    this.objset = objset;
    this.directory = directory;
    this.#object = object;
  }

  /**
   * @param rootbp of an uberblock
   * @throws FormatError when it is no meta-object set or has no directory; what BlockReader.read throws
   */
  static async open(reader: BlockCache, rootbp: Blkptr, signal?: AbortSignal): Promise<Mos> {
    const objset = await Objset.open(reader, rootbp, 'MOS', signal);
    return new Mos(objset, await Zap.open(await objset.object(DIRECTORY, signal), signal));
  }

  /** The same set; `onObject` takes the number of each object that is asked for. The directory is at hand already. */
  noting(onObject: (id: bigint) => void): Mos {
    return new Mos(this.objset, this.directory, (id, signal) => {
      onObject(id);
      return this.object(id, signal);
    });
  }

  object(id: bigint, signal?: AbortSignal): Promise<DmuObject> | DmuObject {
    return this.#object(id, signal);
  }

  zap(id: bigint, signal?: AbortSignal): Promise<Zap> | Zap {
    const object = this.object(id, signal);
    return object instanceof Promise ? object.then((found) => Zap.open(found, signal)) : Zap.open(object, signal);
  }

  /** The ZAP that the directory names; null when it does not. */
  async zapNamed(key: string, signal?: AbortSignal): Promise<Zap | null> {
    const id = await this.directory.integer(key, signal);
    return id === null || id === 0n ? null : this.zap(id, signal);
  }

  /**
   * A packed nvlist in an object; its bonus holds the length, of which what was never written reads as 0.
   *
   * @throws FormatError when length or list are nonsense; LimitError above 16 MiB; what DmuObject.read throws
   * Source: module/zfs/spa.c, load_nvlist
   */
  async nvlist(id: bigint, signal?: AbortSignal): Promise<NvList> {
    const object = await this.object(id, signal);
    const { bonus, bonusPlace, littleEndian } = object.dnode;
    if (bonus.length < 8) {
      throw new FormatError('format-bounds', 'packed nvlist size', '8 bytes', `${bonus.length} bytes`, bonusPlace);
    }
    const length = new DataView(bonus.buffer, bonus.byteOffset, 8).getBigUint64(0, littleEndian);
    if (length > BigInt(MAX_NVLIST)) throw new LimitError(`packed nvlist of ${length} bytes`, bonusPlace);
    const bytes = await object.read(0n, Number(length), signal);
    return decodeWholeNvlist(bytes, inside(object.place, 'packed nvlist'));
  }

  /** The pool's config with the whole vdev tree: `version`, `name`, `pool_guid`, `vdev_tree` and more. */
  async config(signal?: AbortSignal): Promise<NvList> {
    return this.nvlist(await this.configObject(signal), signal);
  }

  /** Object that the config is packed in. */
  async configObject(signal?: AbortSignal): Promise<bigint> {
    return this.#required('config', signal);
  }

  /** Object of the root DSL directory. */
  async rootDirectory(signal?: AbortSignal): Promise<bigint> {
    return this.#required('root_dataset', signal);
  }

  /** Properties of the pool that were set: `bootfs`, `autotrim`, `multihost` and others. */
  async properties(signal?: AbortSignal): Promise<Map<string, ZapEntry>> {
    return (await (await this.zapNamed('pool_props', signal))?.all({ signal })) ?? new Map();
  }

  /** Features that the pool has enabled; empty before version 5000. */
  async features(signal?: AbortSignal): Promise<Feature[]> {
    const descriptions = await (await this.zapNamed('feature_descriptions', signal))?.all({ signal });
    const enabled = await (await this.zapNamed('feature_enabled_txg', signal))?.all({ signal });
    const features: Feature[] = [];
    for (const key of ['features_for_read', 'features_for_write']) {
      for (const [guid, entry] of (await (await this.zapNamed(key, signal))?.all({ signal })) ?? []) {
        const txg = enabled?.get(guid)?.integer;
        features.push({
          guid,
          references: entry.integer,
          readOnlyCompatible: key === 'features_for_write',
          description: descriptions?.get(guid)?.text ?? null,
          enabledTxg: txg === undefined ? null : asTxg(txg),
        });
      }
    }
    return features;
  }

  /** The 32 bytes that salted checksums start from; null in a pool that never had one. Not checked: any length. */
  async salt(signal?: AbortSignal): Promise<Uint8Array | null> {
    const entry = await this.directory.get('org.illumos:checksum_salt', signal);
    return entry === null || entry.integerSize !== 1 ? null : entry.valueBytes;
  }

  /** The uberblock that the pool can be rewound to; null without a checkpoint. */
  async checkpoint(signal?: AbortSignal): Promise<Uberblock | null> {
    const entry = await this.directory.get(CHECKPOINT, signal);
    return entry === null ? null : decodeCheckpoint(entry.integers, entry.place);
  }

  /** The words of that uberblock as they are kept, which begin a slot of a ring; null without a checkpoint. */
  async checkpointWords(signal?: AbortSignal): Promise<readonly bigint[] | null> {
    return (await this.directory.get(CHECKPOINT, signal))?.integers ?? null;
  }

  /** The last scrub or resilver; null when there was none. */
  async scan(signal?: AbortSignal): Promise<Scan | null> {
    const entry = await this.directory.get('scan', signal);
    return entry === null ? null : decodeScan(entry.integers, entry.place);
  }

  /** The last removal of a device; null when there was none. */
  async removal(signal?: AbortSignal): Promise<Removal | null> {
    const entry = await this.directory.get('com.delphix:removing', signal);
    return entry === null ? null : decodeRemoval(entry.integers, entry.place);
  }

  /**
   * Moments and their txgs that the pool noted, oldest first: each ten minutes of the last day or two, each day, each
   * month. Reaches far behind the ring. Empty before 2.4. OpenZFS loads a pool without a log that does not read.
   *
   * Source: module/zfs/spa.c, spa_sync_time_logger and spa_load_txg_log_time; module/zfs/zfs_crrd.c
   */
  async txgTimes({ signal, onTrouble }: WalkOptions = {}): Promise<TxgTime[]> {
    const times: TxgTime[] = [];
    for (const key of Object.values(TXG_LOG_KEYS)) {
      try {
        const entry = await this.directory.get(key, signal);
        if (entry !== null) times.push(...decodeTxgLog(entry.integers, entry.place));
      } catch (error) {
        if (!(error instanceof ZfsUberError) || onTrouble === undefined) throw error;
        onTrouble(error);
      }
    }
    return times.sort((a, b) => (a.txg < b.txg ? -1 : a.txg > b.txg ? 1 : 0));
  }

  async #required(key: string, signal?: AbortSignal): Promise<bigint> {
    const id = await this.directory.integer(key, signal);
    if (id !== null) return id;
    throw new FormatError(
      'format-value',
      `MOS directory entry ${key}`,
      'an object',
      'none',
      this.directory.object.place,
    );
  }
}
