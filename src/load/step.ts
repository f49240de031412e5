import { FormatError, LimitError, UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import { describePlace } from '../bytes/place.ts';
import { type Attempt, failedReadsIn, UnavailableBlockError } from '../pool/blockRead.ts';
import { isGone, SourceError } from '../source/source.ts';
import type { Danger } from './hazard.ts';
import type { LoadState } from './loadState.ts';
import type { LoadStep, Trouble } from './predict.ts';

/**
 * Says what the step reads next, for the message when that fails.
 *
 * @param danger OpenZFS does not survive errors there: it asserts that there are none, or goes on as if there were none
 */
export type At = (what: string, danger?: Danger) => void;

/**
 * A step that reads: whatever error this library throws on purpose is the trouble that the load would meet there.
 *
 * @param work gives the trouble that is no error, or nothing
 */
export function step(
  name: string,
  when: LoadStep<LoadState>['when'],
  work: (state: LoadState, at: At) => Promise<Trouble | undefined> | Trouble | undefined,
): LoadStep<LoadState> {
  return {
    name,
    when,
    async *check(state) {
      let doing = '';
      let danger: Danger | undefined;
      const at: At = (what, there) => {
        doing = what;
        danger = there;
      };
      let trouble: Trouble | undefined;
      try {
        trouble = await work(state, at);
      } catch (error) {
        if (!(error instanceof ZfsUberError)) throw error;
        trouble = troubleOf(error, doing, danger);
      }
      if (trouble === undefined) return;
      const listing = trouble.danger !== undefined && when === 'always' && isListed(name, state);
      yield listing ? { ...trouble, listing } : trouble;
    },
  };
}

/**
 * Whether a `zpool import` that lists pools comes to a step: it loads each pool at its newest txg, but for the last
 * verification.
 *
 * Source: module/zfs/spa.c, spa_tryimport and spa_ld_verify_pool_data
 */
const isListed = (step: string, { candidate, newest }: LoadState): boolean =>
  candidate === newest && !step.startsWith('spa_load_verify');

/** @param what was being read */
export function troubleOf(error: ZfsUberError, what: string, danger?: Danger): Trouble {
  const because = causeOf(error);
  const message = `${saying(error, what)}: ${explainError(error)}`;
  const failed = failedReadsIn(error);
  const unread = failed.length === 0 ? {} : { unread: failed };
  return because === 'unknown' || danger === undefined
    ? { message, because, ...unread }
    : { message, because, danger, ...unread };
}

/** What became of what was being read. */
function saying(error: ZfsUberError, what: string): string {
  if (what === '') return 'something that an import needs does not read';
  if (error instanceof UnavailableBlockError || error instanceof SourceError) return `cannot read ${what}`;
  return causeOf(error) === 'unknown' ? `${what} cannot be judged` : `${what} makes no sense`;
}

function causeOf(error: ZfsUberError): Trouble['because'] {
  if (isGone(error)) return 'unknown';
  if (error instanceof UnavailableBlockError && error.becauseMissing) return 'missing-device';
  if (failedReadsIn(error).length > 0) return 'failed-read';
  return error instanceof UnsupportedError || error instanceof LimitError ? 'unknown' : 'damage';
}

/** The error in words that go on after what was being read: which block or field, and what was found where. */
export function explainError(error: ZfsUberError): string {
  const { place } = error;
  const lead = place === null ? '' : `${describePlace(place)}: `;
  const said = lead !== '' && error.message.startsWith(lead) ? error.message.slice(lead.length) : error.message;
  if (error instanceof UnavailableBlockError) {
    const path = place === null || place.path.length === 0 ? '' : ` (${place.path.join(' > ')})`;
    if (error.failedReads.length > 0) return `${said} ${readPlaces(error.failedReads)}${wrongPlaces(error.attempts)}`;
    return `${said}${path}${badPlaces(error.attempts)}`;
  }
  if (error instanceof SourceError) return place === null ? said : `${readPlaces([error])}: ${said}`;
  if (error instanceof FormatError) {
    return place === null ? said : `${place.path.join(' > ')}: ${said}`;
  }
  return said;
}

/** The first places that were wrong, for who wants to look; the rest are counted. */
export function badPlaces(attempts: readonly Attempt[]): string {
  const bad = attempts.filter(({ outcome }) => outcome !== 'good' && outcome !== 'rebuilt');
  if (bad.length === 0) return '';
  const shown = bad.slice(0, 3).map(({ vdev, place, outcome }) => {
    const where = place === null ? vdev : `${place.source} @ 0x${place.offset.toString(16)}`;
    return outcome === 'wrong' ? where : `${where} (${outcome})`;
  });
  return `: ${shown.join(', ')}${bad.length > 3 ? ` and ${bad.length - 3} more` : ''}`;
}

/** `from d0.img (EIO at offset 0x406000)`; the first places, the rest are counted. */
export function readPlaces(failed: readonly SourceError[]): string {
  const bySource = new Map<string, string[]>();
  for (const { code, place } of failed) {
    const key = place === null ? `(${code}` : `from ${place.source} (${code} at offset`;
    const offsets = bySource.get(key) ?? [];
    const offset = place === null ? '' : ` 0x${place.offset.toString(16)}`;
    if (!offsets.includes(offset)) bySource.set(key, [...offsets, offset]);
  }
  const told = [...bySource].map(([key, offsets]) => {
    const more = offsets.length > 3 ? ` and ${offsets.length - 3} more` : '';
    return `${key}${offsets.slice(0, 3).join(',')}${more})`;
  });
  return `${told.slice(0, 3).join(', ')}${told.length > 3 ? ` and ${told.length - 3} more` : ''}`;
}

/** Beside places that could not be read: those that could, and are wrong. */
export function wrongPlaces(attempts: readonly Attempt[]): string {
  const wrong = attempts.filter(({ outcome }) => outcome === 'wrong' || outcome === 'absent');
  return wrong.length === 0 ? '' : `; of no use${badPlaces(wrong)}`;
}
