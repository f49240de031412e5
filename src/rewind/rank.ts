import type { Txg } from '../bytes/units.ts';
import type { Judged } from './judge.ts';
import type { Verdict } from './predict.ts';

/** Lower is better. Between verdicts that are open, a root that reads is worth more than one nobody looked at. */
function grade({ prediction, root }: Judged): number {
  const grades: Record<Verdict, number> = { importable: 0, readonly: 1, unverified: 2, damaged: 5, incomplete: 6 };
  const own = grades[prediction.verdict];
  if (prediction.verdict !== 'unverified' || root.state === 'reads') return own;
  return root.state === 'not-checked' ? 3 : 4;
}

/**
 * Best first: what imports, then what imports read-only, then what is open, then what fails; the newest first among
 * equals, and of one txg the one that zpool takes.
 *
 * @param judged newest first, as candidates are collected; the order among equals is kept
 */
export function rank(judged: readonly Judged[]): Judged[] {
  return [...judged].sort((a, b) => {
    const better = grade(a) - grade(b);
    if (better !== 0) return better;
    if (a.candidate.txg !== b.candidate.txg) return a.candidate.txg > b.candidate.txg ? -1 : 1;
    return Number(b.candidate.taken) - Number(a.candidate.taken);
  });
}

/** The candidate to try, and why it and not a newer one. */
export interface Choice {
  readonly judged: Judged;
  readonly why: string;
  readonly alternatives: readonly { readonly txg: Txg; readonly why: string }[];
}

/**
 * The newest that imports; failing that, the newest that imports read-only; failing that, the newest whose root block
 * reads, said to be no more than that. Null when not even that is known.
 *
 * @param ranked best first
 */
export function choose(ranked: readonly Judged[]): Choice | null {
  const best = ranked.find(({ candidate }) => candidate.taken);
  if (best === undefined || grade(best) > 2) return null;
  const newer = ranked.filter(({ candidate }) => candidate.taken && candidate.txg > best.candidate.txg);
  const passed = newer.length === 0 ? '' : passedOver(newer);
  return { judged: best, why: `${whyOf(best, newer.length)}${passed}`, alternatives: alternatives(ranked, best) };
}

function whyOf({ prediction, candidate }: Judged, newer: number): string {
  const which = newer === 0 ? `txg ${candidate.txg} is the newest there is` : `txg ${candidate.txg} is the newest`;
  switch (prediction.verdict) {
    case 'importable':
      return newer === 0 ? `${which}, and every step of its import can be read` : `${which} that imports`;
    case 'readonly':
      return newer === 0 ? `${which}; it imports read-only` : `${which} that imports, though only read-only`;
    default:
      return newer === 0
        ? `${which}, and its root block reads; whether what that points to reads was not checked`
        : `${which} whose root block reads; whether what that points to reads was not checked`;
  }
}

function passedOver(newer: readonly Judged[]): string {
  const count = (verdict: Verdict) => newer.filter(({ prediction }) => prediction.verdict === verdict).length;
  const kinds: [Verdict, string][] = [
    ['damaged', 'damaged'],
    ['incomplete', 'lacking devices'],
    ['readonly', 'read-only'],
    ['unverified', 'not verified'],
  ];
  const parts = kinds.flatMap(([verdict, word]) => (count(verdict) > 0 ? [`${count(verdict)} ${word}`] : []));
  return `; newer ones: ${parts.join(', ')}`;
}

/** Older ones of the same grade to turn to when the first fails: enough to go on with, not the whole table. */
const SHOWN_ALTERNATIVES = 3;

function alternatives(ranked: readonly Judged[], best: Judged): Choice['alternatives'] {
  return ranked
    .filter((each) => each !== best && each.candidate.taken && grade(each) === grade(best))
    .slice(0, SHOWN_ALTERNATIVES)
    .map(({ candidate, prediction }) => ({
      txg: candidate.txg,
      why: prediction.verdict === 'unverified' ? 'its root block reads, should newer ones fail' : 'the next older one',
    }));
}
