import { sha256 } from '../block/sha256.ts';
import { type ChecksumWords, printWords } from '../bytes/errors.ts';
import { sourceHandles } from '../document/handles.ts';
import { documentParts } from '../document/jsonParts.ts';
import { jsonSafe } from '../document/jsonSafe.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import { poolCase } from '../text/poolCase.ts';
import { headingParts } from '../text/poolHeading.ts';
import { reservations, withoutPoolSources } from '../text/scanText.ts';
import { nothingFoundWords } from '../text/sourceTrouble.ts';
import { answerHtml, nextHtml } from './answerSection.ts';
import { candidateRows } from './candidateRows.ts';
import { candidatesSection } from './candidatesSection.ts';
import { choiceSection } from './choiceSection.ts';
import { examinerSection, type MadeBy } from './examinerSection.ts';
import { findingsSection } from './findingsSection.ts';
import { Html, html } from './html.ts';
import { section } from './parts.ts';
import { ringSection } from './ringSection.ts';
import { timeSection } from './timeSection.ts';
import { saidHtml } from './tones.ts';
import { vdevSection } from './vdevTree.ts';

/** What a page needs besides the document: made when the program is built. */
export interface PageAssets {
  /** The whole style sheet. */
  readonly style: string;
  /** The whole script, a classic one. */
  readonly script: string;
}

export interface ReportChoice extends MadeBy {
  /** What `--pool` asked for. */
  readonly pool: string | null;
}

/**
 * The report of `scan` as one page: it loads nothing, and no script but its own runs in it, by a policy that stands in it.
 *
 * @returns HTML with nothing in it from the document that is not escaped
 */
export function reportPage(document: ScanDocument, { style, script }: PageAssets, choice: ReportChoice): string {
  const handles = sourceHandles(document.sources.map(({ path }) => path));
  const whole = [...documentParts(document)].join('');
  const names = document.pools.map(({ name, guid }) => name ?? guid);
  const title =
    names.length === 0 ? 'No pool found' : names.length === 1 ? `Pool ${names[0]}` : `${names.length} pools`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="generator" content="zfs-uber ${document.tool.version}">
<title>${title} - zfs-uber</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#report">Skip to the report</a>
<header class="top"><h1 class="brand">zfs-uber report</h1>${contentsHtml(document.pools)}</header>
<main id="report">
${reservations(document).map(saidHtml)}
${document.pools.length === 0 ? nothingHtml(document, choice.pool) : null}
${document.pools.map((pool, at) => poolHtml(pool, `pool-${at}`, document, handles, choice))}
${othersHtml(document, handles)}
${examinerSection(document, handles, choice, printWords(sha256(new TextEncoder().encode(whole)), ''))}
</main>
<script type="application/json" id="document">${embedded(document)}</script>
<script>${new Html(script)}</script>
</body>
</html>
`;
  return page.markup;
}

/** Something for the script of the page. A browser ends a script at the first `</script`, whatever is around it. */
const embedded = (value: unknown): Html => new Html(jsonSafe(JSON.stringify(value)).replaceAll('<', '\\u003c'));

/** What the page may do: its own style and script, named by their hashes, and nothing else. */
function policy(style: string, script: string): string {
  const hash = (text: string) => `'sha256-${base64(sha256(new TextEncoder().encode(text)))}'`;
  return `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; img-src data:; base-uri 'none'; form-action 'none'`;
}

const SECTIONS = [
  ['', 'Answer'],
  ['-ring', 'Rings'],
  ['-time', 'Time'],
  ['-choice', 'Choice'],
  ['-vdevs', 'Devices'],
  ['-findings', 'Findings'],
  ['-table', 'All txgs'],
] as const;

function contentsHtml(pools: readonly PoolEntry[]): Html {
  const [only] = pools;
  const links =
    pools.length === 1 && only !== undefined
      ? SECTIONS.filter(([id]) => hasSection(only, id)).map(
          ([id, name]) => html`<li><a href="#pool-0${id}">${name}</a></li>`,
        )
      : pools.map(({ name, guid }, at) => html`<li><a href="#pool-${at}">${name ?? guid}</a></li>`);
  return html`<nav aria-label="Contents"><ul>${links}<li><a href="#examiner">Examiner</a></li></ul></nav>`;
}

const hasSection = ({ candidates }: PoolEntry, id: string): boolean =>
  candidates.length > 0 || (id !== '-choice' && id !== '-time');

function poolHtml(
  pool: PoolEntry,
  id: string,
  { sources, depth }: ScanDocument,
  handles: readonly string[],
  { pageAt }: ReportChoice,
): Html {
  const about = poolCase(pool, sources, depth);
  const rows = candidateRows(pool, handles);
  const [name = '', ...facts_] = headingParts(about, pageAt);
  return html`<article class="pool" data-pool="${pool.guid}" aria-labelledby="${id}">
<h2 class="pool-name" id="${id}">${name}</h2>
<p class="about">${facts_.map((part) => html`<span>${part}</span> `)}</p>
${answerHtml(about, id)}
${ringSection(id, pool, sources, handles)}
${timeSection(id, about)}
${choiceSection(id, pool, rows)}
${vdevSection(id, pool, sources, handles)}
${findingsSection(id, pool.findings, pool.versions ?? [], sources, handles)}
${candidatesSection(id, rows)}
</article>
`;
}

function nothingHtml(document: ScanDocument, asked: string | null): Html {
  const { said, next } = nothingFoundWords(document, asked);
  return html`<div class="verdict">${saidHtml(said)}</div>${next.map(nextHtml)}`;
}

/** Findings that belong to no pool, and sources that do not. */
function othersHtml(document: ScanDocument, handles: readonly string[]): Html {
  const { findings, sources, pools } = document;
  const lonely = withoutPoolSources(document);
  // Without a pool the containers are the answer, and told there.
  const told = pools.length === 0 ? 'container-not-opened' : null;
  const others = findings.filter(({ code }) => code !== told);
  if (others.length + lonely.length === 0) return html``;
  return html`<article aria-labelledby="others"><h2 id="others">Outside of pools</h2>
${others.length === 0 ? null : findingsSection('others', others, [], sources, handles)}
${
  lonely.length === 0
    ? null
    : section(
        'no-pool',
        'Sources that belong to no pool',
        html`<ul>${lonely.map(({ path }) => html`<li><code>${path}</code></li>`)}</ul>`,
      )
}</article>`;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** A digest of 32 bytes: RFC 4648, 4. */
function base64(words: ChecksumWords): string {
  // 256 bits and two of padding make 43 digits.
  let bits = words.reduce((sum, word) => (sum << 64n) | word, 0n) << 2n;
  let text = '';
  for (let at = 0; at < 43; at++) {
    text = (DIGITS[Number(bits & 63n)] ?? '') + text;
    bits >>= 6n;
  }
  return `${text}=`;
}
