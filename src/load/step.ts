import { ZfsUberError } from '../bytes/errors.ts';
import { failedReadsIn, UnavailableBlockError } from '../pool/blockRead.ts';
import { errorCause } from '../pool/errorCause.ts';
import { SourceError } from '../source/source.ts';
import { type Danger, hasDanger } from './hazard.ts';
import type { LoadState } from './loadState.ts';
import type { LoadStep, Trouble } from './predict.ts';
import type { Reading } from './reading.ts';
import type { NotRead } from './reason.ts';
import type { StepName } from './stepNames.ts';

/**
 * Says what the step reads next, for the reason when that fails.
 *
 * @param danger OpenZFS does not survive errors there: it asserts that there are none, or goes on as if there were none
 */
export type At = (what: Reading, danger?: Danger) => void;

/**
 * A step that reads: whatever error this library throws on purpose is the trouble that the load would meet there.
 *
 * @param work gives the trouble that is no error, or nothing
 */
export function step(
  name: StepName,
  when: LoadStep<LoadState>['when'],
  work: (state: LoadState, at: At) => Promise<Trouble | undefined> | Trouble | undefined,
): LoadStep<LoadState> {
  return {
    name,
    when,
    check(state) {
      let doing: Reading | null = null;
      let danger: Danger | undefined;
      const at: At = (what, there) => {
        doing = what;
        danger = there;
      };
      const end = (trouble: Trouble | undefined): Trouble | null => {
        if (trouble === undefined) return null;
        const met = trouble.danger !== undefined && hasDanger(state.openZfs, trouble.danger);
        if (!met) {
          const { danger: _, ...harmless } = trouble;
          return harmless;
        }
        return when === 'always' && isListed(name, state) ? { ...trouble, listing: true } : trouble;
      };
      const fail = (error: unknown): Trouble | null => {
        if (!(error instanceof ZfsUberError)) throw error;
        return end(troubleOf(error, doing, danger));
      };
      try {
        const working = work(state, at);
        return working instanceof Promise ? working.then(end, fail) : end(working);
      } catch (error) {
        return fail(error);
      }
    },
  };
}

/**
 * Whether a `zpool import` that lists pools comes to a step: it loads each pool at its newest txg, but for the last
 * verification.
 *
 * Source: module/zfs/spa.c, spa_tryimport and spa_ld_verify_pool_data
 */
const isListed = (step: StepName, { candidate, newest }: LoadState): boolean =>
  candidate === newest && step !== 'spa_load_verify';

/** @param what was being read; null where nobody said */
export function troubleOf(error: ZfsUberError, what: Reading | null, danger?: Danger): Trouble {
  const cause = errorCause(error);
  const because = cause === 'unsupported' ? 'unknown' : cause;
  const failed = failedReadsIn(error);
  const trouble: Trouble = {
    reason: { code: outcomeOf(error, because), what, error },
    because,
    ...(failed.length === 0 ? {} : { unread: failed }),
  };
  return because === 'unknown' || danger === undefined ? trouble : { ...trouble, danger };
}

/** What became of what was being read. */
function outcomeOf(error: ZfsUberError, because: Trouble['because']): NotRead['code'] {
  if (error instanceof UnavailableBlockError || error instanceof SourceError) return 'unreadable';
  return because === 'unknown' ? 'unjudged' : 'nonsense';
}
