import { count, type Finding } from '../findings/finding.ts';
import type { Need } from './need.ts';
import type { NeedAnswer } from './needsCheck.ts';

/** One candidate and what became of each need; null where it was not looked at. */
export interface Answered {
  readonly txg: bigint;
  readonly answers: readonly NeedAnswer[] | null;
}

/** In how many txgs all needs are met, or what is wrong where none meets them. */
export function needsFinding(
  needs: readonly Need[],
  candidates: readonly Answered[],
  poolName: string | null,
): Finding {
  const about = { code: 'aimed-needs', devices: [] };
  const what = needs.map(({ text }) => text).join(', ');
  const meeting = candidates.filter(({ answers }) => answers?.every(({ state }) => state === 'whole') ?? false);
  if (meeting.length > 0) {
    const newest = meeting.reduce((best, each) => (each.txg > best.txg ? each : best));
    const message = `${meeting.length} of ${count(candidates.length, 'candidate')} ${meeting.length === 1 ? 'has' : 'have'} ${what} whole; the newest is txg ${newest.txg}.`;
    return { ...about, severity: 'info', message };
  }
  const unseen = candidates.filter(({ answers }) => answers === null).length;
  const why = [
    ...(unseen === 0
      ? []
      : [`${unseen} ${unseen === 1 ? 'does' : 'do'} not import and ${unseen === 1 ? 'was' : 'were'} not looked at`]),
    ...needs.flatMap((need) => whyUnmet(need, candidates)),
  ];
  const elsewhere = needs.filter(({ dataset }) => poolName !== null && dataset.split(/[/@]/)[0] !== poolName);
  if (elsewhere.length > 0) why.push(`names begin with that of the pool, ${poolName}`);
  const message = `None of ${count(candidates.length, 'candidate')} imports and has ${what} whole: none is proposed.${why.length === 0 ? '' : ` ${why.join('; ')}.`}`;
  return { ...about, severity: 'error', message };
}

/** In how many txgs a need is not met, by what is wrong. */
function whyUnmet({ text }: Need, candidates: readonly Answered[]): string[] {
  const answers = candidates.flatMap(({ answers }) => answers?.filter(({ need }) => need.text === text) ?? []);
  const of = (state: NeedAnswer['state']): readonly NeedAnswer[] => answers.filter((answer) => answer.state === state);
  const [absent, damaged, unknown] = [of('absent'), of('damaged'), of('unknown')];
  const parts: string[] = [];
  if (absent.length > 0) parts.push(`not there in ${absent.length}`);
  if (damaged.length > 0) parts.push(`damaged in ${damaged.length}`);
  if (unknown.length > 0) parts.push(`cannot be told of in ${unknown.length} (${unknown[0]?.detail ?? ''})`);
  return parts.length === 0 ? [] : [`${text}: ${parts.join(', ')}`];
}
