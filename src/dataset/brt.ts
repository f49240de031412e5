import { BRT_KEY_PREFIX } from '../format/brt.layout.ts';
import { type BrtVdev, decodeBrtVdev } from '../format/brt.ts';
import type { WalkOptions } from './block.ts';
import type { Mos } from './mos.ts';

/**
 * Heads of the block cloning tables by id of the top-level vdev; empty where nothing was ever cloned.
 *
 * Source: module/zfs/brt.c, brt_vdevs_alloc and brt_vdev_load
 */
export async function readBrt(mos: Mos, options: WalkOptions = {}): Promise<Map<number, BrtVdev>> {
  const tables = new Map<number, BrtVdev>();
  for await (const entry of mos.directory.entries(options)) {
    const id = entry.name.startsWith(BRT_KEY_PREFIX) ? entry.name.slice(BRT_KEY_PREFIX.length) : '';
    if (!/^[0-9]{1,8}$/.test(id)) continue;
    const { dnode } = await mos.object(entry.integer, options.signal);
    tables.set(Number(id), decodeBrtVdev(dnode.bonus, dnode.littleEndian, dnode.bonusPlace));
  }
  return tables;
}
