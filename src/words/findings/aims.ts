import type { AimedRecord, AimValues } from '../../rewind/findings/values/aims.ts';
import { count, list, time } from '../amounts.ts';
import { needTroubleWords } from '../needs.ts';
import type { FindingWords } from './findingWords.ts';

export const AIM_WORDS: FindingWords<keyof AimValues> = { 'aimed-before': beforeText, 'aimed-needs': needsText };

function beforeText(values: AimValues['aimed-before']): string {
  switch (values.kind) {
    case 'time': {
      const { time: asked, left, reach } = values;
      const which = left === 0 ? 'the oldest there is' : 'the newest of them';
      const about = reach === null ? '' : `; ${which}, txg ${reach.txg}, was written at ${time(reach.time)}`;
      const [first = '', ...rest] = areLeft(left);
      return `${first.toUpperCase()}${rest.join('')} from before ${time(asked)}${about}.`;
    }
    case 'record': {
      const { record, user, host, left, matches, others } = values;
      const who = user === null ? '' : ` by user ${user}`;
      const on = host === null ? '' : ` on ${host}`;
      const when = record.time === null ? '' : ` at ${time(record.time)}`;
      const which = matches > 1 ? ` It is the last of ${matches} records that fit.` : '';
      const have = others === 1 ? 'has' : 'have';
      const less = others > 0 ? ` ${count(others, 'other record')} ${have} that in another text.` : '';
      return `"${record.title}"${who}${on}${when} took effect in txg ${record.txg}; ${areLeft(left)} from before.${which}${less}`;
    }
    case 'not-found': {
      const { asked, opened, near } = values;
      const nothing = opened
        ? `No record of the pool's history that reads fits "${asked}"`
        : `The pool's history cannot be read, so "${asked}" cannot be looked for`;
      const meant = near.length === 0 ? '' : ` The last ones that took something away: ${list(near.map(recordText))}.`;
      return `${nothing}: no txg is ranked.${meant} The command history lists all; a time such as "2026-01-31 09:38" (UTC) works too.`;
    }
  }
}

const areLeft = (left: number): string =>
  left === 0 ? 'no txg is' : `${count(left, 'txg')} ${left === 1 ? 'is' : 'are'}`;

function recordText({ title, time: at, txg }: AimedRecord): string {
  const about = [...(at === null ? [] : [time(at)]), ...(txg === null ? [] : [`txg ${txg}`])];
  return `"${title}"${about.length === 0 ? '' : ` (${about.join(', ')})`}`;
}

function needsText({ needs, candidates, meeting, newest, unseen, unmet, begin }: AimValues['aimed-needs']): string {
  const what = needs.join(', ');
  if (newest !== null) {
    return `${meeting} of ${count(candidates, 'txg')} ${meeting === 1 ? 'has' : 'have'} ${what} whole; the newest is txg ${newest}.`;
  }
  const [do_, were] = unseen === 1 ? ['does', 'was'] : ['do', 'were'];
  const why = [
    ...(unseen === 0 ? [] : [`${unseen} ${do_} not import and ${were} not looked at`]),
    ...unmet.map(unmetText),
    ...(begin === null ? [] : [`names begin with that of the pool, ${begin}`]),
  ];
  return `None of ${count(candidates, 'txg')} imports and has ${what} whole: none is proposed.${why.length === 0 ? '' : ` ${why.join('; ')}.`}`;
}

function unmetText({ need, absent, damaged, unknown, trouble }: AimValues['aimed-needs']['unmet'][number]): string {
  const parts = [
    ...(absent > 0 ? [`not there in ${absent}`] : []),
    ...(damaged > 0 ? [`damaged in ${damaged}`] : []),
    ...(unknown > 0
      ? [`cannot be told of in ${unknown}${trouble === null ? '' : ` (${needTroubleWords(trouble)})`}`]
      : []),
  ];
  return `${need}: ${parts.join(', ')}`;
}
