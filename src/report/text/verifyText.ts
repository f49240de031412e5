import { blockAddresses } from '../blockEntry.ts';
import type { DamagedFile, FailureEntry, VerifyDocument } from '../verifyDocument.ts';
import { countText, sizeText } from './amounts.ts';
import { clean, entry, entryLine, type Page, paragraph, type Style } from './page.ts';
import { shellCommand } from './shellWord.ts';
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
  return joinBlocks([
    answer,
    fileLines(page, document, choice),
    blockLines(page, document, choice),
    steps(page, document),
  ]);
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
  lines.push(...entry(page, 'Errors', errorsText(document)));
  const { blocksChecked, bytesChecked } = document;
  if (blocksChecked > 0) {
    lines.push(...entry(page, 'Checked', `${countText(blocksChecked, 'block')}, ${sizeText(bytesChecked)}`));
  }
  const command = verdict === 'importable' || verdict === 'readonly' ? document.commandReadOnly : [];
  if (command.length > 0)
    lines.push(...entry(page, 'Try', 'read-only first:'), entryLine(page, shellCommand(command, page.unicode)));
  return lines;
}

function errorsText({ metadataErrors, dataErrors, found, blocksChecked, depth }: VerifyDocument): string {
  const unread = depth === 'data' ? '' : ' (data was not looked at: --depth data)';
  if (metadataErrors === null) {
    if (blocksChecked === 0) return 'not counted: there is no meta-object set to begin with';
    const blocks = `${countText(found.metadata, 'block')} of metadata and ${found.data} of data fail`;
    return `zpool would not come to count them; ${blocks}${unread}`;
  }
  const data = dataErrors === null ? '' : `, ${countText(dataErrors, 'data error')}`;
  const text = `${countText(metadataErrors, 'metadata error')}${data}, as zpool would count them${unread}`;
  const more = found.metadata + found.data - metadataErrors - (dataErrors ?? 0);
  return more > 0 ? `${text}; it stops there, and ${countText(more, 'more block')} of what follows fail` : text;
}

function fileLines(page: Page, { files }: VerifyDocument, { all }: VerifyTextChoice): string[] {
  if (files.length === 0) return [];
  const shown = all ? files : files.slice(0, SHOWN);
  const rows = shown.map((file) => ({
    cells: [
      { text: `${file.blocks}`, paint: null },
      { text: sizeText(file.damagedBytes), paint: null },
    ],
    note: clean(page, fileName(file)),
  }));
  const columns = [
    { head: 'BLOCKS', right: true },
    { head: 'LOST', right: true },
  ];
  return [
    page.style.strong(`Damaged files: ${files.length}`),
    ...table(page, columns, 'FILE', rows, rest(files.length - shown.length)),
  ];
}

const fileName = ({ dataset, path, object }: DamagedFile): string =>
  path === null ? `${dataset}, object ${object} (no directory names it)` : `${dataset}:${path}`;

/** What is no content of a named file: metadata first, it is what fails an import. */
function blockLines(page: Page, { failures, failuresLeftOut }: VerifyDocument, { all }: VerifyTextChoice): string[] {
  const listed = failures.filter(({ kind, path }) => kind === 'metadata' || path === null);
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
  const { dataset, datasetObject, object, objectType, what, level, blockId, objects, path } = failure;
  const where = [dataset ?? `dataset ${datasetObject}`];
  if (what === 'content' || what === 'indirect') {
    where.push(`object ${object}${objectType === null ? '' : ` (${objectType})`}${path === null ? '' : ` ${path}`}`);
  }
  where.push(`${what} level ${level} block ${blockId}`);
  if (objects !== null) where.push(`objects ${objects.first} to ${objects.last}`);
  const addresses = blockAddresses(failure.blockPointer);
  const copies = failure.attempts.map(({ vdev, source, offsetBytes, outcome }) =>
    source === null || offsetBytes === null
      ? `${vdev} ${outcome}`
      : `${source} @ 0x${BigInt(offsetBytes).toString(16)} ${outcome}`,
  );
  const at = addresses.length === 0 ? '' : ` at ${addresses.join(', ')}`;
  return `${where.join(', ')}${at}: ${copies.length === 0 ? failure.message : copies.join('; ')}`;
}

const rest = (count: number): string | null => (count > 0 ? `${count} more: --all` : null);

const OUTCOMES: Readonly<Record<VerifyDocument['steps'][number]['outcome'], readonly [string, keyof Style]>> = {
  passed: ['passed', 'good'],
  failed: ['FAILED', 'bad'],
  open: ['open', 'warn'],
  'not-reached': ['not reached', 'dim'],
};

function steps(page: Page, document: VerifyDocument): string[] {
  const rows = document.steps.map(({ name, when, outcome, message }) => {
    const [text, paint] = OUTCOMES[outcome];
    const about = [when === 'always' ? '' : 'read-write only', message ?? ''].filter((part) => part !== '');
    return {
      cells: [
        { text: name, paint: null },
        { text, paint },
      ],
      note: clean(page, about.join(': ')),
    };
  });
  const columns = [
    { head: 'STEP OF THE LOAD', right: false },
    { head: 'RESULT', right: false },
  ];
  return rows.length === 0 ? [] : table(page, columns, '', rows, null);
}
