import { dateAndTime, timeText } from '../text/amounts.ts';
import { type Html, html, type Part } from './html.ts';

/** What is told of one pool: its anchors begin with `id`, so that several pools share a page. */
export const section = (id: string, title: string, ...parts: readonly Part[]): Html =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h3 id="${id}-title">${title}</h3>
${parts}
</section>
`;

/** Lines for a shell, each with a button that copies it; the script of the page shows the button. */
export const commandLines = (lines: readonly string[]): Html[] =>
  lines.map(
    (line) =>
      html`<div class="command"><pre><code>${unbroken(line)}</code></pre><button type="button" class="copy" hidden>Copy</button></div>
`,
  );

/** A line whose options are not broken at their hyphen; what is copied is the line. */
const unbroken = (line: string): Html[] =>
  line
    .split(/(?<= )(?=-)|(?= )/)
    .map((word) => (word.startsWith('-') ? html`<span class="option">${word}</span>` : html`${word}`));

/** A time as UTC; the script adds what it is where the page is read. */
export function timeHtml(timestamp: number): Html {
  const known = dateAndTime(timestamp);
  if (known === null) return html`${timeText(timestamp)}`;
  return html`<time datetime="${known.date}T${known.time}Z">${timeText(timestamp)}</time>`;
}

/** Names and what they stand for; entries without a value are left out. */
export const facts = (entries: readonly (readonly [name: string, value: Part])[]): Html =>
  html`<dl class="facts">${entries
    .filter(([, value]) => value !== null && value !== false && value !== '')
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

/** A table that scrolls by itself where the page is too narrow for it. */
export const scrolled = (label: string, content: Html): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">${content}</div>`;
