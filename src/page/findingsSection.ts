import type { FindingEntry, Value, Values } from '../document/parts.types.ts';
import type { VersionEntry } from '../document/pool.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import type { Severity } from '../rewind/findings/codes.ts';
import { wordsToImport } from '../text/stepWords.ts';
import { type Html, html } from './html.ts';
import { commandLines, section } from './parts.ts';
import { SEVERITY_TONES, toneSign } from './tones.ts';

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];
const WORDS: Readonly<Record<Severity, string>> = { error: 'Error', warning: 'Warning', info: 'Note' };

/** What a person has to know, the gravest first, each with what it was seen from. */
export function findingsSection(
  id: string,
  findings: readonly FindingEntry[],
  versions: readonly VersionEntry[],
  sources: readonly SourceEntry[],
  handles: readonly string[],
): Html {
  const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return section(
    `${id}-findings`,
    'Findings',
    sorted.length === 0 && versions.length === 0
      ? html`<p>Nothing was found that a person has to know.</p>`
      : html`<ul class="findings">${sorted.map((finding) => findingHtml(finding, sources, handles))}${versions.map(
          ({ message }) =>
            html`<li class="finding">${toneSign('note')}<div><p><strong>OpenZFS</strong> ${message}.</p></div></li>`,
        )}</ul>`,
  );
}

function findingHtml(
  { code, severity, message, values, sources: about = [], steps = [] }: FindingEntry,
  sources: readonly SourceEntry[],
  handles: readonly string[],
): Html {
  const tone = SEVERITY_TONES[severity];
  const rows = [
    ...about.map(
      (index) => ['source', html`${handles[index] ?? ''} <code>${sources[index]?.path ?? ''}</code>`] as const,
    ),
    ...flat(values ?? {}).map(([name, value]) => [name, html`${value}`] as const),
  ];
  return html`<li class="finding finding-${tone}">${toneSign(tone)}<div>
<p><strong>${WORDS[severity]}</strong> <code class="code">${code}</code></p>
<p>${message}</p>
${steps.map((step) => html`${wordsToImport(step) === '' ? null : html`<p>${wordsToImport(step)}</p>`}${commandLines(step.lines)}`)}
${
  rows.length === 0
    ? null
    : html`<details><summary>Evidence</summary><dl class="evidence">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></details>`
}</div></li>`;
}

/** Values of a finding that are shown. */
const EVIDENCE = 100;

/** Names that lead to each value, and the value as text: `unreadable.0.offset`, `4096`. */
function flat(values: Values): (readonly [name: string, value: string])[] {
  const rows: (readonly [string, string])[] = [];
  const waiting: (readonly [string, Value])[] = Object.entries(values);
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (rows.length === EVIDENCE) return [...rows, ['more', 'in the JSON document']];
    const [name, value] = next;
    if (value === null || typeof value !== 'object') rows.push([name, String(value)]);
    else waiting.unshift(...Object.entries(value).map(([key, each]) => [`${name}.${key}`, each] as const));
  }
  return rows;
}
