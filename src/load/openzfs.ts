import type { RewrittenBirth } from '../traverse/pointerScan.ts';
import { FEATURES_BY_RELEASE } from './knownFeatures.layout.ts';

/** The OpenZFS whose answers are predicted. */
export interface OpenZfs {
  /** `2.3`: what is predicted is the same in all of 2.3.x. */
  readonly release: string;
  /** Guids of the features that it knows. */
  readonly features: ReadonlySet<string>;
  /** How its traversal takes a block that was rewritten where it lies. */
  readonly rewritten: RewrittenBirth;
}

/** The feature that rewritten blocks came with. */
const REWRITE = 'com.truenas:physical_rewrite';

function knownBy(release: string): OpenZfs {
  const features = new Set<string>();
  for (const each of FEATURES_BY_RELEASE) {
    for (const guid of [...each.read, ...each.readOnlyCompatible]) features.add(guid);
    if (each.release === release) break;
  }
  return { release, features, rewritten: features.has(REWRITE) ? 'physical' : 'logical' };
}

/** Which OpenZFS every verdict speaks for. */
export const JUDGED_AS: OpenZfs = knownBy('2.3');

/** `com.klarasystems:dynamic_gang_header (2.4 does)`: a feature that is not known, and the first release that knows it. */
export function unknownFeature(guid: string): string {
  const first = FEATURES_BY_RELEASE.find((each) => each.read.includes(guid) || each.readOnlyCompatible.includes(guid));
  return first === undefined ? guid : `${guid} (${first.release} does)`;
}
