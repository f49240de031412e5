import { FormatError, LimitError, ZfsUberError } from '../../src/bytes/errors.ts';
import { RangeSet } from '../../src/bytes/rangeSet.ts';
import { asTxg, type Txg } from '../../src/bytes/units.ts';
import type { WalkOptions } from '../../src/dataset/block.ts';
import type { Mos } from '../../src/dataset/mos.ts';
import { SpaceMap } from '../../src/dataset/spaceMap.ts';
import { readWords } from '../../src/dataset/wordArray.ts';
import type { SpaceMapEntry } from '../../src/format/spaceMap.ts';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';

/** A top-level vdev is cut into some 200, at most 2^17. Source: module/zfs/vdev.c, zfs_vdev_ms_count_limit. */
const MAX_METASLABS = 131072n * 8n;
/** Log entries held until their metaslab's turn: far above what a pool keeps unflushed (1 % of memory, 256 MiB). */
const MAX_LOG_ENTRIES = 8 * 1024 * 1024;
/** Units of a log space map. Source: module/zfs/spa_log_spacemap.c, spa_generate_syncing_log_sm, SPA_MINBLOCKSHIFT. */
const LOG_UNIT = 512n;

/** One metaslab: a region of a top-level vdev with a space map of its own. */
export interface Metaslab {
  readonly vdev: number;
  readonly index: number;
  /** In bytes, in the vdev's allocatable space. */
  readonly start: bigint;
  readonly size: bigint;
  /** Null where nothing was ever allocated. */
  readonly spaceMap: SpaceMap | null;
  /** Log space maps from this txg on are not in its own map yet; null without the feature. */
  readonly unflushedTxg: Txg | null;
}

/** What is allocated in a metaslab, its own map and the logs replayed. */
export interface MetaslabSpace {
  readonly metaslab: Metaslab;
  /** In bytes, of its own map alone: what the map's header counts. */
  readonly mapped: bigint;
  /** In bytes, with the logs. */
  readonly allocated: bigint;
  /** Allocated ranges in units of `1 << ashift` bytes from the metaslab's start. */
  readonly ranges: RangeSet;
  /** Units that were allocated twice, or freed while free: 0 in a sound pool. */
  readonly contradictions: number;
}

/**
 * The metaslabs of a top-level vdev, by index.
 *
 * @param top of the pool's config (Mos.config), not of a label
 * @throws FormatError when shift, size or array are nonsense; what DmuObject.read and SpaceMap throw, unless
 *   `options.onTrouble` takes it
 * Source: module/zfs/vdev.c, vdev_metaslab_init; module/zfs/metaslab.c, metaslab_init
 */
export async function* metaslabs(mos: Mos, top: VdevConfig, options: WalkOptions = {}): AsyncGenerator<Metaslab> {
  const { metaslabArray, metaslabShift, asize, id } = top;
  if (metaslabArray === null || metaslabArray === 0n || metaslabShift === null || asize === null || id === null) return;
  const array = await mos.object(metaslabArray, options.signal);
  const count = metaslabShift >= 16 && metaslabShift < 64 ? asize >> BigInt(metaslabShift) : 0n;
  if (count === 0n || count > MAX_METASLABS) {
    const found = `${asize} >> ${metaslabShift}`;
    throw new FormatError('format-value', `metaslabs of vdev ${id}`, `1 to ${MAX_METASLABS}`, found, array.place);
  }
  const objects = await readWords(array, Number(count), options);
  const unflushed = await unflushedTxgs(mos, top, Number(count), options.signal);
  for (let index = 0; index < Number(count); index++) {
    const object = objects[index] ?? 0n;
    try {
      yield {
        vdev: id,
        index,
        ...bounds(top, index, metaslabShift),
        spaceMap: object === 0n ? null : new SpaceMap(await mos.object(object, options.signal)),
        unflushedTxg: unflushed === null ? null : asTxg(unflushed[index] ?? 0n),
      };
    } catch (error) {
      if (!(error instanceof ZfsUberError) || options.onTrouble === undefined) throw error;
      options.onTrouble(error);
    }
  }
}

/**
 * In dRAID a metaslab begins and ends with a group of columns; elsewhere it is as large as the shift says.
 *
 * Source: module/zfs/vdev_draid.c, vdev_draid_metaslab_init
 */
function bounds(top: VdevConfig, index: number, shift: number): { readonly start: bigint; readonly size: bigint } {
  const start = BigInt(index) << BigInt(shift);
  const size = 1n << BigInt(shift);
  if (top.draid === null || top.ashift === null || top.nparity === null || top.ashift > 16) return { start, size };
  const group = BigInt(top.draid.ndata + top.nparity) << BigInt(top.ashift);
  if (group === 0n || group > size) return { start, size };
  const aligned = ((start + group - 1n) / group) * group;
  return { start: aligned, size: ((size - (aligned - start)) / group) * group };
}

/** Log entries of all vdevs by vdev and metaslab, in the order in which they were synced. */
export class LogSpaceMaps {
  /** As if there were no logs. */
  static readonly NONE = new LogSpaceMaps();

  readonly #byVdev = new Map<number, (SpaceMapEntry & { readonly txg: Txg })[]>();

  /**
   * Reads all log space maps of the pool; a pool without the feature has none.
   *
   * @throws FormatError when the list of logs or one of them is nonsense; LimitError above 2^23 entries
   * Source: module/zfs/spa_log_spacemap.c, spa_ld_log_sm_metadata and spa_ld_log_sm_data
   */
  static async read(mos: Mos, options: WalkOptions = {}): Promise<LogSpaceMaps> {
    const logs = new LogSpaceMaps();
    const zap = await mos.zapNamed('com.delphix:log_spacemap_zap', options.signal);
    if (zap === null) return logs;
    const maps: { readonly txg: Txg; readonly object: bigint }[] = [];
    for (const [name, entry] of await zap.all(options)) {
      if (!/^[0-9a-f]{1,16}$/.test(name)) {
        throw new FormatError('format-value', 'log space map', 'a txg in hexadecimal', name, entry.place);
      }
      maps.push({ txg: asTxg(BigInt(`0x${name}`)), object: entry.integer });
    }
    maps.sort((a, b) => (a.txg < b.txg ? -1 : 1));
    let count = 0;
    for (const { txg, object } of maps) {
      const map = new SpaceMap(await mos.object(object, options.signal));
      for await (const entry of map.entries(options)) {
        if (entry.vdev === null) continue;
        if (++count > MAX_LOG_ENTRIES)
          throw new LimitError(`more than ${MAX_LOG_ENTRIES} log entries`, map.object.place);
        const list = logs.#byVdev.get(entry.vdev) ?? [];
        if (list.length === 0) logs.#byVdev.set(entry.vdev, list);
        list.push({ ...entry, txg });
      }
    }
    return logs;
  }

  /** The entries that lie in the metaslab and are not in its own map yet. */
  *of(metaslab: Metaslab): Generator<SpaceMapEntry> {
    const { start, size, unflushedTxg, vdev } = metaslab;
    if (unflushedTxg === null) return;
    for (const entry of this.#byVdev.get(vdev) ?? []) {
      const offset = entry.offset * LOG_UNIT;
      if (entry.txg >= unflushedTxg && offset >= start && offset < start + size) yield entry;
    }
  }
}

/**
 * Replays a metaslab's own space map and the logs over it.
 *
 * @param ashift of the top-level vdev
 * @throws FormatError for an entry outside the metaslab; what SpaceMap.entries throws
 * Source: module/zfs/metaslab.c, metaslab_load_impl
 */
export async function replay(
  metaslab: Metaslab,
  logs: LogSpaceMaps,
  ashift: number,
  options: WalkOptions = {},
): Promise<MetaslabSpace> {
  const ranges = new RangeSet();
  const units = metaslab.size >> BigInt(ashift);
  const unit = 1n << BigInt(ashift);
  let contradictions = 0;
  const apply = ({ kind }: SpaceMapEntry, offset: bigint, run: bigint): void => {
    if (offset < 0n || offset + run > units) {
      const place = metaslab.spaceMap?.object.place ?? null;
      if (place === null) throw new LimitError(`log entry outside metaslab ${metaslab.index}`, null);
      const found = `${offset} and ${run} more`;
      throw new FormatError('format-bounds', 'space map entry', `units below ${units}`, found, place);
    }
    const [from, to] = [Number(offset), Number(offset + run)];
    contradictions += kind === 'alloc' ? ranges.add(from, to) : ranges.remove(from, to);
  };
  for await (const entry of metaslab.spaceMap?.entries(options) ?? []) apply(entry, entry.offset, entry.run);
  const mapped = BigInt(ranges.total) * unit;
  for (const entry of logs.of(metaslab)) {
    apply(entry, (entry.offset * LOG_UNIT - metaslab.start) / unit, (entry.run * LOG_UNIT) / unit);
  }
  return { metaslab, mapped, allocated: BigInt(ranges.total) * unit, ranges, contradictions };
}

/** Source: module/zfs/spa_log_spacemap.c, spa_ld_unflushed_txgs; include/sys/metaslab_impl.h, metaslab_unflushed_phys_t. */
async function unflushedTxgs(
  mos: Mos,
  top: VdevConfig,
  count: number,
  signal: AbortSignal | undefined,
): Promise<BigUint64Array | null> {
  if (top.zapTop === null || top.zapTop === 0n) return null;
  const zap = await mos.zap(top.zapTop, signal);
  const id = await zap.integer('com.delphix:ms_unflushed_phys_txgs', signal);
  if (id === null || id === 0n) return null;
  return readWords(await mos.object(id, signal), count, { signal });
}
