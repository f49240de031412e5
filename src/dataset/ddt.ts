import { decompress } from '../block/decompress.ts';
import { FormatError } from '../bytes/errors.ts';
import { compressionKind } from '../format/compressionKinds.ts';
import {
  DDT_ENTRY_HEAD,
  DDT_FLAT_PHYS,
  DDT_KEY_PREFIX,
  DDT_OLD_PHYS,
  DDT_STATISTICS_KEY,
} from '../format/ddt.layout.ts';
import {
  type DdtCopies,
  type DdtKey,
  type DdtLogHeader,
  decodeDdtCopies,
  decodeDdtKey,
  decodeDdtLog,
} from '../format/ddt.ts';
import type { ZapEntry } from '../format/zapEntry.ts';
import type { WalkOptions } from './block.ts';
import type { Mos } from './mos.ts';

/** One table of the pool's dedup: by checksum, and by whether its blocks are referenced once or more. */
export interface DdtTable {
  /** `DDT-sha256-zap-unique`. */
  readonly name: string;
  readonly object: bigint;
  /** Of a fast dedup table, whose entries are shorter. */
  readonly fast: boolean;
}

/** A log of changes that are not in the tables yet, of a fast dedup table. */
export interface DdtLog extends DdtLogHeader {
  readonly name: string;
  readonly object: bigint;
}

export interface DdtEntry {
  readonly key: DdtKey;
  readonly copies: readonly DdtCopies[];
}

/**
 * The dedup tables and logs of the pool.
 *
 * Source: module/zfs/ddt.c, ddt_load; include/sys/dmu.h, DMU_POOL_DDT and DMU_POOL_DDT_DIR
 */
export async function readDdt(
  mos: Mos,
  options: WalkOptions = {},
): Promise<{ readonly tables: readonly DdtTable[]; readonly logs: readonly DdtLog[] }> {
  const tables: DdtTable[] = [];
  const logs: DdtLog[] = [];
  const add = async (entry: ZapEntry, fast: boolean): Promise<void> => {
    if (!entry.name.startsWith(DDT_KEY_PREFIX)) return;
    if (!entry.name.startsWith('DDT-log-')) {
      tables.push({ name: entry.name, object: entry.integer, fast });
      return;
    }
    const { dnode } = await mos.object(entry.integer, options.signal);
    const header = decodeDdtLog(dnode.bonus, dnode.littleEndian, dnode.bonusPlace);
    logs.push({ ...header, name: entry.name, object: entry.integer });
  };
  for await (const entry of mos.directory.entries(options)) {
    if (!entry.name.startsWith(DDT_KEY_PREFIX) || entry.name === DDT_STATISTICS_KEY) continue;
    if (entry.name.split('-').length > 2) {
      await add(entry, false);
      continue;
    }
    for await (const inner of (await mos.zap(entry.integer, options.signal)).entries(options)) await add(inner, true);
  }
  return { tables, logs };
}

/**
 * The entries of one table. Streams.
 *
 * @throws FormatError for an entry that is none, unless `options.onTrouble` takes it; what Zap.entries throws
 * Source: module/zfs/ddt_zap.c, ddt_zap_walk and ddt_zap_decompress
 */
export async function* ddtEntries(mos: Mos, table: DdtTable, options: WalkOptions = {}): AsyncGenerator<DdtEntry> {
  const size = table.fast ? DDT_FLAT_PHYS.size : DDT_OLD_PHYS.size;
  for await (const entry of (await mos.zap(table.object, options.signal)).entries(options)) {
    const head = entry.valueBytes[0] ?? 0;
    const kind = compressionKind(head & DDT_ENTRY_HEAD.compression);
    if (entry.integerSize !== 1 || (kind !== 'zle' && kind !== 'off')) {
      const found = `${kind} and integers of ${entry.integerSize}`;
      throw new FormatError('format-value', 'dedup table entry', 'zle or off, and bytes', found, entry.place);
    }
    const bytes = decompress(kind, entry.valueBytes.subarray(1), size, entry.place);
    const littleEndian = (head & DDT_ENTRY_HEAD.littleEndian) !== 0;
    yield {
      key: decodeDdtKey(entry.keyWords, entry.place),
      copies: decodeDdtCopies(bytes, littleEndian, entry.place),
    };
  }
}
