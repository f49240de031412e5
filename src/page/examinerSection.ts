import type { ScanDocument } from '../document/scanDocument.ts';
import type { LabelEntry, SourceEntry } from '../document/source.types.ts';
import { countText, sizeText } from '../text/amounts.ts';
import { HASHED } from '../text/sourcesRead.ts';
import { type Html, html } from './html.ts';
import { commandLines, facts, scrolled, timeHtml } from './parts.ts';
import { badge } from './tones.ts';

/** How the document came to be, as far as is known. */
export interface MadeBy {
  /** The words of the command, as a line for a shell; null where nothing tells. */
  readonly commandLine: string | null;
  /** Seconds since 1970; null where nothing tells. */
  readonly scannedAt: number | null;
  /** When the page was made. */
  readonly pageAt: number;
}

/** For whoever has to answer for what stands above: what was read, by what, when. */
export function examinerSection(
  document: ScanDocument,
  handles: readonly string[],
  { commandLine, scannedAt, pageAt }: MadeBy,
  sha256: string,
): Html {
  const { tool, judgedAs, depth, stopped, sources } = document;
  return html`<section id="examiner" aria-labelledby="examiner-title"><h2 id="examiner-title">For the examiner</h2>
${facts([
  ['Tool', `${tool.name} ${tool.version}`],
  ['Checksums by', tool.engine],
  ['Answers predicted of', `OpenZFS ${judgedAs}`],
  ['Depth', `${depth}${stopped ? ', stopped before the end' : ''}`],
  ['Scanned', scannedAt === null ? 'the document does not say when' : timeHtml(scannedAt)],
  ['Page made', timeHtml(pageAt)],
  ['Document', html`${document.schema}, SHA-256 <code class="hash">${sha256}</code>`],
])}
${commandLine === null ? html`<p>The command is not known: the page was made of a document.</p>` : html`<p>The command:</p>${commandLines([commandLine])}`}
<p><button type="button" data-download hidden>Download the JSON document</button></p>
<h3>Sources</h3>
<p>Sources were opened read-only.</p>
${
  sources.length === 0
    ? html`<p>None.</p>`
    : scrolled(
        'Table of sources',
        html`<table><thead><tr><th scope="col">Name</th><th scope="col">Path</th><th scope="col">Kind</th><th scope="col" class="number">Size</th><th scope="col" class="number">Bytes</th><th scope="col" class="number">Begins at</th><th scope="col">Labels</th></tr></thead><tbody>${sources.map(
          (source, index) => sourceRow(source, handles[index] ?? ''),
        )}</tbody></table>`,
      )
}
${sumsHtml(sources, handles)}
</section>
`;
}

/** What was read of the labels, to be compared with another reading of the same disk. */
function sumsHtml(sources: readonly SourceEntry[], handles: readonly string[]): Html {
  const rows = sources.flatMap(({ labels }, at) =>
    labels.flatMap(({ index, read }) => (read === undefined ? [] : { at, index, read })),
  );
  const bundle = html`<code>zfs-uber bundle</code> writes all that is read into one file, with hashes`;
  if (rows.length === 0) return html`<p>The document has no hashes of what was read: ${bundle}.</p>`;
  return html`<details><summary>SHA-256 of what was read of the labels</summary>
<p>${HASHED} Bytes are counted from the beginning of the vdev. Other reads are not hashed here: ${bundle}, and <code>--log</code> writes each read with its hash.</p>
${scrolled(
  'Table of hashes',
  html`<table><thead><tr><th scope="col">Name</th><th scope="col">Label</th><th scope="col" class="number">From byte</th><th scope="col" class="number">Bytes</th><th scope="col">SHA-256</th></tr></thead><tbody>${rows.map(
    ({ at, index, read }) =>
      html`<tr><th scope="row">${handles[at] ?? ''}</th><td>${index}</td><td class="number">${read.offsetBytes}</td><td class="number">${read.lengthBytes}</td><td><code class="hash">${read.sha256}</code></td></tr>
`,
  )}</tbody></table>`,
)}</details>`;
}

function sourceRow(source: SourceEntry, handle: string): Html {
  const {
    path,
    kind,
    bundle,
    sizeBytes,
    offsetBytes,
    labels,
    error,
    madeOf = [],
    unreadable = [],
    notes: told = [],
  } = source;
  const notes = [
    ...told.map(({ message }) => message),
    ...(bundle === undefined ? [] : [`from the bundle ${bundle.path} (there ${bundle.kind})`]),
    ...(madeOf.length === 0 ? [] : [`made of ${madeOf.join(', ')}`]),
    ...(error === null ? [] : [`${error.message} (${error.code})`]),
    ...(unreadable.length === 0
      ? []
      : [
          `${countText(unreadable.length, 'place')} could not be read, the first at byte ${unreadable[0]?.offsetBytes ?? ''}`,
        ]),
  ];
  return html`<tr><th scope="row">${handle}</th><td><code>${path}</code>${notes.map((note) => html`<br><span class="dim">${note}</span>`)}</td><td>${kind}</td><td class="number">${sizeText(sizeBytes)}</td><td class="number">${sizeBytes}</td><td class="number">${offsetBytes}</td><td>${labelsHtml(labels)}</td></tr>
`;
}

function labelsHtml(labels: readonly LabelEntry[]): Html {
  if (labels.length === 0) return html`none read`;
  if (labels.every(({ status }) => status === 'ok')) return badge('good', `${labels.length} ok`);
  return html`${labels.map(({ index, status }) => html`${badge(status === 'ok' ? 'good' : 'bad', `${index} ${status}`)} `)}`;
}
