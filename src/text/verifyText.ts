import { blockAddresses } from '../document/blockEntry.ts';
import type { DamagedFile } from '../document/damagedFiles.ts';
import type {
  FailureEntry,
  ReadableEntry,
  SeenRelaxedEntry,
  StepEntry,
  VerifyDocument,
} from '../document/verifyDocument.ts';
import { STEP_WORDS } from '../words/steps.ts';
import { countText, sizeText } from './amounts.ts';
import { fileName, pathPart, some } from './damagedFile.ts';
import { hasData } from './fromBundle.ts';
import { clean, entry, type Page, paragraph, type Style } from './page.ts';
import { withAnswerAtEnd } from './screen.ts';
import { stepsToImport } from './stepsText.ts';
import { table } from './table.ts';
import { joinBlocks, viewHeadText } from './viewHeadText.ts';

export interface VerifyTextChoice {
  /** Every line of long lists. */
  readonly all: boolean;
  /** The answer alone. */
  readonly quiet: boolean;
}

/** Lines of each list when not all are asked for. */
const SHOWN = 20;

const VERDICTS: Readonly<Record<NonNullable<VerifyDocument['verdict']>, readonly [string, keyof Style]>> = {
  importable: ['imports, read-only and read-write', 'good'],
  readonly: ['imports read-only, and not read-write', 'warn'],
  damaged: ['does not import: it is damaged', 'bad'],
  incomplete: ['does not import: devices are missing', 'bad'],
  unverified: ['cannot be told', 'warn'],
};

/** The report of `verify`: the answer, what it costs in files, then metadata, then the steps of the load. */
export function verifyText(page: Page, document: VerifyDocument, choice: VerifyTextChoice): string {
  const head = viewHeadText(page, document, []);
  if (document.verdict === null) return joinBlocks([head]);
  const answer = [...head, ...answerLines(page, document)];
  if (choice.quiet) return joinBlocks([answer]);
  const lists = [
    datasetLines(page, document, choice),
    fileLines(page, document, choice),
    blockLines(page, document, choice),
    findingLines(page, document),
    steps(page, document),
  ];
  const lines = joinBlocks([answer, ...lists])
    .trimEnd()
    .split('\n');
  return `${withAnswerAtEnd(page, lines, answer).join('\n')}\n`;
}

function answerLines(page: Page, document: VerifyDocument): string[] {
  const { verdict, reasons, hazards } = document;
  if (verdict === null) return [];
  const [says, paint] = VERDICTS[verdict];
  const colour = page.style[paint];
  const lines = entry(page, 'Verdict', says, colour, colour);
  for (const { message } of hazards)
    lines.push(...entry(page, 'Danger', clean(page, message), page.style.bad, page.style.bad));
  const [reason] = reasons;
  if (reason !== undefined) lines.push(...entry(page, 'Because', clean(page, reason)));
  lines.push(...entry(page, 'Errors', clean(page, errorsText(document))));
  const { relaxed, blocksChecked, bytesChecked } = document;
  if (relaxed !== null)
    lines.push(...entry(page, 'Readable', clean(page, readableText(relaxed, document)), page.style.warn));
  if (blocksChecked > 0) {
    lines.push(...entry(page, 'Checked', `${countText(blocksChecked, 'block')}, ${sizeText(bytesChecked)}`));
  }
  const steps = verdict === 'importable' || verdict === 'readonly' ? document.toImport : [];
  if (steps.length > 0) lines.push(...entry(page, 'Try', 'read-only first:'), ...stepsToImport(page, steps, ''));
  return lines;
}

function errorsText(document: VerifyDocument): string {
  const { metadataErrors, dataErrors, found, relaxed, blocksChecked, depth, verdict, sources } = document;
  const how = hasData(sources) ? '--depth data' : 'a bundle has none';
  const without = relaxed === null ? '' : withoutText(relaxed);
  const unread = depth === 'data' ? '' : ` (data was not looked at: ${how})`;
  if (metadataErrors === null) {
    const gone = verdict === 'unverified' && sources.some(({ error }) => error !== null);
    if (gone) return 'not counted: not all could be read';
    if (blocksChecked === 0) return "not counted: the pool's root metadata (MOS) is not there to begin with";
    const blocks = `${countText(found.metadata, 'block')} of metadata and ${found.data} of data fail`;
    return `zpool would not get as far as counting them; ${blocks}${without}${unread}`;
  }
  const data = dataErrors === null ? '' : `, ${countText(dataErrors, 'data error')}`;
  const text = `${countText(metadataErrors, 'metadata error')}${data}, as zpool would count them${unread}`;
  const more = found.metadata + found.data - metadataErrors - (dataErrors ?? 0);
  return more > 0 ? `${text}; it stops there, and ${countText(more, 'more block')} of what follows fail` : text;
}

/** What is left where OpenZFS does without what is missing. Names stand in it raw. */
function readableText(relaxed: SeenRelaxedEntry, { depth, sources }: VerifyDocument): string {
  const { parameters, verdict, datasets, complete } = relaxed;
  const imports = verdict === 'importable' ? 'imports' : 'imports read-only';
  const way = `not as it is; with ${parameters.join(' and ')} it ${imports}${withoutText(relaxed)}`;
  if (depth === 'meta') return hasData(sources) ? `${way}; which files read then is told by --depth data` : way;
  const [files, lost] = [sum(datasets.map((each) => each.files)), sum(datasets.map((each) => each.filesLost))];
  const closed = datasets.filter((each) => each.files === null).length;
  const more = closed === 0 ? '' : `, and nothing of ${countText(closed, 'filesystem')}`;
  const all = countText(files, 'file');
  return complete
    ? `${way}, and ${files - lost} of ${all} can be read then${more}`
    : `${way}, and at least ${lost} of ${all} counted cannot be read then${more}: the lists end at a bound`;
}

/** Where the config of the txg opens what the labels do not, nothing is done without. */
const withoutText = ({ risks, tops }: SeenRelaxedEntry): string =>
  risks.includes('lost-blocks')
    ? ` without ${tops.join(', ')}`
    : ` with ${tops.join(', ')} as the config of that txg has it`;

const sum = (counts: readonly (number | null)[]): number => counts.reduce<number>((all, each) => all + (each ?? 0), 0);

/** What is lost and what is whole, by dataset: those that lost something first. */
function datasetLines(page: Page, { relaxed }: VerifyDocument, { all }: VerifyTextChoice): string[] {
  const datasets = relaxed?.datasets ?? [];
  if (datasets.length === 0) return [];
  const isLossy = ({ filesLost, blocksLost }: ReadableEntry) => filesLost !== 0 || blocksLost > 0;
  const rows = [...datasets.filter(isLossy), ...datasets.filter((each) => !isLossy(each))].map((each) => ({
    cells: cellsOf(...lostIn(each)),
    note: clean(page, each.dataset),
  }));
  const shown = all ? rows : rows.slice(0, SHOWN);
  const columns = [
    { head: 'LOST', right: true },
    { head: 'OF', right: true },
  ];
  return [
    page.style.strong('What can be read, by dataset'),
    ...table(page, columns, 'DATASET', shown, rest(rows.length - shown.length)),
  ];
}

function lostIn({ kind, files, filesLost, blocksLost }: ReadableEntry): string[] {
  if (kind === 'volume') return [blocksLost === 0 ? '0' : countText(blocksLost, 'block'), 'a volume'];
  return files === null ? ['all', '?'] : [`${filesLost ?? 0}`, countText(files, 'file')];
}

function fileLines(page: Page, { files }: VerifyDocument, { all }: VerifyTextChoice): string[] {
  const damaged = files.filter(({ state }) => state !== 'nameless');
  const nameless = files.filter(({ state }) => state === 'nameless');
  const rows = damaged.map((file) => ({ cells: cellsOf(`${file.blocks}`, lostOf(file)), note: fileName(file) }));
  rows.push(...(all ? nameless.map((file) => namelessRow([file])) : byDirectory(nameless).map(namelessRow)));
  const shown = (all ? rows : rows.slice(0, SHOWN)).map(({ cells, note }) => ({ cells, note: clean(page, note) }));
  const columns = [
    { head: 'BLOCKS', right: true },
    { head: 'LOST', right: true },
  ];
  const heads = [
    ...(damaged.length > 0 ? [`Damaged files: ${damaged.length}`] : []),
    ...(nameless.length > 0 ? [`Files that only lost their names: ${nameless.length}`] : []),
  ];
  if (heads.length === 0) return [];
  return [
    page.style.strong(heads.join('; ')),
    ...table(page, columns, 'FILE', shown, rest(rows.length - shown.length)),
  ];
}

const cellsOf = (...texts: readonly string[]) => texts.map((text) => ({ text, paint: null }));

/** Those of one directory together: they are found by number only. */
function byDirectory(files: readonly DamagedFile[]): DamagedFile[][] {
  const groups = new Map<string, DamagedFile[]>();
  for (const file of files) {
    const key = JSON.stringify([file.dataset, directoryOf(file)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}

/** What stands before the unknown name; null when that is not known either. */
function directoryOf({ path }: DamagedFile): string | null {
  const end = path?.lastIndexOf('/<') ?? -1;
  return path === null || end < 0 ? null : path.slice(0, end) || '/';
}

function namelessRow(files: readonly DamagedFile[]): { cells: ReturnType<typeof cellsOf>; note: string } {
  const [first] = files;
  const objects = files.map(({ object }) => object);
  const one = first === undefined || files.length === 1;
  const cells = cellsOf('-', one ? 'its name' : `${files.length} names`);
  if (first === undefined) return { cells, note: '' };
  if (one) return { cells, note: fileName(first) };
  const { dataset, alsoIn } = first;
  const also = alsoIn.length === 0 ? '' : ` (also in ${some(alsoIn)})`;
  const where = directoryOf(first);
  return {
    cells,
    note: `${dataset}${where === null ? ', directory unknown' : pathPart(where)}, objects ${some(objects, 5)}${also}`,
  };
}

function lostOf({ state, damagedBytes }: DamagedFile): string {
  if (state === 'nameless') return 'its name';
  // A spill block holds none of its content.
  if (damagedBytes === '0') return 'attributes';
  return damagedBytes === null ? 'all' : sizeText(damagedBytes);
}

/** What is no content of a named file: metadata first, it is what fails an import. */
const findingLines = (page: Page, { findings }: VerifyDocument): string[] =>
  findings.flatMap(({ message }) => entry(page, 'Note', clean(page, message)));

function blockLines(page: Page, { failures, failuresLeftOut }: VerifyDocument, { all }: VerifyTextChoice): string[] {
  const listed = failures.filter(
    ({ kind, path, nameless }) => kind === 'metadata' || (path === null && nameless === null),
  );
  listed.sort((a, b) => Number(a.kind === 'data') - Number(b.kind === 'data'));
  const shown = all ? listed : listed.slice(0, SHOWN);
  const lines = shown.flatMap((failure) => {
    const label = failure.kind === 'metadata' ? 'Metadata' : 'Data';
    return entry(page, label, clean(page, failureText(failure)), page.style.bad);
  });
  const hidden = listed.length - shown.length;
  if (hidden > 0) lines.push(...paragraph(page, rest(hidden) ?? '', page.style.dim));
  if (failuresLeftOut > 0) {
    lines.push(
      ...paragraph(page, `${countText(failuresLeftOut, 'block')} that fail are not listed at all.`, page.style.dim),
    );
  }
  return lines.length === 0 ? [] : [page.style.strong('Other blocks that fail'), ...lines];
}

function failureText(failure: FailureEntry): string {
  const { dataset, datasetObject, objects, alsoIn } = failure;
  const own = dataset ?? `dataset ${datasetObject}`;
  const where = [alsoIn.length === 0 ? own : `${own} (also in ${some(alsoIn.map((other) => other.dataset))})`];
  where.push(...objectText(failure), blockText(failure));
  if (objects !== null) where.push(lostText(failure, objects));
  const addresses = blockAddresses(failure.blockPointer);
  const copies = failure.attempts.map(({ vdev, source, offsetBytes, outcome }) =>
    source === null || offsetBytes === null
      ? `${vdev} ${outcome}`
      : `${source} @ 0x${BigInt(offsetBytes).toString(16)} ${outcome}`,
  );
  const place = addresses.length === 0 ? '' : ` at ${addresses.join(', ')}`;
  return `${where.join(', ')}${place}: ${copies.length === 0 ? failure.message : copies.join('; ')}`;
}

function objectText({ what, object, objectType, role, path, nameless }: FailureEntry): string[] {
  if ((what !== 'content' && what !== 'indirect') || object === '0') return [];
  const kind = role ?? objectType;
  const name = path ?? (nameless === 'encrypted' ? 'its name is encrypted' : '');
  return [`object ${object}${kind === null ? '' : ` (${kind})`}${name === '' ? '' : ` ${name}`}`];
}

function blockText({ what, level, blockId, offsetBytes, lengthBytes, object }: FailureEntry): string {
  if (blockId === '-1') return 'its spill block';
  const part = what === 'indirect' && object === '0' ? 'indirect of the dnodes' : what;
  const block = `${part} level ${level} block ${blockId}`;
  if (offsetBytes === null || lengthBytes === null) return block;
  return `${block} (${sizeText(lengthBytes)} at byte ${offsetBytes})`;
}

function lostText(
  { lost, lostRoles, lostAll, nameless }: FailureEntry,
  objects: { first: string; last: string },
): string {
  const range = `objects ${objects.first} to ${objects.last}`;
  if (lostRoles.length > 0)
    return `${range}: ${some(
      lostRoles.map(({ role }) => role),
      6,
    )}`;
  if (nameless === 'encrypted') return `${range}: their names are encrypted`;
  const gone = lost.filter(({ state }) => state === 'lost');
  const names = gone.flatMap(({ paths, object }) => paths[0] ?? `object ${object}`);
  const count = `${lostAll ? '' : 'at least '}${countText(gone.length, 'file')}`;
  return names.length === 0 ? range : `${range}: ${count}: ${some(names)}`;
}

const rest = (count: number): string | null => (count > 0 ? `${count} more: --all` : null);

const OUTCOMES: Readonly<Record<VerifyDocument['steps'][number]['outcome'], readonly [string, keyof Style]>> = {
  passed: ['passed', 'good'],
  failed: ['FAILED', 'bad'],
  open: ['open', 'warn'],
  'not-reached': ['not reached', 'dim'],
};

function steps(page: Page, document: VerifyDocument): string[] {
  // OpenZFS has one name for several of these steps.
  const told = document.steps.filter((step, at) => !isSameStep(step, document.steps[at - 1]));
  const rows = told.map(({ name, when, outcome, message }) => {
    const [text, paint] = OUTCOMES[outcome];
    const only = when === 'always' ? '' : 'read-write only';
    const about = [only, message === null ? '' : `${message} (${name})`].filter((part) => part !== '');
    return {
      cells: [
        { text: STEP_WORDS[name], paint: null },
        { text, paint },
      ],
      note: clean(page, about.join('; ')),
    };
  });
  const columns = [
    { head: 'STEP OF THE LOAD', right: false },
    { head: 'RESULT', right: false },
  ];
  return rows.length === 0 ? [] : table(page, columns, '', rows, null);
}

const isSameStep = (step: StepEntry, before: StepEntry | undefined): boolean =>
  before !== undefined &&
  (['name', 'when', 'outcome', 'message'] as const).every((field) => step[field] === before[field]);
