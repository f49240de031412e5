import type { Txg } from '../bytes/units.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { decodeDslDataset } from '../format/dslDataset.ts';
import type { HistoryRecord } from '../format/history.ts';
import { decodeLabelConfig, type LabelConfig } from '../format/labelConfig.ts';
import type { NvList } from '../format/nvlist.ts';
import type { TxgTime } from '../format/txgLog.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { BlockRead } from '../pool/blockRead.ts';
import type { WalkOptions } from './block.ts';
import type { BlockCache } from './blockCache.ts';
import { BONUS, decodeBonus } from './bonus.ts';
import { type Dataset, type DatasetBookmark, Dsl } from './dsl.ts';
import { readHistory } from './history.ts';
import type { Mos } from './mos.ts';
import { Objset } from './objset.ts';
import { mosIn } from './openMos.ts';
import { Properties } from './properties.ts';
import { summariseZil, type ZilSummary } from './zil.ts';

/** Source: include/sys/dmu.h, DMU_META_OBJSET. */
const META_OBJSET = 0n;

/**
 * A pool as it was at one txg. There is no way to write.
 *
 * Opening reads the MOS and the pool's config; everything else is read when it is asked for.
 */
export class PoolAt {
  readonly uberblock: Uberblock;
  readonly mos: Mos;
  /** The pool's config of that txg, typed; `config.vdevTree` is the root with all top-level vdevs. */
  readonly config: LabelConfig;
  readonly dsl: Dsl;
  readonly properties: Properties;
  /** What it is read through. */
  readonly blocks: BlockCache;

  private constructor(blocks: BlockCache, uberblock: Uberblock, mos: Mos, config: LabelConfig) {
    this.blocks = blocks;
    this.uberblock = uberblock;
    this.mos = mos;
    this.config = config;
    this.dsl = new Dsl(mos, config.name ?? 'pool');
    this.properties = new Properties(mos);
  }

  /**
   * @param blocks may be shared with other views
   * @param uberblock whose txg is looked at
   * @throws FormatError, LimitError or what BlockReader.read throws when MOS or config cannot be read
   */
  static async open(blocks: BlockCache, uberblock: Uberblock, signal?: AbortSignal): Promise<PoolAt> {
    const mos = await mosIn(blocks, uberblock.rootbp, signal);
    return new PoolAt(blocks, uberblock, mos, decodeLabelConfig(await mos.config(signal)));
  }

  get txg(): Txg {
    return this.uberblock.txg;
  }

  /** The root vdev; its children are the top-level vdevs. Null when the config has none. */
  get vdevTree(): VdevConfig | null {
    return this.config.vdevTree;
  }

  get nvlist(): NvList {
    return this.config.nvlist;
  }

  /** All filesystems and volumes: parents first, siblings by name. */
  datasets(options: WalkOptions = {}): AsyncGenerator<Dataset> {
    return this.dsl.datasets(options);
  }

  /** All snapshots, or those of one dataset, from the oldest. */
  snapshots(of?: Dataset | null, options: WalkOptions = {}): AsyncGenerator<Dataset> {
    return of === undefined || of === null ? this.dsl.snapshots(options) : this.dsl.snapshotsOf(of, options);
  }

  bookmarks(of: Dataset, options: WalkOptions = {}): Promise<DatasetBookmark[]> {
    return this.dsl.bookmarks(of, options);
  }

  /** The pool's history up to that txg, oldest first. */
  history(options: WalkOptions = {}): AsyncGenerator<HistoryRecord> {
    return readHistory(this.mos, options);
  }

  /** When the pool was at which txg, as it noted itself since OpenZFS 2.4; oldest first. */
  txgTimes(options: WalkOptions = {}): Promise<TxgTime[]> {
    return this.mos.txgTimes(options);
  }

  /**
   * The object set of a dataset, or the MOS.
   *
   * @param of the dataset, or its number in the MOS; 0 is the MOS itself
   * @throws FormatError when the number is no dataset's, or the dataset has no object set
   */
  async objset(of: Dataset | bigint, signal?: AbortSignal): Promise<Objset> {
    if (of === META_OBJSET) return this.mos.objset;
    if (typeof of === 'object') return Objset.open(this.blocks, of.phys.bp, of.name, signal);
    const { bp } = decodeBonus(await this.mos.object(of, signal), BONUS.dslDataset, decodeDslDataset);
    return Objset.open(this.blocks, bp, `objset ${of}`, signal);
  }

  /** What waits in the intent log of a dataset. A snapshot has none. */
  async intentLog(of: Dataset, signal?: AbortSignal): Promise<ZilSummary | null> {
    if (of.phys.snapshot || of.phys.bp.hole) return null;
    return summariseZil(this.blocks, (await this.objset(of, signal)).phys.zil, signal);
  }

  /** Reads any block of the pool. @throws what BlockReader.read throws */
  async readBlock(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    return this.blocks.read(bp, signal);
  }
}
