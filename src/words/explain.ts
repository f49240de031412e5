import { nearest } from '../bytes/nearest.ts';
import { ERROR_MEANINGS, type ErrorMeaning } from './meanings/errors.ts';
import { FINDING_MEANINGS } from './meanings/findings.ts';
import { ERROR_NUMBERS, MESSAGE_MEANINGS, type Met } from './meanings/messages.ts';
import { REASON_MEANINGS } from './meanings/reasons.ts';
import { STATUS_MEANINGS } from './meanings/statuses.ts';
import { VERDICT_MEANINGS } from './meanings/verdicts.ts';
import { STEP_WORDS } from './steps.ts';

/** What something means that zfs-uber or OpenZFS says. */
export interface Meaning {
  /** What said it: `message` is OpenZFS, all others are zfs-uber. */
  readonly kind: 'finding' | 'verdict' | 'reason' | 'hazard' | 'error' | 'status' | 'step' | 'message';
  readonly code: string;
  readonly says: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly todo: string;
  /** Where OpenZFS says it; null of what zfs-uber says. */
  readonly source: string | null;
  /** Numbers of errors that stand in the text, in words. */
  readonly numbers: readonly string[];
  /** How a scan tells the txgs that have it. */
  readonly met: Met | { readonly by: 'verdict'; readonly verdict: string } | null;
}

/** Longer lines and texts are cut: nobody pastes more on purpose. */
const LINE = 2000;
const LINES = 500;
/** Messages of one text that are explained. */
const SHOWN = 20;

/**
 * What a code, an exit status or a text of OpenZFS means. Takes time in proportion to the text, of which the first million
 * of bytes count.
 *
 * @param text a code of zfs-uber, a number, or lines of dmesg, `zpool import`, `zpool status` or the log of a load
 * @returns none where nothing is known of it
 */
export function explainText(text: string): Meaning[] {
  const word = text.trim();
  const coded = byCode(word);
  return coded.length > 0 ? coded : byMessage(word);
}

/** The code that `word` was likely meant to be; null where none is near. */
export const nearestCode = (word: string): string | null =>
  word.length > LINE
    ? null
    : nearest(word, [...Object.keys(FINDING_MEANINGS), ...Object.keys(REASON_MEANINGS), ...STEPS]);

const STEPS: readonly string[] = Object.keys(STEP_WORDS);

/** Markdown as the tables of the documentation have it, without its marks. */
const plain = (markdown: string): string =>
  markdown.replace(/\[([^\]]{1,200})\]\([^)]{1,200}\)/g, '$1').replaceAll('`', '');

const own = (kind: Meaning['kind'], code: string, says: string, todo: string, met: Meaning['met']): Meaning => ({
  ...{ kind, code, says: plain(says), todo: plain(todo), met },
  source: null,
  numbers: [],
});

function byCode(word: string): Meaning[] {
  const found: Meaning[] = [];
  if (isKey(FINDING_MEANINGS, word)) {
    const { says, todo } = FINDING_MEANINGS[word];
    found.push(own('finding', word, says, todo, { by: 'finding', codes: [word] }));
  }
  if (isKey(VERDICT_MEANINGS, word)) {
    const { says, todo } = VERDICT_MEANINGS[word];
    found.push(own('verdict', word, says, todo, { by: 'verdict', verdict: word }));
  }
  if (isKey(REASON_MEANINGS, word)) {
    found.push(own('reason', word, REASON_MEANINGS[word], '', { by: 'reason', codes: [word] }));
  }
  if (isKey(STEP_WORDS, word)) {
    const says = `a step of the load: ${STEP_WORDS[word]}`;
    found.push(own('step', word, says, '', { by: 'steps', steps: [word] }));
  }
  const hazard = HAZARDS.get(word);
  if (hazard !== undefined) found.push(hazard);
  const status = /^(?:status |exit |exit status )?(\d{1,3})$/i.exec(word)?.[1];
  const meaning = status === undefined ? undefined : STATUS_MEANINGS[Number(status)];
  if (status !== undefined && meaning !== undefined) {
    found.push(own('status', String(Number(status)), meaning.says, meaning.todo, null));
  }
  return [...found, ...errorsOf(word)];
}

const isKey = <Key extends string>(table: Readonly<Record<Key, unknown>>, word: string): word is Key =>
  Object.hasOwn(table, word);

const HAZARDS: ReadonlyMap<string, Meaning> = new Map(
  (['panic', 'hang'] as const).map((kind) => [
    kind,
    own(
      'hazard',
      kind,
      kind === 'panic'
        ? 'importing that txg would take the running system with it: OpenZFS takes for granted that what it meets there cannot happen'
        : 'importing that txg would never end, and every other zpool and zfs command would wait for it until the next boot',
      'take another txg; no command is given for this one',
      { by: 'hazard', kind },
    ),
  ]),
);

function errorsOf(word: string): Meaning[] {
  return Object.entries<ErrorMeaning<string>>(ERROR_MEANINGS).flatMap(([name, { says, codes }]) => {
    if (!Object.hasOwn(codes, word) && name !== word) return [];
    const more = Object.hasOwn(codes, word) ? codes[word] : null;
    return [own('error', word, more == null ? says : `${says}: ${more}`, '', null)];
  });
}

function byMessage(text: string): Meaning[] {
  const lines = text.slice(0, LINE * LINES).split(/\r?\n/, LINES);
  const found = new Map<string, Meaning>();
  // Text that was broken into lines to fit a page is one sentence.
  const whole = lines.map((line) => line.trim()).join(' ');
  for (const line of [...lines, whole]) {
    const part = line.slice(0, LINE);
    const message = MESSAGE_MEANINGS.find(({ pattern }) => pattern.test(part));
    if (message === undefined || found.has(message.code) || found.size >= SHOWN) continue;
    const { code, says, todo, source, met } = message;
    found.set(code, { kind: 'message', code, says, todo, source, met, numbers: numbersIn(part) });
  }
  return [...found.values()];
}

/** `error=52` and its like. */
function numbersIn(line: string): string[] {
  const numbers = new Set([...line.matchAll(/\berror[= ](\d{1,3})\b/g)].map(([, number]) => Number(number)));
  return [...numbers].flatMap((number) => {
    const words = ERROR_NUMBERS[number];
    return words === undefined ? [] : [`${number}: ${words}`];
  });
}
