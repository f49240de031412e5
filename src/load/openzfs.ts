import { POINTERS_SINCE_2_3 } from '../pool/pointerRules.ts';
import type { PointerReading } from '../traverse/pointerScan.ts';
import { FEATURES_BY_RELEASE } from './knownFeatures.layout.ts';

/** The OpenZFS whose answers are predicted. */
export interface OpenZfs {
  /** `2.3`: what is predicted is the same in all of 2.3.x. */
  readonly release: string;
  /** Guids of the features that it knows. */
  readonly features: ReadonlySet<string>;
  /** How it takes block pointers: by which birth it goes where a block was rewritten, and which it refuses to follow. */
  readonly pointers: Required<PointerReading>;
}

/** The feature that rewritten blocks came with. */
const REWRITE = 'com.truenas:physical_rewrite';

function knownBy(release: string): OpenZfs {
  const features = new Set<string>();
  for (const each of FEATURES_BY_RELEASE) {
    for (const guid of [...each.read, ...each.readOnlyCompatible]) features.add(guid);
    if (each.release === release) break;
  }
  const rewritten = features.has(REWRITE) ? 'physical' : 'logical';
  return { release, features, pointers: { rewritten, strictness: POINTERS_SINCE_2_3 } };
}

/** Which OpenZFS every verdict speaks for. */
export const JUDGED_AS: OpenZfs = knownBy('2.3');

/** The first release that knows the feature; null where none does. */
export const firstToKnow = (guid: string): string | null =>
  FEATURES_BY_RELEASE.find((each) => each.read.includes(guid) || each.readOnlyCompatible.includes(guid))?.release ??
  null;
