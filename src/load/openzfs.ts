import {
  POINTERS_BEFORE_2_2,
  POINTERS_OF_2_2,
  POINTERS_SINCE_2_3,
  type PointerStrictness,
} from '../pool/pointerRules.ts';
import { FEATURES_BY_RELEASE } from './knownFeatures.layout.ts';
import { RELEASE_RULES, type ReleaseRule, type RuleName } from './releaseRules.ts';
import { isAmong, LINES, lineOf, type Releases, releaseNumber, releasesOf, releasesOfLine } from './releases.ts';

/** What a load asks of the OpenZFS that does it: whether it knows a feature, or follows a rule. */
export type Question = `feature ${string}` | `rule ${RuleName}`;

/** The OpenZFS whose answers are predicted. */
export abstract class OpenZfs {
  /** `2.3`: what is predicted holds for all of 2.3, but where it says otherwise; `2.3.9`: for that one. */
  abstract readonly release: string;
  /** Which block pointers it refuses to follow. */
  abstract readonly strictness: PointerStrictness;

  /** Of a line, what one of its releases does counts as done. */
  abstract answer(question: Question): boolean;

  /** @param feature its guid */
  knows(feature: string): boolean {
    return this.answer(`feature ${feature}`);
  }

  does(rule: RuleName): boolean {
    return this.answer(`rule ${rule}`);
  }
}

class KnownOpenZfs extends OpenZfs {
  readonly strictness: PointerStrictness;
  readonly #features: ReadonlySet<string>;
  /** Asked for each candidate, of each release. */
  readonly #rules = new Map<Question, boolean>();

  constructor(
    readonly release: string,
    readonly releases: Releases,
  ) {
    super();
    this.#features = featuresOf(lineOf(release));
    this.strictness = strictnessOf(releases);
  }

  answer(question: Question): boolean {
    if (question.startsWith(FEATURE)) return this.#features.has(question.slice(FEATURE.length));
    const known = this.#rules.get(question);
    if (known !== undefined) return known;
    const rule = RULES.get(question);
    const holds = rule !== undefined && isAmong(rule.holds, this.releases);
    this.#rules.set(question, holds);
    return holds;
  }
}

const FEATURE = 'feature ';
const RULES = new Map<string, ReleaseRule>(Object.entries(RELEASE_RULES).map(([name, rule]) => [`rule ${name}`, rule]));

/** Of a line and of those before it. */
function featuresOf(line: string): ReadonlySet<string> {
  const features = new Set<string>();
  for (const each of FEATURES_BY_RELEASE) {
    for (const guid of [...each.read, ...each.readOnlyCompatible]) features.add(guid);
    if (each.release === line) break;
  }
  return features;
}

function strictnessOf({ last }: Releases): PointerStrictness {
  if (last < releaseNumber('2.2')) return POINTERS_BEFORE_2_2;
  return last < releaseNumber('2.3') ? POINTERS_OF_2_2 : POINTERS_SINCE_2_3;
}

/** Keeps what it was asked: another release that gives the same answers loads the pool in the same way. */
export class AskedOpenZfs extends OpenZfs {
  readonly release: string;
  readonly strictness: PointerStrictness;
  readonly #asked: OpenZfs;
  readonly #answers = new Map<Question, boolean>();

  constructor(asked: OpenZfs) {
    super();
    this.#asked = asked;
    this.release = asked.release;
    this.strictness = asked.strictness;
  }

  answer(question: Question): boolean {
    const answer = this.#asked.answer(question);
    this.#answers.set(question, answer);
    return answer;
  }

  /** All that was asked, with the answers. */
  get answers(): ReadonlyMap<Question, boolean> {
    return this.#answers;
  }
}

/** Null for what is no release that pools are judged for. */
export function openZfsOf(release: string): OpenZfs | null {
  const releases = releasesOf(release);
  return releases === null ? null : new KnownOpenZfs(release, releases);
}

/** One of each line, oldest first. */
export const OPENZFS_LINES: readonly OpenZfs[] = LINES.map((line) => new KnownOpenZfs(line, releasesOfLine(line)));

/** Which OpenZFS verdicts speak for where nobody says another. */
export const JUDGED_AS: OpenZfs = new KnownOpenZfs('2.3', releasesOfLine('2.3'));

/** The first release that knows the feature; null where none does. */
export const firstToKnow = (guid: string): string | null =>
  FEATURES_BY_RELEASE.find((each) => each.read.includes(guid) || each.readOnlyCompatible.includes(guid))?.release ??
  null;
