import type { ZfsUberError } from '../../src/bytes/errors.ts';
import type { WalkOptions } from '../../src/dataset/block.ts';
import { readDeadlist } from '../../src/dataset/bpobj.ts';
import { Files } from '../../src/dataset/files.ts';
import type { Objset } from '../../src/dataset/objset.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import { Zap } from '../../src/dataset/zap.ts';
import { isZapType } from '../../src/format/zapTypes.ts';
import { LogSpaceMaps, metaslabs, replay } from './metaslabs.ts';

/**
 * Reads all that a pool has, each part on its own: one that fails is taken by `attempt`, and the next follows.
 *
 * @returns how many things were there to read
 */
export async function readEverything(
  pool: PoolAt,
  attempt: (work: () => Promise<void>) => Promise<void>,
  onTrouble: (trouble: ZfsUberError) => void,
): Promise<number> {
  let things = 0;
  const options: WalkOptions = { onTrouble };
  const drain = (items: AsyncIterable<unknown>): Promise<void> =>
    attempt(async () => {
      for await (const _ of items) things++;
    });
  const { mos } = pool;
  for (const part of [
    () => mos.features(),
    () => mos.properties(),
    () => mos.salt(),
    () => mos.checkpoint(),
    () => mos.scan(),
    () => mos.removal(),
    () => mos.txgTimes(),
  ]) {
    await attempt(async () => void (await part()));
    things++;
  }
  await drain(pool.history(options));
  await attempt(async () => {
    const logs = await LogSpaceMaps.read(mos, options);
    for (const top of pool.vdevTree?.children ?? []) {
      for await (const metaslab of metaslabs(mos, top, options)) {
        await attempt(async () => void (await replay(metaslab, logs, top.ashift ?? 9, options)));
        things++;
      }
    }
  });
  const contents = async (objset: Objset): Promise<void> => {
    for await (const object of objset.objects(options)) {
      await drain(object.blocks({}, options));
      await attempt(async () => {
        const zap = isZapType(object.dnode.type) && (await object.block(0n)) !== null;
        if (zap) await drain((await Zap.open(object)).entries(options));
      });
    }
  };
  await attempt(() => contents(mos.objset));
  await attempt(async () => {
    for await (const dataset of pool.datasets(options)) {
      await attempt(async () => {
        await pool.properties.all(dataset);
        await pool.properties.encryption(dataset);
        await pool.bookmarks(dataset);
        await pool.intentLog(dataset);
        await drain(pool.snapshots(dataset, options));
        const { deadlist } = dataset.phys;
        if (deadlist !== null) await readDeadlist(mos, deadlist, options);
        const objset = await pool.objset(dataset);
        await contents(objset);
        if (objset.phys.type !== 'zfs') return;
        const files = await Files.open(objset);
        for await (const { id } of objset.objects(options)) await attempt(async () => void (await files.pathOf(id)));
      });
    }
  });
  return things;
}
