import { openPoolAt } from '../../src/dataset/openAt.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import type { OpenBlocks } from '../../src/dataset/poolReaders.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { BlockReader } from '../../src/pool/blockRead.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { compareUberblocks, uberblockCopies } from '../../src/pool/uberblockCopies.ts';

const engine = chooseEngine();

/** Opened once a test file, and open until its end. */
const opened = new Map<string, Promise<DeviceSurvey>>();

function survey(path: string): Promise<DeviceSurvey> {
  const known = opened.get(path) ?? openFileSource(path).then((source) => surveyDevice(source, engine));
  opened.set(path, known);
  return known;
}

/**
 * The pool on these images at its newest uberblock, or at that of `txg`.
 *
 * @param before wraps the reader of its blocks
 */
export async function openImages(
  paths: readonly string[],
  txg?: bigint,
  before: (reader: BlockReader) => BlockReader = (reader) => reader,
): Promise<PoolAt> {
  const devices = await Promise.all(paths.map(survey));
  const pool = assemblePools(devices).pools.find((each) => each.root !== null);
  if (pool === undefined || pool.root === null) throw new Error(`no pool on ${paths.join()}`);
  const uberblock = pool.devices
    .flatMap((device) => [...uberblockCopies(device)])
    .map((copy) => copy.uberblock)
    .filter((each) => txg === undefined || each.txg === txg)
    .sort(compareUberblocks)
    .at(-1);
  if (uberblock === undefined) throw new Error('no uberblock');
  const open: OpenBlocks = (root, choice) => before(openBlockReader(root, { engine, ...choice }));
  return (await openPoolAt(pool, pool.root, uberblock, open)).view;
}
