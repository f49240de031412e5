import type { Verdict } from '../load/predict.ts';
import type { KeptState } from '../pool/keptState.ts';
import type { Aimed, ChoiceReason, OtherDevicesGiven, Worth } from '../rewind/choice.ts';
import { count, list, span, time } from './amounts.ts';

/** A part of a sentence that follows the txg. */
export const choiceText = (why: ChoiceReason): string => `${ownText(why)}${why.aim === null ? '' : aimText(why.aim)}`;

function ownText({ kind, verdict, passedOver }: ChoiceReason): string {
  const told = PASSED_OVER.flatMap(([each, word]) => {
    const number = passedOver.find((those) => those.kind === each)?.count ?? 0;
    return number === 0 ? [] : [`${number} ${word}`];
  });
  const more = told.length === 0 ? '' : `; newer ones: ${told.join(', ')}`;
  if (kind === 'checkpoint') {
    const only = verdict === 'readonly' ? ', though only read-only' : '';
    const open = verdict === 'unverified' ? ', not checked to the end' : '';
    return `the checkpoint${only}${open}: of the rings nothing imports${more}`;
  }
  const newest = NEWEST[kind];
  const fitting = kind === 'newest-fitting';
  switch (verdict) {
    case 'importable':
      return fitting ? `${newest} that imports${more}` : `${newest}, and all that an import needs reads`;
    case 'readonly':
      return `${newest}${fitting ? ' that imports, though' : '; it imports'} only read-only${more}`;
    default:
      return `${newest} whose root block reads; what lies below it was not checked to the end${more}`;
  }
}

const NEWEST: Readonly<Record<Exclude<ChoiceReason['kind'], 'checkpoint'>, string>> = {
  newest: 'the newest there is',
  'newest-asked-for': 'the newest of the txgs asked for',
  'newest-fitting': 'the newest',
};

/** In the order in which they are told. */
const PASSED_OVER: readonly (readonly [Verdict | 'unread', string])[] = [
  ['unread', 'with reads that fail'],
  ['damaged', 'damaged'],
  ['incomplete', 'lacking devices'],
  ['readonly', 'read-only'],
  ['unverified', 'not verified'],
];

function aimText({ before, needs }: Aimed): string {
  const whole = needs.length === 0 ? '' : `; has ${needs.join(', ')} whole`;
  if (before === null) return whole;
  return before.kind === 'time'
    ? `; from before ${time(before.time)}${whole}`
    : `; from before txg ${before.txg}, in which "${before.title}" took effect${whole}`;
}

/** What another txg is worth: follows the txg. */
export function worthText(worth: Worth): string {
  switch (worth.kind) {
    case 'newer-read-only':
      return `read-only, to copy out what was written in the ${span(worth.seconds)} after txg ${worth.after}`;
    case 'fewer-data-errors':
      return worth.errors === 0
        ? `the newest without data errors (the best has ${worth.best}), ${span(worth.seconds)} older`
        : `${count(worth.errors, 'data error')} instead of ${worth.best}, ${span(worth.seconds)} older`;
    case 'other-history':
      return `the newest of the other history, which is on ${worth.devices.join(', ')}`;
    case 'after-rewind':
      return `the newest that was written after a rewind, which had given up txg ${worth.givenUp}`;
    case 'root-reads-too':
      return 'its root block reads too, should that fail';
    case 'checkpoint':
      return `the checkpoint (${checkpointText(worth)})`;
    case 'after-copy': {
      const as = worth.devices.length === 1 ? 'it is' : 'they are';
      return `from a copy of ${list(worth.devices)} (ddrescue), also one with zeros in place of what cannot be read, it ${importsText(worth.readOnly)}: as ${as}, zpool import passes the device over, because a label of it gives a read error`;
    }
    case 'other-devices':
      return otherDevicesText(worth);
  }
}

const importsText = (readOnly: boolean): string => (readOnly ? 'imports read-only' : 'imports');

function checkpointText({ verdict, damaged }: Extract<Worth, { readonly kind: 'checkpoint' }>): string {
  if (verdict !== 'importable' && verdict !== 'readonly') return 'not verified to the end';
  const whole = damaged ? 'some of its metadata is damaged' : 'kept until it is discarded';
  return `${importsText(verdict === 'readonly')}; ${whole}`;
}

const WAS: Readonly<Record<KeptState, string>> = {
  offline: 'taken offline',
  faulted: 'faulted by zpool offline -f',
};

/** What imports when some devices are given and no others. */
export function otherDevicesText({ given, closed, states, which, txg, verdict }: OtherDevicesGiven): string {
  const were = `${closed.length === 1 ? 'was' : 'were'} ${list(states.map((state) => WAS[state]))}`;
  const those = {
    all: `which ${were}`,
    some: `of which ${list(closed)} ${were}`,
    'left-out': `without ${list(closed)}, which ${were}`,
  }[which];
  const imports =
    verdict === 'importable' || verdict === 'readonly' ? importsText(verdict === 'readonly') : 'may import';
  return `with only ${list(given)} given, each by -d, ${those}, txg ${txg} ${imports}`;
}
