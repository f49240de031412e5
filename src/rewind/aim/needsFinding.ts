import type { Finding } from '../findings/finding.ts';
import type { AimValues } from '../findings/values/aims.ts';
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
  const meeting = candidates.filter(({ answers }) => answers?.every(({ state }) => state === 'whole') ?? false);
  const met = meeting.length > 0;
  const elsewhere = needs.some(({ dataset }) => poolName !== null && dataset.split(/[/@]/)[0] !== poolName);
  return {
    code: 'aimed-needs',
    severity: met ? 'info' : 'error',
    values: {
      needs: needs.map(({ text }) => text),
      candidates: candidates.length,
      meeting: meeting.length,
      newest: meeting.reduce<bigint | null>((best, { txg }) => (best === null || txg > best ? txg : best), null),
      unseen: candidates.filter(({ answers }) => answers === null).length,
      unmet: needs.flatMap((need) => unmet(need, candidates)),
      begin: elsewhere ? poolName : null,
    },
    devices: [],
  };
}

/** In how many txgs a need is not met, by what is wrong. */
function unmet({ text }: Need, candidates: readonly Answered[]): AimValues['aimed-needs']['unmet'] {
  const answers = candidates.flatMap(({ answers }) => answers?.filter(({ need }) => need.text === text) ?? []);
  const count = (state: NeedAnswer['state']): number => answers.filter((answer) => answer.state === state).length;
  const [absent, damaged, unknown] = [count('absent'), count('damaged'), count('unknown')];
  if (absent + damaged + unknown === 0) return [];
  const [trouble = null] = answers.flatMap((answer) => (answer.state === 'unknown' ? answer.trouble : []));
  return [{ need: text, absent, damaged, unknown, trouble }];
}
