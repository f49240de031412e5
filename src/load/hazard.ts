import type { Txg } from '../bytes/units.ts';
import type { OpenZfs } from './openzfs.ts';
import type { StepReason } from './reason.ts';
import { RELEASE_RULES, type RuleName } from './releaseRules.ts';
import type { StepName } from './stepNames.ts';

/**
 * How OpenZFS fails where it should give an error: `panic` takes the running system with it, `hang` never ends and holds
 * what every other command needs, until the next boot.
 */
export interface Danger {
  readonly kind: 'panic' | 'hang';
  /** First and last release that was seen to, or whose source says so: `2.3.0-2.4.3`. 2.4.4 is the newest looked at. */
  readonly releases: string;
  /** By which a release has it; absent where all have. */
  readonly rule?: RuleName;
  /** It always does; otherwise what becomes of memory that was given free decides. */
  readonly certain: boolean;
}

/** What trying an import would do to the machine. */
export interface Hazard extends Danger {
  /** What the load meets, in a step by its name in OpenZFS; or tables that an attempt before it gave free. */
  readonly meets: { readonly step: StepName; readonly reason: StepReason } | 'freed-tables';
  /** A `zpool import` that only lists the pools meets it too. */
  readonly listing: boolean;
  /** Not the txg's own load does it, but what an import goes on to after that has failed. */
  readonly after?: Retry;
}

/** An import that goes on to an older txg. */
export interface Retry {
  /** The txg that fails first, and the one whose load does the harm. */
  readonly first: Txg;
  readonly at: Txg;
  /** Only where the devices are opened to be written to. */
  readonly writes: boolean;
}

/**
 * It takes for granted that there is no error.
 *
 * Source: see who uses it; the same in OpenZFS 2.0.0 to 2.4.4
 */
export const ASSERTED: Danger = { kind: 'panic', releases: '2.0.0-2.4.4', certain: true };

/** A hazard that not all releases have. */
const by = (rule: RuleName, kind: Danger['kind'], certain = true): Danger => ({
  ...{ kind, certain, rule },
  releases: RELEASE_RULES[rule].holds,
});

/** The verification reads what a pointer leads to without a look at the pointer, and reading halts at nonsense. */
export const POINTERS_HALT = by('pointers-halt', 'panic');

export const CLONES_ASSERTED = by('clone-entries-asserted', 'panic');

/** The bonus of the counts stays held when they do not read, so that closing the meta-object set waits for ever. */
export const CLONES_HELD = by('clone-counts-held', 'hang');

/**
 * A load that fails after it has read of cloned blocks gives the tables free and keeps their number; the next attempt of
 * the same import sums them up when it opens the first metaslab. What it then reads is anything: some pools crashed
 * 2.3.2 each time, others not once.
 */
export const CLONES_FREED = by('clone-tables-freed', 'panic', false);

/** Whether that OpenZFS has the hazard. */
export const hasDanger = (openZfs: OpenZfs, { rule }: Danger): boolean => rule === undefined || openZfs.does(rule);
