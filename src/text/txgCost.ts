import { countText, durationText } from './amounts.ts';
import { hasFinding, type PoolCase } from './poolCase.ts';

/** What going back to the recommended txg costs, in words. */
export function costText({ pool, written }: PoolCase, withoutLog: boolean): string {
  const { recommendation } = pool;
  const [last] = written;
  const steps = written.findIndex((each) => each.txg === recommendation?.txg);
  const own = written[steps];
  if (recommendation === null || last === undefined || own === undefined) return 'of unknown age';
  if (steps === 0) return newestText(pool, recommendation.destroyedNewest ?? [], withoutLog);
  const back = `txg ${last.txg}, ${countText(steps, 'uberblock')} later`;
  const seconds = last.timestamp - own.timestamp;
  if (seconds < 0) return `before the newest (${back}); by the clock of its writer it is the later one`;
  return `${seconds === 0 ? 'less than 1 s' : durationText(seconds)} before the newest (${back})`;
}

/** Of the newest txg that an uberblock is left of: what may have been newer. */
function newestText(pool: PoolCase['pool'], destroyed: readonly string[], withoutLog: boolean): string {
  const log = withoutLog ? '; lost is what waited in the missing log' : '';
  if (destroyed.length > 0) {
    const one = destroyed.length === 1;
    const txgs = one ? `txg ${destroyed[0]}` : `txgs ${destroyed.slice(0, -1).join(', ')} and ${destroyed.at(-1)}`;
    const rest = one
      ? 'was written after it but its uberblock is destroyed'
      : 'were written after it but their uberblocks are destroyed';
    return `the newest that any uberblock still points to; ${txgs} ${rest}${log}`;
  }
  if (hasFinding(pool, 'label-newer-than-uberblock', 'warning')) {
    return `the newest that any uberblock still points to; a label is newer, so later ones are lost${log}`;
  }
  if (hasFinding(pool, 'abandoned-timeline', 'warning')) {
    return `the highest number, but of before a rewind: the pool went on at lower ones${log}`;
  }
  if (hasFinding(pool, 'history-diverged')) return `the newest of one of two histories${log}`;
  if (hasFinding(pool, 'labels-from-root')) {
    return 'made of a root that was carved; whether newer txgs were written nothing here tells';
  }
  const elsewhere = pool.recommendation?.elsewhere;
  if (elsewhere?.certain) return `the newest, but without all that was written after txg ${elsewhere.afterTxg}${log}`;
  if (elsewhere !== undefined) return `the newest here; missing devices may have gone on alone${log}`;
  return withoutLog ? 'the newest: no txg is lost, only what waited in the missing log' : 'the newest: no txg is lost';
}
