import type { Mos } from '../../src/dataset/mos.ts';
import { PoolReaders } from '../../src/dataset/poolReaders.ts';
import type { Zap } from '../../src/dataset/zap.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import { LoadMemo } from '../../src/load/loadMemo.ts';
import type { LoadState } from '../../src/load/loadState.ts';
import { RING_PLAN } from '../../src/load/plan.ts';
import type { LoadStep, Trouble } from '../../src/load/predict.ts';
import { NOT_CHECKED } from '../../src/load/rootState.ts';
import { viewOf } from '../../src/load/viewOf.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { newLoad } from '../../src/rewind/judge.ts';
import { pool as fixtureOf, poolImages } from '../tools/images.ts';

const engine = chooseEngine();

/** The load of one txg of a pool of test-images, as far as `upTo`, which is not yet taken. */
export async function loadUpTo(name: string, txg: bigint, upTo: LoadStep<LoadState>) {
  const sources = await Promise.all((await poolImages(fixtureOf(name))).map((path) => openFileSource(path)));
  const close = async () => void (await Promise.all(sources.map((source) => source.close())));
  const [pool] = assemblePools(await Promise.all(sources.map((source) => surveyDevice(source, engine)))).pools;
  const all = pool === undefined ? [] : collectCandidates(pool);
  const candidate = all.find((each) => each.txg === txg && each.taken);
  if (pool === undefined || candidate === undefined) throw new Error(`no txg ${txg} of ${name}`);
  const readers = new PoolReaders((root, choice) => openBlockReader(root, { engine, ...choice }));
  const root = { ...NOT_CHECKED, state: 'reads' as const };
  const state = newLoad(pool, all, candidate, { root, readers, memo: new LoadMemo(), signal: undefined });
  for (const step of RING_PLAN.slice(0, RING_PLAN.indexOf(upTo))) {
    if (step.when === 'always' && (await troubleAt(step, state)) !== null) throw new Error(`${step.name} fails`);
  }
  return { state, close };
}

/** The first trouble of a step; null where it passes. */
export async function troubleAt(step: LoadStep<LoadState>, state: LoadState): Promise<Trouble | null> {
  return step.check(state);
}

type Asked = Pick<Zap, 'get' | 'integer'>;

/**
 * The same load with other answers of the directory of the meta-object set.
 *
 * @param asked takes each name that is looked up
 */
export function withDirectory(
  state: LoadState,
  answers: (real: Asked) => Partial<Asked>,
  asked: (name: string) => void = () => {},
): LoadState {
  const view = viewOf(state);
  const { directory } = view.mos;
  const real: Asked = {
    get: (name, signal) => directory.get(name, signal),
    integer: (name, signal) => directory.integer(name, signal),
  };
  const all = { ...real, ...answers(real) };
  const listening: Asked = {
    get: (name, signal) => {
      asked(name);
      return all.get(name, signal);
    },
    integer: (name, signal) => {
      asked(name);
      return all.integer(name, signal);
    },
  };
  const told: Zap = Object.assign(Object.create(directory) as Zap, { object: directory.object }, listening);
  return { ...state, view: { ...view, mos: mosWith(view.mos, { directory: told }) } };
}

/** The same meta-object set with some answers of its own. */
export function mosWith(mos: Mos, told: Partial<Pick<Mos, 'directory' | 'object' | 'zap'>>): Mos {
  const asked: Pick<Mos, 'objset' | 'directory' | 'object' | 'zap' | 'nvlist'> = {
    objset: mos.objset,
    directory: mos.directory,
    object: (id, signal) => mos.object(id, signal),
    zap: (id, signal) => mos.zap(id, signal),
    nvlist: (id, signal) => mos.nvlist(id, signal),
    ...told,
  };
  return Object.assign(Object.create(mos) as Mos, asked);
}
