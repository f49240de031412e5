import type { Engine } from '../block/engine.ts';
import { UnsupportedError, UsageError, ZfsUberError } from '../bytes/errors.ts';
import type { Txg } from '../bytes/units.ts';
import type { WalkOptions } from '../dataset/block.ts';
import { type OpenedAt, openPoolAt } from '../dataset/openAt.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import { type Candidate, collectCandidates } from '../load/candidates.ts';
import type { HandlePool } from '../node/handlePool.ts';
import type { OpenedSource } from '../node/openedSource.ts';
import type { SourceSpec } from '../node/target.ts';
import { assemblePools } from '../pool/assemblePools.ts';
import { openBlockReader } from '../pool/blockReader.ts';
import type { Pool } from '../pool/pool.ts';
import { chooseEngine } from './host.ts';
import { NoSuchTxgError } from './noSuchTxg.ts';
import { type RawBlock, type RawBlockPlace, readRawBlock } from './poolBlock.ts';
import type { Progress } from './progress.ts';
import { closeSources, surveyDevices } from './surveyDevices.ts';
import type { SurveyChoice, SurveyedSource } from './surveyedSource.ts';

export interface OpenPoolsOptions {
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Through which files and devices are opened, and how what fails is read. Default: the system, with care. */
  readonly handles?: HandlePool | undefined;
  /** Default: the fastest one that works here. */
  readonly engine?: Engine | undefined;
}

export interface OpenPoolOptions extends OpenPoolsOptions {
  /** Name or guid of the pool; needed only where the sources hold several. */
  readonly pool?: string | null | undefined;
}

export interface AtOptions extends WalkOptions {
  /** Takes each txg that was tried and does not open, with the reason; the newest first. */
  readonly onPassedOver?: ((txg: Txg, trouble: ZfsUberError) => void) | undefined;
}

/** The pools that stand on some sources. */
export interface OpenedPools {
  /** As given. */
  readonly specs: readonly SourceSpec[];
  readonly engine: Engine;
  readonly pools: readonly OpenedPool[];
  /** Every source with what its label regions say, also those that could not be opened. */
  readonly sources: readonly SurveyedSource[];
  /**
   * The pool of that name or guid, or the only one there is.
   *
   * @throws UsageError when there is none of that name, or several and no name was given
   */
  pool(nameOrGuid?: string | null): OpenedPool;
  /** Ends the reading of all its pools. */
  close(): Promise<void>;
}

/**
 * Opens all pools that stand on the sources, without ZFS, read-only.
 *
 * @param specs paths of devices, images and directories, `path@OFFSET[+LENGTH]`, addresses on a network, sources
 * @returns also when a source cannot be opened or had no turn before `options.signal` was aborted, or there is no pool at
 *   all: `sources` says why; to be closed by the caller
 * @throws UsageError when a spec makes no sense
 */
export async function openPools(
  specs: readonly SourceSpec[],
  options: OpenPoolsOptions & Pick<SurveyChoice, 'recorder' | 'bootEnvironments'> = {},
): Promise<OpenedPools> {
  const engine = options.engine ?? chooseEngine();
  const sources = await surveyDevices(specs, { ...options, engine });
  const close = () => closeSources(sources);
  const assembled = assemblePools(sources.flatMap(({ survey }) => survey ?? []));
  const openedBy = new Map(sources.map(({ opened, survey }) => [survey, opened]));
  const pools = assembled.pools.map((pool) => {
    const members = pool.devices.flatMap((device) => openedBy.get(device) ?? []);
    return new OpenedPool(pool, members, engine, close);
  });
  return { specs, engine, pools, sources, close, pool: (nameOrGuid) => onePool(pools, nameOrGuid ?? null) };
}

/**
 * Opens the one pool that stands on the sources.
 *
 * @throws UsageError when there is none, or several and `options.pool` does not say which; the reason of `options.signal`
 */
export async function openPool(specs: readonly SourceSpec[], options: OpenPoolOptions = {}): Promise<OpenedPool> {
  const opened = await openPools(specs, options);
  try {
    options.signal?.throwIfAborted();
    return opened.pool(options.pool);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * The pool that is asked for.
 *
 * @returns null where there is none and none was named, or where the work was stopped before it was found
 * @throws UsageError as `OpenedPools.pool`
 */
export function askedPool(opened: OpenedPools, nameOrGuid: string | null, signal?: AbortSignal): OpenedPool | null {
  if (opened.pools.length === 0 && nameOrGuid === null) return null;
  try {
    return opened.pool(nameOrGuid);
  } catch (error) {
    if (signal?.aborted && error instanceof UsageError) return null;
    throw error;
  }
}

function onePool(pools: readonly OpenedPool[], wanted: string | null): OpenedPool {
  const names = pools.map(({ name, guid }) => `${name ?? '(name unknown)'} (${guid})`).join(', ');
  const named = pools.filter(({ name, guid }) => wanted === null || wanted === name || wanted === guid.toString());
  // Remains of which no label decodes stand back behind pools that can be looked at.
  const whole = named.filter(({ pool }) => pool.root !== null);
  const fitting = whole.length > 0 ? whole : named;
  const [first] = fitting;
  if (fitting.length === 1 && first !== undefined) return first;
  if (pools.length === 0) throw new UsageError('no pool was found');
  if (first === undefined) throw new UsageError(`no pool ${wanted}; there are: ${names}`);
  throw new UsageError(`several pools fit: ${names}; choose one by its guid`);
}

/** One pool, with all that its rings still hold. Nothing of it is read but the labels until a view is asked for. */
export class OpenedPool {
  /** Its devices and the tree that their labels give. */
  readonly pool: Pool;
  /** States that the pool can be looked at, newest first. After a split brain a txg is there twice. */
  readonly candidates: readonly Candidate[];
  readonly #members: readonly OpenedSource[];
  readonly #engine: Engine;
  readonly #close: () => Promise<void>;

  constructor(pool: Pool, members: readonly OpenedSource[], engine: Engine, close: () => Promise<void>) {
    this.pool = pool;
    this.candidates = collectCandidates(pool);
    this.#members = members;
    this.#engine = engine;
    this.#close = close;
  }

  /** Raw text: escape it before it reaches a terminal. */
  get name(): string | null {
    return this.pool.name;
  }

  get guid(): Pool['guid'] {
    return this.pool.guid;
  }

  /** The sources that its devices are. */
  get members(): readonly OpenedSource[] {
    return this.#members;
  }

  /** Every txg that the rings hold an uberblock of, newest first. */
  get txgs(): readonly Txg[] {
    return [...new Set(this.candidates.map(({ txg }) => txg))];
  }

  /**
   * The pool as it was at `txg`: a read-only view, which stays good until the pool is closed.
   *
   * @param txg one of `txgs`; without it the newest whose meta-object set and config read
   * @throws NoSuchTxgError, a UsageError, when the rings do not hold that txg; ZfsUberError when it cannot be opened
   */
  async at(txg?: bigint | null, options: AtOptions = {}): Promise<PoolAt> {
    return (await this.#open(txg ?? null, options)).view;
  }

  /**
   * What stands at an address, verified by nothing: no checksum, as it lies on a disk or as redundancy gives it.
   *
   * @param txg at which the addresses are meant: it decides where space of removed vdevs went, and how far an expansion
   *   of a raidz had come. Without it the newest that opens; where none opens, the labels' word
   * @throws UsageError when there is no such vdev, or the range is none that a block has; UnavailableBlockError when
   *   nothing supplies the bytes
   */
  async readRaw(place: RawBlockPlace, txg?: bigint | null, options: AtOptions = {}): Promise<RawBlock> {
    const { root, choice, at } = await this.#addresses(txg ?? null, options);
    return readRawBlock(place, root, choice, at, options.signal);
  }

  async #addresses(txg: bigint | null, options: AtOptions) {
    try {
      const { view, root, choice } = await this.#open(txg, options);
      return { root, choice, at: view.txg };
    } catch (error) {
      if (!(error instanceof ZfsUberError) || error instanceof UsageError) throw error;
      const { root } = this.pool;
      const newest = this.candidates.find((each) => txg === null || each.txg === txg);
      if (newest === undefined || root === null) throw error;
      const { raidzReflow } = newest.uberblock;
      return { root, choice: { mappings: null, raidzReflow }, at: newest.txg };
    }
  }

  /** Ends the reading of this pool and of all others that were opened with it. */
  close(): Promise<void> {
    return this.#close();
  }

  async #open(txg: bigint | null, options: AtOptions): Promise<OpenedAt> {
    const wanted = txg === null ? this.candidates : this.#candidatesOf(txg);
    let first: ZfsUberError | null = null;
    for (const candidate of wanted) {
      options.signal?.throwIfAborted();
      try {
        return await this.#openCandidate(candidate, options);
      } catch (error) {
        if (!(error instanceof ZfsUberError)) throw error;
        first ??= error;
        options.onPassedOver?.(candidate.txg, error);
      }
    }
    throw first ?? new UnsupportedError('the rings of this pool hold no uberblock', null);
  }

  /** Of one txg that two histories have, the one that an import takes comes first. */
  #candidatesOf(txg: bigint): readonly Candidate[] {
    const found = this.candidates.filter((candidate) => candidate.txg === txg);
    if (found.length === 0) throw new NoSuchTxgError(txg, this.txgs);
    return found.sort((a, b) => Number(b.taken) - Number(a.taken));
  }

  async #openCandidate({ uberblock }: Candidate, options: AtOptions): Promise<OpenedAt> {
    const { root } = this.pool;
    if (root === null) throw new UnsupportedError('no label says how the devices of this pool belong together', null);
    const engine = this.#engine;
    return openPoolAt(
      this.pool,
      root,
      uberblock,
      (tree, choice) => openBlockReader(tree, { engine, ...choice }),
      options,
    );
  }
}
