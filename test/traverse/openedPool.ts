import type { SaltedChecksums } from '../../src/block/engine.ts';
import { BlockCache } from '../../src/dataset/blockCache.ts';
import { readIndirectMappings } from '../../src/dataset/indirectVdevs.ts';
import { Mos } from '../../src/dataset/mos.ts';
import { openMosThrough, vdevTreeIn } from '../../src/dataset/openMos.ts';
import { PoolReaders } from '../../src/dataset/poolReaders.ts';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import { type Candidate, collectCandidates } from '../../src/load/candidates.ts';
import { matchMosTree } from '../../src/load/mosTree.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { BlockReader } from '../../src/pool/blockRead.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { Pool, VdevNode } from '../../src/pool/pool.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import type { ByteSource } from '../../src/source/source.ts';
import type { VerifyView } from '../../src/traverse/verifier.ts';

export const engine = chooseEngine();

export interface OpenedPool {
  readonly pool: Pool;
  readonly candidates: readonly Candidate[];
  /** The pool at a candidate; txgs with the same devices share a reader. Throws where its config does not read. */
  at(candidate: Candidate): Promise<{ readonly view: VerifyView; readonly reader: BlockReader }>;
  close(): Promise<void>;
}

/** Opens the pool of these images, as the tree in the MOS of each candidate has it. */
export async function openPool(
  paths: readonly string[],
  through = (source: ByteSource) => source,
): Promise<OpenedPool> {
  const sources = await Promise.all(paths.map((path) => openFileSource(path)));
  const devices = await Promise.all(sources.map((source) => surveyDevice(through(source), engine)));
  const [pool] = assemblePools(devices).pools;
  if (pool?.root == null) throw new Error('no pool');
  const { root } = pool;
  const labels = openBlockReader(root, { engine });
  const readers = new Map<
    string,
    Promise<{ readonly view: Omit<VerifyView, 'uberblock'>; readonly reader: BlockReader }>
  >();
  return {
    pool,
    candidates: collectCandidates(pool).filter(({ taken }) => taken),
    async at({ uberblock }) {
      const mos = await Mos.open(new BlockCache(labels), uberblock.rootbp);
      const config = await vdevTreeIn(mos);
      if (config === null) throw new Error('no vdev_tree');
      const salt = await mos.salt();
      const key = `${describe(config)} ${salt !== null} ${Object.values(uberblock.raidzReflow).join()}`;
      let opening = readers.get(key);
      if (opening === undefined) {
        opening = openTree(config, pool, root, uberblock, salt);
        readers.set(key, opening);
      }
      const { view, reader } = await opening;
      return { view: { ...view, uberblock }, reader };
    },
    close: async () => void (await Promise.all(sources.map((source) => source.close()))),
  };
}

async function openTree(
  config: VdevConfig,
  { devices }: Pool,
  labelRoot: VdevNode,
  { rootbp, raidzReflow }: Candidate['uberblock'],
  salt: Uint8Array | null,
): Promise<{ view: { root: VdevNode; salted: SaltedChecksums | null }; reader: BlockReader }> {
  const { root } = matchMosTree(config, labelRoot, devices);
  const readers = new PoolReaders((tree, choice) => openBlockReader(tree, { engine, ...choice }));
  const state = { root, raidzReflow, salt };
  const mappings = await readIndirectMappings(
    async (known) => (await openMosThrough(readers, { ...state, mappings: known }, rootbp)).mos,
  );
  const { reader, choice } = readers.open({ ...state, mappings });
  return { view: { root, salted: choice.salted }, reader };
}

const describe = ({ type, guid, asize, raidzExpanding, raidzExpandTxgs, children }: VdevConfig): string =>
  `${type} ${guid} ${asize} ${raidzExpanding} ${raidzExpandTxgs.join()} [${children.map(describe).join()}]`;
