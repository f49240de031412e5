import { isLeftByGone, restsOnFailedReads, type Verdict } from '../load/predict.ts';
import type { Choice, ChoiceReason } from './choice.ts';
import type { Judged } from './judge.ts';

/** Lower is better. Between verdicts that are open, a root that reads is worth more than one nobody looked at. */
function grade({ prediction, root }: Judged): number {
  const grades: Record<Verdict, number> = { importable: 0, readonly: 1, unverified: 2, damaged: 5, incomplete: 6 };
  // Which of those that a device left open reads further is chance.
  if (isLeftByGone(prediction)) return 3;
  const own = grades[prediction.verdict];
  if (prediction.verdict !== 'unverified' || root.state === 'reads') return own;
  return root.state === 'not-checked' ? 3 : 4;
}

/**
 * Best first: what imports, then what imports read-only, then what is open, then what fails; the newest first among
 * equals, and of one txg the one that zpool takes. A checkpoint comes after the uberblock that the rings have of its txg:
 * who looks for a txg means that one.
 *
 * @param judged newest first, as candidates are collected; the order among equals is kept
 */
export function rank<T extends Judged>(judged: readonly T[]): T[] {
  const ranked = [...judged].sort((a, b) => {
    const better = grade(a) - grade(b);
    if (better !== 0) return better;
    if (a.candidate.txg !== b.candidate.txg) return a.candidate.txg > b.candidate.txg ? -1 : 1;
    return Number(b.candidate.taken) - Number(a.candidate.taken);
  });
  const stored = ranked.findIndex(({ candidate }) => candidate.checkpoint !== null);
  const [kept] = stored < 0 ? [] : ranked.splice(stored, 1);
  if (kept === undefined) return ranked;
  const same = ranked.findIndex(({ candidate }) => candidate.txg === kept.candidate.txg);
  ranked.splice(Math.max(stored, same + 1), 0, kept);
  return ranked;
}

/**
 * The newest that imports; failing that, the newest that imports read-only; failing that, the newest whose root block
 * reads, said to be no more than that. Null when not even that is known.
 *
 * @param ranked best first
 * @param newestTxg of all that the rings hold, also what was not asked to be judged
 */
export function choose<T extends Judged>(ranked: readonly T[], newestTxg: bigint): Choice<T> | null {
  const promising = [
    ...ranked.filter((each) => each.candidate.checkpoint === null && grade(each) <= 1),
    // What the rings hold is kept as long as it may be, and the checkpoint gives up most.
    ...ranked.filter((each) => each.candidate.checkpoint !== null && grade(each) <= 1),
    ...ranked.filter((each) => grade(each) === 2 && each.prediction.hazards.length === 0),
  ];
  // One that is taken only when some devices stay away is worth naming where nothing else is.
  const best =
    promising.find(({ candidate }) => candidate.taken || candidate.checkpoint !== null) ??
    promising.find(({ devices }) => devices !== null);
  if (best === undefined) return null;
  // How far behind what another one is, nobody knows then.
  if (best.prediction.verdict === 'unverified' && ranked.some(({ prediction }) => isLeftByGone(prediction)))
    return null;
  const passedOver = ranked.filter(({ candidate }) => candidate.taken && candidate.txg > best.candidate.txg);
  return { judged: best, why: whyOf(best, passedOver, newestTxg), passedOver };
}

function whyOf(best: Judged, passedOver: readonly Judged[], newestTxg: bigint): ChoiceReason {
  const newest = best.candidate.txg < newestTxg ? 'newest-asked-for' : 'newest';
  const own = passedOver.length === 0 ? newest : 'newest-fitting';
  return {
    kind: best.candidate.checkpoint === null ? own : 'checkpoint',
    verdict: best.prediction.verdict,
    passedOver: countsOf(passedOver),
    aim: null,
  };
}

function countsOf(judged: readonly Judged[]): ChoiceReason['passedOver'] {
  const counts = new Map<Verdict | 'unread', number>();
  for (const { prediction } of judged) {
    const unread = prediction.verdict === 'damaged' && restsOnFailedReads(prediction);
    const kind = unread ? 'unread' : prediction.verdict;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => ({ kind, count }));
}
