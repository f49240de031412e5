import { shellCommand } from '../bytes/shellWord.ts';
import type { CandidateEntry } from '../document/candidate.types.ts';
import type { RecommendationEntry } from '../document/recommendation.types.ts';
import { countText, durationText } from '../text/amounts.ts';
import { sentence } from '../text/bestTxg.ts';
import { damageText, fileName } from '../text/damagedFile.ts';
import { hasData } from '../text/fromBundle.ts';
import { hasFinding, type PoolCase } from '../text/poolCase.ts';
import { intentLogsText, snapshotsText } from '../text/recommendedState.ts';
import { MOS_WORDS } from '../words/readings.ts';
import { type Html, html } from './html.ts';
import { commandLines, facts, timeHtml } from './parts.ts';

/** What going back to the recommended txg gives up, and what is there. */
export function lostHtml(about: PoolCase, recommendation: RecommendationEntry, candidate: CandidateEntry | null): Html {
  const { written } = about;
  const { commandVerify = [] } = recommendation;
  const whole = about.depth === 'data' && candidate?.dataErrors === 0 && candidate.metadataErrors === 0;
  const at = written.findIndex(({ txg }) => txg === recommendation.txg);
  const own = written[at];
  const newest = written[0];
  const snapshots = snapshotsText(recommendation);
  const logs = intentLogsText(recommendation);
  return html`<div class="card">
<h3>What is lost, and what is there</h3>
${facts([
  [
    'Newer txgs given up',
    at < 0 || hasFinding(about.pool, 'labels-from-root') ? 'not known' : at === 0 ? 'none' : countText(at, 'uberblock'),
  ],
  ['Writing given up', at > 0 ? lostTime(recommendation.lossSeconds) : null],
  ['State of', own === undefined ? null : timeHtml(own.timestamp)],
  ['Newest state in the rings', at === 0 || newest === undefined ? null : timeHtml(newest.timestamp)],
  ['Metadata', candidate === null ? null : metadataText(candidate)],
  ['Files', candidate === null ? null : filesHtml(about, candidate, recommendation)],
  ['Damaged', damagedText(candidate)],
  ['Snapshots', snapshots],
  ['Intent logs', logs === null ? null : sentence(logs)],
])}
${
  whole || commandVerify.length === 0
    ? null
    : html`<details><summary>Which files are damaged? A line that reads everything and writes nothing</summary>${commandLines([shellCommand(commandVerify)])}</details>`
}</div>`;
}

const lostTime = (seconds: number): string => (seconds === 0 ? 'less than 1 s' : durationText(seconds));

function metadataText({ metadataErrors, blocksChecked }: CandidateEntry): string {
  if (metadataErrors === null) return 'not checked';
  if (metadataErrors > 0) return `${countText(metadataErrors, 'block')} cannot be read`;
  return `every block reads (${countText(blocksChecked, 'block')} checked)`;
}

/** What is known of the files, each damaged one by its name where that was looked up. */
function filesHtml(
  { depth, sources }: PoolCase,
  { dataErrors }: CandidateEntry,
  { damage }: RecommendationEntry,
): Html | string {
  if (dataErrors === null || depth !== 'data') {
    return hasData(sources) ? 'not known: their content was not read' : 'not known: a bundle has none of their content';
  }
  if (dataErrors === 0) return 'every block of their content reads';
  if (damage === undefined) return `${countText(dataErrors, 'block')} of content cannot be read`;
  const rest = damage.filesLeftOut;
  return html`${damageText(damage)}${
    damage.files.length === 0
      ? null
      : html`<details><summary>${countText(damage.files.length + rest, 'damaged file')}</summary><ul class="files">${damage.files.map(
          (file) => html`<li><code>${fileName(file)}</code></li>`,
        )}</ul>${rest === 0 ? null : html`<p>and ${countText(rest, 'more file')}</p>`}</details>`
  }`;
}

/** Whose the blocks are that the load stumbles over, as far as its reasons tell; null where they do not. */
function damagedText(candidate: CandidateEntry | null): string | null {
  const named = new Set(
    (candidate?.reasonData ?? []).flatMap(({ block }) =>
      block === undefined
        ? []
        : `${block.what} of ${block.dataset ?? (block.datasetObject === '0' ? MOS_WORDS : `dataset ${block.datasetObject}`)}`,
    ),
  );
  return named.size === 0 ? null : [...named].join('; ');
}
