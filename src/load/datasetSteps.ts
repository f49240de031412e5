import { FormatError, ZfsUberError } from '../bytes/errors.ts';
import { BONUS, decodeBonus } from '../dataset/bonus.ts';
import type { Mos } from '../dataset/mos.ts';
import { Objset } from '../dataset/objset.ts';
import { orNull } from '../dataset/orNull.ts';
import { readAhead } from '../dataset/readAhead.ts';
import { readInOrder } from '../dataset/setsTogether.ts';
import { Zap } from '../dataset/zap.ts';
import { walkZil } from '../dataset/zil.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { type DslDataset, decodeDslDataset } from '../format/dslDataset.ts';
import { UnavailableBlockError } from '../pool/blockRead.ts';
import { keptState } from '../pool/keptState.ts';
import type { VdevNode } from '../pool/pool.ts';
import { leavesOf, vdevHealth } from '../pool/vdevHealth.ts';
import { isActive } from './featureSteps.ts';
import { ASSERTED } from './hazard.ts';
import { endWalk, type Failure, type Head, openedBeside, perhaps, type Walked, walkOf } from './heads.ts';
import { datasetAt, holdKnownHead } from './holdDataset.ts';
import type { LoadState } from './loadState.ts';
import type { Conditions, Ground, OnAsked } from './objectMemo.ts';
import type { Trouble } from './predict.ts';
import { vdevRef } from './reason.ts';
import { type At, step } from './step.ts';
import { required, throughMos, viewOf } from './viewOf.ts';

/** What the load asks of the datasets: their intent logs, and that their heads open. */
export const CHECK_LOGS = step('spa_ld_verify_logs', 'read-write-only', checkLogs);
export const OPEN_HEADS = step('spa_load_verify', 'always', walkNames);
export const HOLE_BIRTHS = step('spa_load_verify', 'always', readHoleBirths);

const HOLE_BIRTH = 'com.delphix:hole_birth';
const ENABLED_TXGS = 'feature_enabled_txg';

/**
 * Opens every head. One that does not open, or whose directory does not, does not keep the others under way from being
 * opened, of which one may be more than an error.
 *
 * Source: module/zfs/spa.c, spa_load_verify; module/zfs/dmu_objset.c, dmu_objset_find_dp_impl
 */
async function walkNames(state: LoadState, at: At): Promise<undefined> {
  const walked = await walkOf(state);
  const named = [...state.names.keys()];
  await state.memo.passes.through<Head, HeldHeads>('heads', viewOf(state).mos, {
    whole: async (ground) => {
      await holdAll(state, walked, ground, at);
      // What was opened besides an error of the walk is not there for others.
      return { value: { walked, named }, keeps: walked.broken === null && (await openedBeside(state)).size === 0 };
    },
    again: async (before, heads) => {
      if (before.walked !== walked || !isSameList(before.named, named)) return null;
      // Its own until all are held: who goes through all of them begins without.
      const names = new Map(state.names);
      for (const head of walked.heads) {
        names.set(head.id, head.name);
        if (heads.has(head)) await holdKnownHead({ ...state, names }, head, () => {});
      }
      for (const [id, name] of names) state.names.set(id, name);
      return before;
    },
  });
}

/** All heads were held. */
interface HeldHeads {
  readonly walked: Walked;
  /** Numbers of datasets that were named before. */
  readonly named: readonly bigint[];
}

const isSameList = (a: readonly bigint[], b: readonly bigint[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

/** @throws the first error, or the first that is more */
async function holdAll(state: LoadState, walked: Walked, ground: Ground<Head>, at: At): Promise<void> {
  let failed: Failure | null = null;
  let doing: Parameters<At> | null = null;
  const doingNow: At = (...what) => {
    doing = what;
    at(...what);
  };
  for (const head of walked.heads) {
    state.signal?.throwIfAborted();
    state.names.set(head.id, head.name);
    try {
      await holdKnownHead(state, head, doingNow, (asked) => ground.add(head, asked));
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
      if (isGrave(doing)) {
        throw thrownAt({ at: walked.broken !== null || failed !== null ? perhaps(doing) : doing, error }, at);
      }
      failed ??= { at: doing, error };
    }
  }
  endWalk(walked, at);
  if (failed !== null) throw thrownAt(failed, at);
}

const isGrave = (doing: Parameters<At> | null): doing is Parameters<At> => doing?.[1] !== undefined;

/** The error, as of what was being done then. */
function thrownAt(failed: Failure, at: At): ZfsUberError {
  if (failed.at !== null) at(...failed.at);
  return failed.error;
}

/**
 * A traversal asks first since when holes have births, and takes it for granted that the answer reads.
 *
 * Source: module/zfs/dmu_traverse.c, traverse_impl; module/zfs/zfeature.c, feature_get_enabled_txg
 */
async function readHoleBirths(state: LoadState, at: At): Promise<undefined> {
  if (!isActive(state, HOLE_BIRTH)) return;
  at({ role: 'list', key: ENABLED_TXGS }, ASSERTED);
  const object = await viewOf(state).mos.object(
    await required(viewOf(state), ENABLED_TXGS, state.signal),
    state.signal,
  );
  const txg = await state.memo.of('hole births', object, 0, async () => (await Zap.open(object)).integer(HOLE_BIRTH));
  if (txg === null) throw new FormatError('format-value', `entry ${HOLE_BIRTH}`, 'a txg', 'none', object.place);
}

/**
 * Every intent log is followed to its end. A checksum that fails is an end; a device that gives an error is not. A pool
 * whose log device is missing, and that is imported without it, drops its logs unseen.
 *
 * Source: module/zfs/spa.c, spa_check_logs; module/zfs/zil.c, zil_check_log_chain
 */
async function checkLogs(state: LoadState, at: At): Promise<Trouble | undefined> {
  const { logMissing, mos, root } = viewOf(state);
  if (logMissing) return undefined;
  const walked = await walkOf(state);
  const { trouble } = await state.memo.passes.through<Head, CheckedLogs>('logs', mos, {
    whole: async (ground) => {
      const roots = new Set<VdevNode>();
      let trouble: Trouble | null = null;
      await readObjectSets(state, walked.heads);
      const check = (head: Head) => checkLogOf(state, head, (asked) => ground.add(head, asked));
      for await (const checked of readAhead(walked.heads, OBJECT_SETS_AHEAD, check)) {
        state.signal?.throwIfAborted();
        if ('error' in checked) throw thrownAt(checked, at);
        if (checked.root !== null) roots.add(checked.root);
        trouble = checked.trouble;
        if (trouble !== null) break;
      }
      if (trouble === null) endWalk(walked, at);
      return { value: { walked, roots, trouble }, keeps: trouble === null };
    },
    again: async (before, heads) => {
      if (before.walked !== walked || [...before.roots].some((each) => each !== root)) return null;
      for await (const checked of readAhead(heads, OBJECT_SETS_AHEAD, (head) => checkLogOf(state, head))) {
        if ('error' in checked || checked.trouble !== null) return null;
      }
      return before;
    },
  });
  return trouble ?? undefined;
}

/** Those of all heads together, as they lie on the devices, as far as what is read is kept until it is asked for. */
async function readObjectSets(state: LoadState, heads: readonly Head[]): Promise<void> {
  const { mos, blocks } = viewOf(state);
  const pointers: Blkptr[] = [];
  for (const { id } of heads.slice(0, OBJECT_SETS_KEPT)) {
    const dataset = await orNull(async () => decodeBonus(await mos.object(id), BONUS.dslDataset, decodeDslDataset));
    if (dataset !== null && !dataset.bp.hole) pointers.push(dataset.bp);
  }
  await readInOrder(blocks.cache, pointers, state.signal);
}

interface CheckedLogs {
  readonly walked: Walked;
  /** Trees of which the devices of logs were looked at. */
  readonly roots: ReadonlySet<VdevNode>;
  /** The first. */
  readonly trouble: Trouble | null;
}

async function checkLogOf(state: LoadState, { name, id }: Head, onAsked?: OnAsked): Promise<CheckedLog | Failure> {
  const { mos, root } = viewOf(state);
  const conditions: Conditions<CheckedLog> = {
    holds: (log) => log.root === null || log.root === root,
    keeps: (log) => log.trouble === null && log !== UNOPENED,
    ...(onAsked && { onAsked }),
  };
  let doing: Parameters<At> | null = null;
  const doingNow: At = (...what) => {
    doing = what;
  };
  const look = async (through: Mos): Promise<CheckedLog> => {
    const dataset = await datasetAt(throughMos(state, through), { dataset: name }, id, doingNow);
    return dataset.bp.hole ? NO_LOG : checkLog(state, name, dataset.bp, doingNow);
  };
  try {
    return await state.memo.objects.of('log', id, mos, look, conditions);
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return { at: doing, error };
  }
}

/** Object sets under way: each is one read, somewhere on the devices. */
const OBJECT_SETS_AHEAD = 32;
/** 4 KiB each. */
const OBJECT_SETS_KEPT = 4096;

interface CheckedLog {
  readonly trouble: Trouble | null;
  /** The tree of which the log's device was looked at; null where no log was. */
  readonly root: VdevNode | null;
}

const NO_LOG: CheckedLog = { trouble: null, root: null };
/** OpenZFS passes over datasets that do not open here; the traversal meets them later. */
const UNOPENED: CheckedLog = { trouble: null, root: null };

async function checkLog(state: LoadState, name: string, bp: DslDataset['bp'], at: At): Promise<CheckedLog> {
  const { blocks, root } = viewOf(state);
  const { cache, reader } = blocks;
  let objset: Objset;
  try {
    objset = await Objset.open(cache, bp, name);
  } catch (error) {
    if (error instanceof ZfsUberError) return UNOPENED;
    throw error;
  }
  const { zil } = objset.phys;
  const [first] = zil.log.dvas;
  const top = first === undefined ? undefined : root.children[first.vdev];
  if (zil.log.hole) return NO_LOG;
  if (top?.role === 'log' && vdevHealth(top) === 'missing') {
    if (![...leavesOf(top)].some(isAsked)) return { trouble: null, root };
    const reason = { code: 'log-closed', dataset: name, top: vdevRef(top) } as const;
    return { trouble: { reason, because: 'missing-device' }, root };
  }
  at({ role: 'intent log', of: { dataset: name } });
  for await (const { bp: log, records } of walkZil(reader, zil)) {
    if (records !== null) continue;
    const error = await deviceError(() => reader.read(log));
    if (error === null) continue;
    return { trouble: { reason: { code: 'log-unreadable', dataset: name, error }, because: 'damage' }, root };
  }
  return { trouble: null, root };
}

/** A log of faulted devices alone is not looked at. Source: module/zfs/vdev.c, vdev_log_state_valid */
const isAsked = ({ config }: VdevNode): boolean => keptState(config) !== 'faulted';

/** The error when a device could not be read; null when it could, whatever its bytes are. */
async function deviceError(read: () => Promise<unknown>): Promise<UnavailableBlockError | null> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    const failed = error instanceof UnavailableBlockError ? error.attempts : [];
    if (error instanceof UnavailableBlockError && failed.some(({ outcome }) => outcome === 'unreadable')) return error;
  }
  return null;
}
