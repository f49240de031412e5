import { unlessStopped } from '../bytes/stopping.ts';
import type { PoolReaders } from '../dataset/poolReaders.ts';
import { inGroups, readAhead } from '../dataset/readAhead.ts';
import { type Candidate, carriers } from '../load/candidates.ts';
import { LoadMemo } from '../load/loadMemo.ts';
import type { LoadState, VerifiedCounts } from '../load/loadState.ts';

import { AskedOpenZfs, JUDGED_AS, type OpenZfs } from '../load/openzfs.ts';
import { fails, isLeftByGone, type Prediction, passes } from '../load/predict.ts';

import type { Reason } from '../load/reason.ts';
import { beginReplay, endReplay, LABELS_ALONE, type Replay } from '../load/replay.ts';
import type { RootCheck } from '../load/rootCheck.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { vdevHealth } from '../pool/vdevHealth.ts';
import { isGone, type SourceError } from '../source/source.ts';
import { givenDevices } from './commands.ts';
import { divergenceOf, isOn } from './findings/divergence.ts';

/** A candidate with all that was found out about it. */
export interface Judged {
  readonly candidate: Candidate;
  readonly root: RootCheck;
  readonly prediction: Prediction;
  /** Devices to give to `zpool import` so that it takes this candidate; null when no choice does it. */
  readonly devices: readonly DeviceSurvey[] | null;
  /** A log device that the pool had at this txg is missing; null when the load does not come as far as to tell. */
  readonly logMissing: boolean | null;
  /** The load comes to open the first metaslab. */
  readonly metaslabs: boolean;
  /** The load comes to a table of cloned blocks. */
  readonly clones: boolean;
  /** What the traversal found; null when it was not done. */
  readonly counts: VerifiedCounts | null;
  /** The OpenZFS that it was judged for, with what its load asked; absent where it was not judged. */
  readonly openZfs?: AskedOpenZfs;
}

export interface JudgingOptions {
  /** What became of the candidate's root block. */
  readonly rootOf: (candidate: Candidate) => RootCheck;
  /** The one that loads. Default: the one that verdicts speak for where nobody says another. */
  readonly openZfs?: OpenZfs | undefined;
  /** What was read before, by the same readers. */
  readonly memo?: LoadMemo;
  /** Null to judge by labels, rings and root blocks alone. */
  readonly readers: PoolReaders | null;
  /** The load as it is to be replayed; as far as labels, rings and root blocks decide unless told. */
  readonly replay?: Replay;
  /** Looks further at a candidate whose load does not fail. */
  readonly examine?: (state: LoadState) => Promise<void>;
  /** Ends the judging: what is not judged by then is `unverified`. */
  readonly signal?: AbortSignal | undefined;
  /** A device went away before it was known whose it is, and the pool lacks one: it may be that. Null without. */
  readonly stranger?: SourceError | null;
}

/**
 * Judges candidates in the order given, each for itself: whether a txg opens says nothing about its neighbours.
 *
 * @param all candidates of `pool`
 * @param asked those of `all` to judge
 */
export async function* judge(
  pool: Pool,
  all: readonly Candidate[],
  asked: readonly Candidate[],
  { rootOf, readers, replay = LABELS_ALONE, examine, signal, stranger = null, ...given }: JudgingOptions,
): AsyncGenerator<Judged> {
  const { memo = new LoadMemo(), openZfs = JUDGED_AS } = given;
  const loads = new Map<number, Pick<Begun, 'state' | 'asked'>>();
  const loadAt = (index: number): Pick<Begun, 'state' | 'asked'> | null => {
    const candidate = asked[index];
    const known = loads.get(index);
    if (candidate === undefined || known !== undefined) return known ?? null;
    const own = new AskedOpenZfs(openZfs);
    const state = newLoad(pool, all, candidate, { root: rootOf(candidate), readers, memo, signal, openZfs: own });
    const load = { state, asked: own };
    loads.set(index, load);
    return load;
  };
  const loading = readers === null ? null : await import('../load/loadsTogether.ts');
  const together = loading && new loading.LoadsTogether((index) => loadAt(index)?.state ?? null, replay);
  const start = async (index: number): Promise<Begun | null> => {
    await together?.before(index);
    const load = loadAt(index);
    loads.delete(index);
    if (load === null) return null;
    const begin = () => beginReplay(load.state, replay);
    return { ...load, prediction: await unlessStopped(signal, begin, () => STOPPED) };
  };
  let left: Judged | null = null;
  for await (const begun of inGroups(readAhead(asked.keys(), AHEAD, start), IN_STEP)) {
    const group = begun.flatMap((each) => each ?? []);
    const ended =
      left === null
        ? await Promise.all(
            group.map(({ state, prediction }) =>
              unlessStopped(
                signal,
                async () => openBy(stranger, await endReplay(prediction, state, replay)),
                () => STOPPED,
              ),
            ),
          )
        : [];
    for (const [i, { state, asked: openZfs, prediction }] of group.entries()) {
      const { candidate, root, devices } = state;
      if (left !== null) {
        const nothing = { logMissing: null, counts: null, metaslabs: state.metaslabs, clones: state.clones };
        yield afterGone(left, { candidate, root, devices, prediction, ...nothing });
        continue;
      }
      const last = ended[i] ?? STOPPED;
      const whole =
        examine === undefined || fails(last)
          ? last
          : await unlessStopped(
              signal,
              () => examine(state).then(() => last),
              () => STOPPED,
            );
      const logMissing = state.view?.logMissing ?? null;
      const { metaslabs, clones, counts } = state;
      const explained = explain(whole, state);
      const judged = {
        candidate,
        root,
        devices,
        prediction: explained,
        logMissing,
        counts,
        metaslabs,
        clones,
        openZfs,
      };
      if (isLeftByGone(whole)) left = judged;
      yield judged;
    }
  }
}

/** What fails for want of a device is open while that may be one which stopped answering. */
function openBy(stranger: SourceError | null, prediction: Prediction): Prediction {
  if (stranger === null || !fails(prediction)) return prediction;
  const reasons: Reason[] = [{ code: 'stranger-gone', error: stranger }, ...prediction.reasons];
  return { ...prediction, verdict: 'unverified', reasons, hazards: [], because: 'unknown', unread: [stranger] };
}

/**
 * `judged` as it stands after a device went away and left a newer txg open: what the other devices still have of an
 * older one makes it look better than the newer, so it is not judged at all.
 *
 * @param left the newer one
 */
export function afterGone({ candidate: { txg }, prediction: { unread = [] } }: Judged, judged: Judged): Judged {
  const error = unread.find(isGone) ?? null;
  const reasons: Reason[] = [{ code: 'newer-open', txg, error }];
  const prediction: Prediction = { verdict: 'unverified', reasons, failsAt: null, hazards: [], unread };
  return { ...judged, prediction, counts: null };
}

/**
 * What is known of a candidate before the first step of its load.
 *
 * @param all candidates of `pool`
 */
export function newLoad(
  pool: Pool,
  all: readonly Candidate[],
  candidate: Candidate,
  given: Pick<LoadState, 'root' | 'readers' | 'memo' | 'signal'> & Partial<Pick<LoadState, 'openZfs'>>,
  missingTops = 0,
): LoadState {
  const newest = all.find(({ taken }) => taken) ?? null;
  const devices = devicesFor(candidate, all, pool);
  return {
    openZfs: JUDGED_AS,
    pool,
    candidate,
    newest,
    devices,
    ...given,
    missingTops,
    view: null,
    names: new Map(),
    metaslabs: false,
    clones: false,
    counts: null,
  };
}

/** Candidates whose steps before the traversal are under way: their few reads have nothing to do with each other. */
const AHEAD = 4;

/** Candidates whose traversals go on side by side, at most: the newest alone, then twice as many as before. */
const IN_STEP = 16;

interface Begun {
  readonly state: LoadState;
  readonly asked: AskedOpenZfs;
  /** As if the traversal found nothing. */
  readonly prediction: Prediction;
}

const STOPPED: Prediction = {
  verdict: 'unverified',
  reasons: [{ code: 'stopped' }],
  failsAt: null,
  hazards: [],
};

/**
 * All devices of the pool where the candidate is the one that is taken, but for second copies of a device, of which zpool
 * takes the one that it comes to first, and for those that went on without it after a split brain: an import with both
 * overwrites one. Else those that do not carry what would be taken in its place.
 */
function devicesFor(candidate: Candidate, all: readonly Candidate[], pool: Pool): readonly DeviceSurvey[] | null {
  const given = givenDevices(pool, pool.devices);
  if (candidate.checkpoint !== null) return given;
  if (candidate.taken) return ofItsBranch(candidate, all, pool, given);
  const rivals = new Set<DeviceSurvey>(candidate.foreignRivals);
  for (const other of all) {
    if (other === candidate) break;
    if (other.txg !== candidate.txg) continue;
    for (const device of carriers(other)) rivals.add(device);
  }
  const devices = given.filter((device) => !rivals.has(device));
  const carried = candidate.copies.some(({ device }) => devices.includes(device));
  return carried ? devices : null;
}

/** All where the pool has one history, where the candidate is of before it parted, or where a vdev would be lacking. */
function ofItsBranch(
  candidate: Candidate,
  all: readonly Candidate[],
  pool: Pool,
  possible: readonly DeviceSurvey[],
): readonly DeviceSurvey[] {
  const divergence = divergenceOf(all);
  const branches = divergence === null || candidate.txg < divergence.first ? [] : divergence.branches;
  const own = branches.filter((branch) => isOn(candidate, branch));
  if (own.length !== 1) return possible;
  const others = new Set(branches.filter((branch) => !own.includes(branch)).flat());
  const devices = possible.filter((device) => !others.has(device));
  const given = new Set(devices);
  const stands = (top: VdevNode) =>
    vdevHealth(top) === 'missing' ||
    vdevHealth(top, ({ device }) => device !== null && given.has(device)) !== 'missing';
  return pool.root?.children.every(stands) ? devices : possible;
}

/** Says of a verdict that is still open what was looked at and what was not, and of one that is not what is lost. */
function explain(
  prediction: Prediction,
  { root, candidate, devices, pool, readers, counts, view }: LoadState,
): Prediction {
  const reasons = [...prediction.reasons];
  if (prediction.verdict === 'unverified' && root.state === 'reads' && prediction !== STOPPED) {
    if (readers === null) reasons.push({ code: 'root-reads', root });
    else if (prediction.failsAt === null) reasons.push({ code: 'traversal-not-done' });
  }
  if (passes(prediction)) reasons.push(...(view?.conditions ?? []));
  const lost = counts?.dataErrors ?? 0;
  if (lost > 0) reasons.push({ code: 'content-lost', blocks: lost });
  if (!candidate.taken && devices !== null && devices.length < pool.devices.length) {
    const names = devices.map(({ source }) => source.name);
    reasons.push({ code: 'given-devices', txg: candidate.txg, devices: names });
  }
  return { ...prediction, reasons };
}
