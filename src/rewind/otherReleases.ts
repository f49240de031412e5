import type { Candidate } from '../load/candidates.ts';
import { OPENZFS_LINES, type OpenZfs, type Question } from '../load/openzfs.ts';
import { fails, isLeftByGone } from '../load/predict.ts';
import type { Reason } from '../load/reason.ts';
import { lineOf } from '../load/releases.ts';
import type { Gathered } from './gather.ts';
import { type Judged, judge } from './judge.ts';
import type { ReleaseChange, ReleaseDifference } from './releaseDifference.ts';
import { isHarmless, withRetries } from './retries.ts';

/**
 * Where other releases of OpenZFS do not treat the candidates of the rings as the one they were judged for. What was read
 * is not read again: a load is only replayed for a release that would answer what it asked in another way.
 *
 * @param rings all that were judged, newest first
 * @returns nothing where judging was ended, or a device went away
 */
export async function otherReleases(gathered: Gathered, rings: readonly Judged[]): Promise<ReleaseDifference[]> {
  const { options } = gathered;
  const open = options.signal?.aborted === true || rings.some(({ prediction }) => isLeftByGone(prediction));
  const [own] = rings.flatMap(({ openZfs }) => openZfs ?? []);
  if (open || own === undefined || options.waysOut === false) return [];
  const answers = answersTo(rings);
  const before = new Map(withRetries(gathered.all, rings, own).map((each) => [each.candidate, each]));
  const found = new Map<string, ReleaseDifference>();
  for (const openZfs of OPENZFS_LINES) {
    if (openZfs.release === lineOf(own.release)) continue;
    const others = [...answers].flatMap(([question, answer]) => (openZfs.answer(question) === answer ? [] : question));
    const anew = rings
      .filter((each) => others.some((question) => each.openZfs?.answers.has(question)))
      .map(({ candidate }) => candidate);
    if (anew.length === 0 && rings.every(isHarmless)) continue;
    for (const each of differences(before, await judgedFor(openZfs, gathered, rings, anew), openZfs)) {
      const known = found.get(keyOf(each));
      const releases = [...(known?.releases ?? []), openZfs.release];
      found.set(keyOf(each), { ...each, releases });
    }
  }
  return options.signal?.aborted ? [] : [...found.values()];
}

/** What was asked for any of them: one OpenZFS answered all. */
function answersTo(rings: readonly Judged[]): ReadonlyMap<Question, boolean> {
  const all = new Map<Question, boolean>();
  for (const { openZfs } of rings) openZfs?.answers.forEach((answer, question) => void all.set(question, answer));
  return all;
}

/** The same candidates as another release would have them. */
async function judgedFor(
  openZfs: OpenZfs,
  gathered: Gathered,
  rings: readonly Judged[],
  anew: readonly Candidate[],
): Promise<Judged[]> {
  const { pool, all, readers, replay, rootOf, memo, options } = gathered;
  const judged = new Map(rings.map((each) => [each.candidate, each]));
  const how = { readers, replay, rootOf, memo, openZfs, signal: options.signal };
  for await (const each of judge(pool, all, anew, how)) judged.set(each.candidate, each);
  return withRetries(all, [...judged.values()], openZfs);
}

function differences(
  own: ReadonlyMap<Judged['candidate'], Judged>,
  others: readonly Judged[],
  { release }: OpenZfs,
): ReleaseDifference[] {
  const groups = new Map<string, { change: ReleaseChange; reason: Reason | null; judged: Judged[] }>();
  for (const other of others) {
    const before = own.get(other.candidate);
    if (before === undefined) continue;
    for (const change of changesOf(before, other)) {
      const [reason = null] = (change === 'takes' || change === 'writes' ? before : other).prediction.reasons;
      const why = change === 'counts' ? null : reason;
      const key = [change, ...aboutOf(why)].join();
      const group = groups.get(key) ?? { change, reason: why, judged: [] };
      group.judged.push(other);
      groups.set(key, group);
    }
  }
  const imported = [...own.values()].filter(({ prediction }) => !fails(prediction)).length;
  return [...groups.values()].map((group): ReleaseDifference => {
    const all = group.change === 'refuses' ? imported : others.length;
    return { ...group, releases: [release], all: group.judged.length === all };
  });
}

function changesOf(own: Judged, other: Judged): ReleaseChange[] {
  const [was, is] = [own.prediction, other.prediction];
  if (fails(was) !== fails(is)) return [fails(was) ? 'takes' : 'refuses'];
  const changes: ReleaseChange[] = [];
  if (was.hazards.length > 0 !== is.hazards.length > 0) changes.push(is.hazards.length > 0 ? 'endangers' : 'spares');
  if (was.verdict !== is.verdict && is.verdict === 'readonly') changes.push('reads');
  if (was.verdict !== is.verdict && was.verdict === 'readonly') changes.push('writes');
  if (!fails(is) && own.counts !== null && other.counts !== null && countsKey(own) !== countsKey(other)) {
    changes.push('counts');
  }
  return changes;
}

const countsKey = ({ counts }: Judged): string => `${counts?.metadataErrors} ${counts?.dataErrors}`;

/** What makes a reason another one, whatever the release. */
const aboutOf = (reason: Reason | null): readonly string[] =>
  reason === null ? [] : 'features' in reason ? ['features', ...reason.features] : [reason.code];

const keyOf = ({ change, reason, judged }: ReleaseDifference): string => {
  const counts = change === 'counts' ? judged.map(countsKey) : [];
  return [change, ...aboutOf(reason), ...counts, ...judged.map(({ candidate }) => candidate.key)].join();
};
