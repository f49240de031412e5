import type { MomentsEntry } from '../document/moments.ts';
import { countText, durationText } from '../text/amounts.ts';
import type { PoolCase } from '../text/poolCase.ts';
import { type Html, html } from './html.ts';
import { markItem, verdictItems } from './legend.ts';
import { facts, section, timeHtml } from './parts.ts';
import { historiesOf, type MomentKind, momentsOf, oddSteps, type TimeStep } from './poolTimes.ts';
import { MOMENT_MARKS } from './ringMarks.ts';
import { badge } from './tones.ts';

/** Odd steps that are named. */
const NAMED = 20;

/** When what was written, and where the clock makes no sense. */
export function timeSection(id: string, about: PoolCase): Html {
  const { moments: told } = about.pool;
  const moments = momentsOf(about);
  const written = moments.filter(({ kind }) => kind === 'uberblock');
  const [first] = written;
  const last = written.at(-1);
  if (first === undefined || last === undefined) return html``;
  const odd = oddSteps(historiesOf(about));
  const rest = odd.length - NAMED;
  return section(
    `${id}-time`,
    'Time',
    html`<p>By the clocks of the hosts that wrote to the pool.</p>`,
    facts([
      ['Oldest txg in the rings', html`${first.txg}, ${timeHtml(first.time)}`],
      ['Newest txg in the rings', html`${last.txg}, ${timeHtml(last.time)}`],
      ['Between them', last.time < first.time ? 'the clock went back' : durationText(last.time - first.time)],
      ['Txgs with an uberblock', String(written.length)],
    ]),
    odd.length === 0
      ? html`<p>No long gap between two txgs, and the clock never goes back.</p>`
      : html`<ul>${odd.slice(0, NAMED).map(stepHtml)}</ul>`,
    rest > 0 && html`<p class="dim">${countText(rest, 'more such step')}.</p>`,
    html`<figure class="chart" data-chart="time" hidden><figcaption>Txgs, label texts, history and snapshots by time. Drag over the picture to look closer, double-click to see all.</figcaption><ul class="legend">${verdictItems(about.pool.candidates.map(({ verdict }) => verdict))}${Object.entries(WORDS).map(([kind, words]) => moments.some((moment) => moment.kind === kind) && markItem(`moment-${kind}`, MOMENT_MARKS[kind as keyof typeof WORDS], words))}</ul></figure>`,
    html`<p class="dim">${historyHtml(told)}</p>`,
  );
}

/** What of the history stands in the picture. */
function historyHtml(told: MomentsEntry | undefined): Html {
  if (told === undefined) {
    return html`The document has no history of the pool: <code>scan --html</code> and <code>scan --with-history</code> read it.`;
  }
  if (told.events.length === 0) return html`Nothing of the history of the pool could be read.`;
  if (told.leftOut === 0) return html`${countText(told.events.length, 'event')} of history, datasets and snapshots.`;
  return html`The newest ${countText(told.events.length, 'event')}; ${told.leftOut} older ones: <code>zfs-uber history</code> has all.`;
}

const WORDS: Readonly<Record<Exclude<MomentKind, 'uberblock'>, string>> = {
  label: 'label text',
  history: 'history',
  dataset: 'dataset made',
  snapshot: 'snapshot made',
};

function stepHtml({ from, to, seconds }: TimeStep): Html {
  const what =
    seconds < 0
      ? badge('bad', `clock back ${durationText(-seconds)}`)
      : badge('note', `gap of ${durationText(seconds)}`);
  return html`<li>${what} between txg ${from.txg} (${timeHtml(from.timestamp)}) and txg ${to.txg} (${timeHtml(to.timestamp)})</li>`;
}
