import type { Engine } from '../block/engine.ts';
import { StoppedError, UsageError } from '../bytes/errors.ts';
import { unlessStopped } from '../bytes/stopping.ts';
import { PoolReaders } from '../dataset/poolReaders.ts';
import { buildVerifyDocument, type VerifyDocument } from '../document/verifyDocument.ts';
import type { Candidate } from '../load/candidates.ts';
import { countFiles } from '../locate/countFiles.ts';
import { locateFailures } from '../locate/locateFailures.ts';
import { openBlockReader } from '../pool/blockReader.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { importCommands, NO_COMMANDS } from '../rewind/commands.ts';
import { examine } from '../rewind/examine.ts';
import { findCheckpoint } from '../rewind/facts/checkpoint.ts';
import { guessMissingTops, needsLogLess } from '../rewind/missingTops.ts';
import { stepsToRead } from '../rewind/recommend.ts';
import { isBundled, refuseData } from './bundled.ts';
import { importPlaces } from './importPlace.ts';
import { NoSuchTxgError } from './noSuchTxg.ts';
import { oneTxgHead } from './oneTxgHead.ts';
import { askedPool, type OpenedPool, type OpenedPools } from './openPool.ts';
import { openZfsNamed } from './openZfsNamed.ts';
import type { Progress } from './progress.ts';
import { type Sources, withPools } from './session.ts';

export interface VerifyOptions {
  /** Default: `data`; of a bundle, which has none, `meta`. */
  readonly depth?: 'meta' | 'data' | undefined;
  /** The OpenZFS whose answers are predicted: `2.1` to `2.4`, or one release of them such as `2.3.9`. Default: `2.3`. */
  readonly zfs?: string | undefined;
  /** Name or guid of the pool; needed only where the sources hold several. */
  readonly pool?: string | null | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly engine?: Engine | undefined;
}

/**
 * One txg in depth: every step of its load, every block that fails, and which dataset, object and file each belongs to.
 *
 * @param sources paths, or what `openPools` has opened
 * @param txg `checkpoint` for the uberblock that the pool keeps as its checkpoint; so is its txg where no ring holds it
 * @returns the document of `verify --json`; its `pool` is null when there is none
 *   when `signal` is aborted it is `stopped`, and has no verdict
 * @throws NoSuchTxgError, a UsageError, when neither rings nor checkpoint are of that txg; UsageError when a spec or the pool's name
 *   makes no sense
 */
export async function verify(
  sources: Sources,
  txg: bigint | 'checkpoint',
  options: VerifyOptions = {},
): Promise<VerifyDocument> {
  const { signal, pool = null } = options;
  openZfsNamed(options.zfs);
  return withPools(sources, options, async (opened) => {
    if (options.depth === 'data') refuseData('depth data', opened.sources);
    const depth = options.depth ?? (isBundled(opened.sources) ? 'meta' : 'data');
    const one = askedPool(opened, pool, signal);
    return unlessStopped(
      signal,
      () => verifyOne(opened, one, txg, { ...options, depth }),
      () => {
        const head = oneTxgHead(opened, one, null, new StoppedError());
        return buildVerifyDocument(head, { depth, ...NOTHING, stopped: true });
      },
    );
  });
}

async function verifyOne(
  opened: OpenedPools,
  one: OpenedPool | null,
  txg: bigint | 'checkpoint',
  { engine = opened.engine, depth, zfs, progress, signal }: VerifyOptions & { readonly depth: 'meta' | 'data' },
): Promise<VerifyDocument> {
  const openZfs = openZfsNamed(zfs);
  const candidates = one?.candidates ?? [];
  const those = candidates.filter((each) => each.txg === txg);
  const ofRing = those.find(({ taken }) => taken) ?? those[0] ?? null;
  const candidate = ofRing ?? (one === null ? null : await storedIn(one, txg, engine, signal));
  // Made when all was read: it says what of the sources could not be.
  const head = () => oneTxgHead(opened, one, candidate, null);
  if (one === null || candidate === null) return buildVerifyDocument(head(), { depth, ...NOTHING, stopped: false });
  const { pool } = one;
  const examination = await examine(
    pool,
    pool.root === null ? null : openBlockReader(pool.root, { engine }),
    candidates,
    candidate,
    {
      engine,
      open: (root, more) => openBlockReader(root, { engine, ...more }),
      data: depth === 'data',
      openZfs,
      signal,
      // The share is an estimate by bytes.
      onProgress:
        progress && (({ share }) => progress({ phase: 'checking blocks, part', done: percent(share), total: 100 })),
    },
  );
  const { state, verification } = examination;
  const byOpened = importPlaces(opened.sources.map((source) => source.opened));
  const places = new Map(opened.sources.map((source) => [source.survey, byOpened.get(source.opened)]));
  const placeOf = (device: DeviceSurvey) => places.get(device) ?? null;
  const commands = importCommands(pool, candidate.txg, state.devices ?? pool.devices, {
    placeOf,
    ambiguousName: opened.pools.some((other) => other !== one && other.name === one.name),
    logMissing: state.view?.logMissing ?? needsLogLess(pool, guessMissingTops(pool, candidates)),
    checkpoint: candidate.checkpoint,
    verdict: examination.prediction.verdict,
    hazardous: examination.prediction.hazards.length > 0,
  });
  const toImport = stepsToRead({ pool, placeOf }, { commands, devices: state.devices });
  const located = await locateFailures(verification?.failures ?? [], state);
  const counted = examination.relaxed !== null && depth === 'data' ? await countFiles(state) : null;
  return buildVerifyDocument(head(), { depth, examination, commands, toImport, located, counted, stopped: false });
}

const NOTHING = { examination: null, commands: NO_COMMANDS, toImport: [], located: [], counted: null } as const;

/** @throws NoSuchTxgError, UsageError */
async function storedIn(
  { pool, candidates, txgs }: OpenedPool,
  txg: bigint | 'checkpoint',
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<Candidate> {
  const reader = pool.root === null ? null : openBlockReader(pool.root, { engine });
  const readers = new PoolReaders((root, more) => openBlockReader(root, { engine, ...more }));
  const found = reader === null ? null : await findCheckpoint(pool, candidates, { reader, readers, signal });
  const stored = found?.candidate ?? null;
  if (stored !== null && (txg === 'checkpoint' || txg === stored.txg)) return stored;
  if (txg !== 'checkpoint') throw new NoSuchTxgError(txg, txgs);
  throw new UsageError('verify: no meta-object set that opens keeps a checkpoint');
}

const percent = (share: number): number => Math.floor(Math.min(Math.max(share, 0), 1) * 100);
