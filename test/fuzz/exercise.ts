import type { Engine } from '../../src/block/engine.ts';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import { openBpobj, readDeadlist } from '../../src/dataset/bpobj.ts';
import { datasetFacts } from '../../src/dataset/datasetFacts.ts';
import { readDtl } from '../../src/dataset/dtl.ts';
import { Files } from '../../src/dataset/files.ts';
import { readIndirectMapping } from '../../src/dataset/indirectVdevs.ts';
import type { DmuObject } from '../../src/dataset/object.ts';
import type { Objset } from '../../src/dataset/objset.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import { snapshotFacts } from '../../src/dataset/snapshotFacts.ts';
import { SpaceMap } from '../../src/dataset/spaceMap.ts';
import { Zap } from '../../src/dataset/zap.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { LogSpaceMaps, metaslabs, replay } from '../dataset/metaslabs.ts';
import { openSources } from '../tools/openSources.ts';

/** What came of looking at everything: nothing but counts and errors of our own classes. */
export interface Exercise {
  /** Things that were read: entries, records, blocks. */
  readonly read: number;
  /** Codes of the errors met, and how often. */
  readonly troubles: ReadonlyMap<string, number>;
  readonly verdicts: readonly string[];
}

/** Things read of one kind before the next has its turn: that it goes on without end is seen by then. */
const ENOUGH = 20_000;

/**
 * Looks at one txg of a pool with everything that the library has, then judges that txg as a scan does.
 *
 * @throws whatever is no ZfsUberError: those are bugs
 */
export async function exercise(
  sources: readonly ByteSource[],
  txg: bigint,
  engine: Engine,
  depth: 'meta' | 'data' = 'meta',
): Promise<Exercise> {
  const looked = new Looked();
  const view = await looked.attempt(async () => (await openSources(sources, { txg, engine })).view);
  if (view !== null) await lookAtPool(view, looked);
  const devices = await Promise.all(sources.map((source) => surveyDevice(source, engine)));
  const { judgements } = await scanPools(
    devices,
    ({ root }) => (root === null ? null : openBlockReader(root, { engine })),
    {
      depth,
      minTxg: txg,
      maxTxg: txg,
      blocks: { engine, open: (root, more) => openBlockReader(root, { engine, ...more }) },
    },
  );
  const verdicts = judgements.flatMap(({ candidates }) =>
    candidates.filter(({ candidate }) => candidate.uberblock.txg === txg).map(({ prediction }) => prediction.verdict),
  );
  return { read: looked.read, troubles: looked.troubles, verdicts };
}

class Looked {
  read = 0;
  readonly troubles = new Map<string, number>();
  readonly options = { onTrouble: (trouble: ZfsUberError): void => this.note(trouble) };

  note(trouble: ZfsUberError): void {
    this.troubles.set(trouble.code, (this.troubles.get(trouble.code) ?? 0) + 1);
  }

  async attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
      this.note(error);
      return null;
    }
  }

  /** Goes through what `items` gives, to its end or until it is enough. */
  async all<T>(items: () => AsyncIterable<T>, each: (item: T) => Promise<unknown> = async () => {}): Promise<void> {
    let count = 0;
    await this.attempt(async () => {
      for await (const item of items()) {
        this.read++;
        await this.attempt(async () => await each(item));
        if (++count >= ENOUGH) return;
      }
    });
  }
}

async function lookAtPool(view: PoolAt, looked: Looked): Promise<void> {
  const { mos } = view;
  const { options } = looked;
  await looked.attempt(() => mos.features());
  await looked.attempt(() => mos.properties());
  await looked.attempt(() => mos.checkpoint());
  await looked.attempt(() => mos.scan());
  await looked.attempt(() => mos.removal());
  await looked.attempt(() => mos.txgTimes());
  await looked.all(() => view.history(options));
  await looked.all(() => datasetFacts(view, options));
  await looked.all(() => snapshotFacts(view, options));
  await looked.all(
    () => view.datasets(options),
    async (dataset) => {
      await looked.attempt(() => view.bookmarks(dataset, options));
      await looked.attempt(() => view.intentLog(dataset));
      const { deadlist } = dataset.phys;
      if (deadlist !== null) await looked.attempt(() => readDeadlist(mos, deadlist, options));
      const objset = await view.objset(dataset);
      await lookAtObjects(view, objset, looked);
      const files = await Files.open(objset);
      for await (const object of objset.objects(options)) await looked.attempt(() => files.pathOf(object.id));
    },
  );
  await lookAtObjects(view, mos.objset, looked);
  const logs = await looked.attempt(() => LogSpaceMaps.read(mos, options));
  for (const top of view.vdevTree?.children ?? []) {
    await looked.all(
      () => metaslabs(mos, top, options),
      async (metaslab) => await replay(metaslab, logs ?? LogSpaceMaps.NONE, top.ashift ?? 9, options),
    );
    const { dtl } = top;
    if (dtl !== null) await looked.attempt(() => readDtl(mos, dtl, options));
  }
}

async function lookAtObjects(view: PoolAt, objset: Objset, looked: Looked): Promise<void> {
  const { options } = looked;
  const accounts = await looked.attempt(async () => objset.accounting());
  for (const { object } of accounts ?? []) await lookAtObject(view, object, looked);
  await looked.all(
    () => objset.objects(options),
    async (object) => await lookAtObject(view, object, looked),
  );
}

/** Reads the object as all that its bonus and its content could be taken for. */
async function lookAtObject(view: PoolAt, object: DmuObject, looked: Looked): Promise<void> {
  const { mos } = view;
  const { options } = looked;
  await looked.all(() => object.pointers({}, options));
  await looked.attempt(() => object.read(0n, 4096));
  await looked.attempt(async () => object.block(object.dnode.maxBlockId));
  await looked.all(
    async function* () {
      yield* (await Zap.open(object)).entries(options);
    },
    async (entry) => [entry.name, entry.text, entry.integers],
  );
  const { bonusType } = object.dnode;
  if (object.dnode.type === OBJECT_TYPE.packedNvlist) await looked.attempt(() => mos.nvlist(object.id));
  if (bonusType === 7) await looked.all(() => new SpaceMap(object).entries(options));
  if (bonusType === 6) await looked.attempt(async () => openBpobj(object));
  await looked.attempt(() => readIndirectMapping(object, options));
}
