import { shellCommand } from '../bytes/shellWord.ts';
import type { ShellStepEntry } from '../document/parts.types.ts';
import type { RecommendationEntry, WayOutEntry } from '../document/recommendation.types.ts';
import { sentence } from '../text/bestTxg.ts';
import { aimed, dangers, type Next, nextStep, outlook } from '../text/outlook.ts';
import { type PoolCase, recommended } from '../text/poolCase.ts';
import { BEFORE_WRITING, splitSteps, wordsToClose, wordsToImport, wordsToWrite } from '../text/stepWords.ts';
import { costText } from '../text/txgCost.ts';
import { wayOutText } from '../text/waysOut.ts';
import { WAY_RISKS } from '../words/wayRisks.ts';
import { type Html, html, type Part } from './html.ts';
import { lostHtml } from './lossBox.ts';
import { commandLines } from './parts.ts';
import { badge, saidHtml } from './tones.ts';
import { VERDICT_TONES } from './verdictTones.ts';

/** What a person in trouble has to know first: does it import, which txg is best, what it costs, what to type. */
export function answerHtml(about: PoolCase, id: string): Html {
  const said = [...aimed(about), outlook(about)].flatMap((each) => each ?? []);
  return html`<div class="verdict">${said.map(saidHtml)}
${dangers(about).map((text) => saidHtml({ text: `DANGER: ${text}`, tone: 'bad' }))}</div>
${about.pool.recommendation === null ? nextHtml(nextStep(about)) : bestHtml(about, about.pool.recommendation, id)}
${waysOutHtml(about)}`;
}

export const nextHtml = ({ text, steps }: Next): Html => html`<div class="card">
<h3>What to do next</h3>
<p>${text}</p>
${steps.length === 0 ? null : phasesHtml(phasesOf(steps, { withoutLog: false }), 'next')}</div>`;

function bestHtml(about: PoolCase, recommendation: RecommendationEntry, id: string): Html {
  const { txg, why, whyData, checkpoint } = recommendation;
  const candidate = recommended(about.pool);
  const verdict = candidate?.verdict ?? 'unverified';
  const withoutLog = candidate?.withoutLog ?? false;
  // Of the newest txg that imports all is said above.
  const told = why === '' || (whyData.kind === 'newest' && whyData.verdict === 'importable');
  return html`<div class="answer"><div class="card best">
<p class="kicker">Recommended</p>
<p class="txg">Txg ${txg} ${badge(VERDICT_TONES[verdict], verdict)}</p>
<p class="cost">${sentence(costText(about, withoutLog))}${verdict === 'unverified' ? ' Not proven: it may still fail.' : ''}</p>
${checkpoint === undefined ? null : html`<p>It is the checkpoint that the pool keeps (held by txg ${checkpoint.heldBy}).</p>`}
${told ? null : html`<p>${sentence(why)}</p>`}
${recommendation.alternatives
  .filter(({ steps = [] }) => steps.length > 0)
  .map((other) => html`<p>Or txg ${other.txg}: ${other.why}. <a href="#${id}-choice">Its commands</a></p>`)}
</div>
${lostHtml(about, recommendation, candidate)}</div>
<h3 id="${id}-steps">What to do, in this order</h3>
${phasesHtml(recommendedPhases(about, recommendation, { withoutLog }), id)}`;
}

interface Phase {
  readonly title: string;
  readonly content: readonly Part[];
}

/** A list to tick off. */
const phasesHtml = (phases: readonly Phase[], id: string): Html => html`<ol class="phases">${phases.map(
  ({ title, content }, at) => html`
<li><label for="${id}-phase-${at}"><input type="checkbox" id="${id}-phase-${at}"> <span>${title}</span></label>
<div class="phase">${content}</div></li>`,
)}
</ol>`;

interface Manner {
  /** A log device is missing. */
  readonly withoutLog: boolean;
}

/** The safe order: find what is lacking, lay something over the devices, import read-only, copy out, only then write. */
function recommendedPhases(about: PoolCase, recommendation: RecommendationEntry, manner: Manner): Phase[] {
  const { before = [], overlay, cautions, cautionSteps, steps } = recommendation;
  const verdict = recommended(about.pool)?.verdict;
  const stepsOf = (caution: string) => (cautionSteps[cautions.indexOf(caution)] ?? []).map(importStepHtml);
  const first = before.map((caution) => [html`<p>${caution}</p>`, stepsOf(caution)]);
  const minded = cautions.filter((caution) => !before.includes(caution));
  const phases = phasesOf(steps, manner);
  if (verdict === 'readonly') {
    const text = 'Read-write this txg does not import: copy out what matters.';
    phases.push({ title: 'Do not write', content: [html`<p>${text}</p>`] });
  }
  const copies = [
    ...minded.map((caution) => html`<p>${caution}</p>${stepsOf(caution)}`),
    ...(overlay === undefined ? [] : [overlayHtml(overlay)]),
  ];
  return [
    ...(first.length === 0 ? [] : [{ title: 'Before anything else', content: first }]),
    // Of a pool with nothing to lose by an import nothing is said here.
    ...(copies.length === 0 ? [] : [{ title: 'Copy the devices, or lay overlays over them', content: copies }]),
    ...phases,
  ];
}

/** The phases of steps of a shell; a phase without a step is left out. */
function phasesOf(steps: readonly ShellStepEntry[], { withoutLog }: Manner): Phase[] {
  const { toImport, toClose, toWrite } = splitSteps(steps);
  const closing = toClose.map((step) => stepHtml(wordsToClose(step, withoutLog), step));
  const writing = toWrite.map((step) => stepHtml(wordsToWrite(step), step));
  return [
    { title: 'Import it read-only', content: toImport.map(importStepHtml) },
    { title: 'Copy out what matters, and export', content: closing },
    {
      title: 'Only then import it to write',
      content: writing.length === 0 ? [] : [html`<p>${BEFORE_WRITING}</p>`, ...writing],
    },
  ].filter(({ content }) => content.length > 0);
}

const stepHtml = (words: string, { lines }: ShellStepEntry): Html =>
  html`${words === '' ? null : html`<p>${words}</p>`}${commandLines(lines)}`;

const importStepHtml = (step: ShellStepEntry): Html => stepHtml(wordsToImport(step), step);

function overlayHtml({
  plain,
  copies,
  deviceMapper,
  commandReadWrite,
  undo,
}: NonNullable<RecommendationEntry['overlay']>): Html {
  return html`<p>Overlays from which a plain import loads that txg at once; the devices stay as they are:</p>
${commandLines([shellCommand(plain)])}
<details><summary>By hand, as root, with everything that is written going to files in /var/tmp</summary>
${commandLines([...copies, ...deviceMapper, shellCommand(commandReadWrite)])}
<p>When done, after the export:</p>
${commandLines([undo])}
</details>`;
}

function waysOutHtml({ pool, sources, written }: PoolCase): Html | null {
  const ways = pool.waysOut ?? [];
  if (ways.length === 0) return null;
  return html`<h3>Ways out</h3>
<p>States that an import as it is does not open. Each has its price.</p>
${ways.map((way) => wayHtml(way, sentence(wayOutText(way, pool, sources, written[0]?.txg))))}`;
}

function wayHtml(way: WayOutEntry, head: string): Html {
  const freeBsd =
    way.onFreeBsd.length === 0
      ? null
      : html`<p>On FreeBSD, in place of the line that sets parameters:</p>${commandLines(way.onFreeBsd)}`;
  return html`<details class="card"><summary>${head}</summary>
<p><strong>Risk:</strong> ${way.risks.map((risk) => WAY_RISKS[risk]).join(' ')}</p>
${phasesOf(way.steps, { withoutLog: way.withoutLog ?? false }).map(({ title, content }) => html`<p class="kicker">${title}</p>${content}`)}
${freeBsd}</details>`;
}
