import type { PoolEntry } from '../document/pool.types.ts';
import { countText } from '../text/amounts.ts';
import { sentence } from '../text/bestTxg.ts';
import { lossText } from '../text/candidateLoss.ts';
import { wordsToImport } from '../text/stepWords.ts';
import type { CandidateRow } from './candidateRows.ts';
import { type Html, html } from './html.ts';
import { verdictItems } from './legend.ts';
import { commandLines, scrolled, section } from './parts.ts';
import { badge } from './tones.ts';
import { VERDICT_TONES } from './verdictTones.ts';

/** What is given up against what is damaged: the recommended txg, the alternatives, and a picture of all. */
export function choiceSection(id: string, pool: PoolEntry, rows: readonly CandidateRow[]): Html {
  if (rows.length === 0) return html``;
  const { recommendation } = pool;
  const alternatives = recommendation?.alternatives ?? [];
  const known = (txg: string) => rows.find(({ candidate }) => candidate.txg === txg);
  const best = rows.find((row) => row.best);
  const choices = [
    ...(best === undefined || recommendation === null
      ? []
      : [choiceRow(best, recommendation.why === '' ? 'Recommended.' : `Recommended: ${recommendation.why}`)]),
    ...alternatives.map(({ txg, why }) => choiceRow(known(txg), sentence(why), txg)),
  ];
  const commands = alternatives.flatMap(({ txg, steps = [] }) =>
    steps.length === 0
      ? []
      : html`<details><summary>Commands for txg ${txg}</summary>${steps.map((step) => html`${wordsToImport(step) === '' ? null : html`<p>${wordsToImport(step)}</p>`}${commandLines(step.lines)}`)}</details>`,
  );
  const text =
    alternatives.length === 0
      ? 'No other txg trades loss against damage in a way worth knowing.'
      : `${countText(alternatives.length, 'other txg')} ${alternatives.length === 1 ? 'is' : 'are'} worth knowing: with the recommended commands and that number, unless other commands are given.`;
  return section(
    `${id}-choice`,
    'The choice: loss against damage',
    html`<p>${recommendation === null ? 'No txg can be recommended: the table of all txgs says why.' : text}</p>`,
    choices.length === 0
      ? null
      : scrolled(
          'Table of choices',
          html`<table><thead><tr><th scope="col" class="number">Txg</th><th scope="col">Verdict</th><th scope="col" class="number">Loss</th><th scope="col">Damage</th><th scope="col">Why</th></tr></thead><tbody>${choices}</tbody></table>`,
        ),
    commands,
    html`<figure class="chart" data-chart="choice" hidden><figcaption>Each txg by the writing it gives up and the blocks it has lost. The table of all txgs has the numbers.</figcaption><ul class="legend">${verdictItems(rows.map(({ candidate }) => candidate.verdict))}</ul></figure>`,
  );
}

function choiceRow(row: CandidateRow | undefined, why: string, txg = row?.candidate.txg ?? ''): Html {
  const candidate = row?.candidate;
  return html`<tr class="${row?.best ? 'best-row' : 'row'}"><th scope="row" class="number">${txg}</th><td>${candidate === undefined ? null : badge(VERDICT_TONES[candidate.verdict], candidate.verdict)}</td><td class="number">${row === undefined ? '' : lossText([row.loss])}</td><td>${candidate === undefined ? '' : damageText(candidate)}</td><td>${why}</td></tr>`;
}

function damageText({ metadataErrors, dataErrors }: CandidateRow['candidate']): string {
  if (metadataErrors === null) return 'not counted';
  const parts = [
    ...(metadataErrors > 0 ? [`${countText(metadataErrors, 'block')} of metadata`] : []),
    ...(dataErrors ? [`${countText(dataErrors, 'block')} of content`] : []),
  ];
  return parts.length === 0 ? `none found${dataErrors === null ? ' in metadata' : ''}` : parts.join(', ');
}
