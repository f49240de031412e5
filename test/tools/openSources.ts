import { openPoolAt } from '../../src/dataset/openAt.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import type { ReaderChoice } from '../../src/dataset/poolReaders.ts';
import type { Uberblock } from '../../src/format/uberblock.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { Pool, VdevNode } from '../../src/pool/pool.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { compareUberblocks, uberblockCopies } from '../../src/pool/uberblockCopies.ts';
import type { ByteSource } from '../../src/source/source.ts';

const defaultEngine = chooseEngine();

export interface OpenedSources {
  readonly pool: Pool;
  readonly uberblock: Uberblock;
  readonly view: PoolAt;
  /** Of the pool's own config, and how its blocks are read. */
  readonly root: VdevNode;
  readonly choice: ReaderChoice;
}

/** There is nothing to open. */
export class UnopenedError extends Error {}

export interface OpenOptions {
  readonly name?: string;
  readonly txg?: bigint;
  readonly engine?: typeof defaultEngine;
}

/** The pool on these sources, or that of a name, at its newest uberblock, or at that of `txg`. */
export async function openSources(
  sources: readonly ByteSource[],
  { name, txg, engine = defaultEngine }: OpenOptions = {},
): Promise<OpenedSources> {
  const devices = await Promise.all(sources.map((source) => surveyDevice(source, engine)));
  const pool = assemblePools(devices).pools.find((each) => each.root !== null && (name ?? each.name) === each.name);
  if (pool?.root == null) throw new UnopenedError(`no pool on ${sources.map(({ name }) => name).join()}`);
  const uberblock = pool.devices
    .flatMap((device) => [...uberblockCopies(device)])
    .map((copy) => copy.uberblock)
    .filter((each) => txg === undefined || each.txg === txg)
    .sort(compareUberblocks)
    .at(-1);
  if (uberblock === undefined) throw new UnopenedError('no uberblock');
  const opened = await openPoolAt(pool, pool.root, uberblock, (root, choice) =>
    openBlockReader(root, { engine, ...choice }),
  );
  return { pool, uberblock, ...opened };
}
