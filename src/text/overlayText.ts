import { shellWord } from '../bytes/shellWord.ts';
import type { OverlayDocument } from '../document/overlayDocument.ts';
import { countText } from './amounts.ts';
import { clean, entry, entryLine, type Page, type Style } from './page.ts';
import { shellText } from './stepsText.ts';
import { joinBlocks, viewHeadText } from './viewHeadText.ts';

const ANSWERS: Readonly<Record<NonNullable<OverlayDocument['answer']>, readonly [string, keyof Style]>> = {
  loads: ['a plain zpool import loads it at once, read-only and read-write', 'good'],
  'loads-read-only': ['a plain zpool import loads it read-only, and not read-write', 'warn'],
  fails: ['a plain zpool import of it would fail', 'bad'],
  panics: ['a plain zpool import of it would crash the machine', 'bad'],
  unknown: ['whether a plain zpool import loads it cannot be told', 'warn'],
};

const MADE: Readonly<Record<OverlayDocument['as'], readonly [one: string, many: string]>> = {
  qcow2: ['qcow2 overlay', 'qcow2 overlays'],
  dm: ['device-mapper table', 'device-mapper tables'],
  copy: ['patched copy', 'patched copies'],
};

/** The report of `overlay`: what was made and how to use it, or why nothing was. */
export function overlayText(page: Page, document: OverlayDocument, { quiet }: { readonly quiet: boolean }): string {
  const head = viewHeadText(page, document, []);
  if (document.pool === null || document.stopped) return joinBlocks([head]);
  const answer = [...head, ...answerLines(page, document)];
  if (quiet) return joinBlocks([answer]);
  return joinBlocks([answer, warningLines(page, document), useLines(page, document)]);
}

function answerLines(page: Page, document: OverlayDocument): string[] {
  const { answer, refusal, reasons, hazards, metadataErrors, readOnlyAdvised, output, devices, as } = document;
  const { bad, warn } = page.style;
  const lines: string[] = [];
  if (answer === null && refusal === null) {
    const says = 'No ring of the pool holds an uberblock. Devices that left it may lead to one: --undetach.';
    lines.push(...entry(page, 'Refused', says, bad));
  }
  if (answer !== null) {
    const [says, paint] = ANSWERS[answer];
    lines.push(...entry(page, 'Answer', says, page.style[paint], page.style[paint]));
  }
  for (const { message } of hazards) lines.push(...entry(page, 'Danger', clean(page, message), bad, bad));
  if (refusal !== null) {
    lines.push(...entry(page, 'Refused', `No overlay was made: ${clean(page, refusal.message)}.`, bad));
  }
  const [reason] = reasons;
  if (reason !== undefined && answer !== 'loads') lines.push(...entry(page, 'Because', clean(page, reason)));
  if (readOnlyAdvised) {
    const blocks = countText(metadataErrors ?? 0, 'bad block');
    const says = `${blocks} of metadata in the pool, which a plain import does not look at: copy out read-only, never write to it.`;
    lines.push(...entry(page, 'Damage', says, warn));
  }
  if (output !== null) {
    const [one, many] = MADE[as];
    const what = devices.length === 1 ? `1 ${one}` : `${devices.length} ${many}`;
    lines.push(...entry(page, 'Made', `${what} in ${clean(page, output)}; the devices were only read.`));
  }
  return lines;
}

/** Of many devices that were files one line: what is to be done with them the script does. */
function warningLines(page: Page, { warnings, as }: OverlayDocument): string[] {
  const { warn } = page.style;
  const files = warnings.filter(({ code }) => code === 'file-vdev');
  const others = warnings.filter(({ code }) => code !== 'file-vdev');
  const many = `${files.length} devices were file vdevs, which OpenZFS opens as files only`;
  const shown = files.length > 1 ? [...others, { message: many }] : [...others, ...files];
  const told = as === 'copy' ? others : shown;
  return told.flatMap(({ message }) => entry(page, 'Note', `${clean(page, message)}.`, warn));
}

/** What is typed, and when. */
function useLines(page: Page, { output, script, answer }: OverlayDocument): string[] {
  if (output === null || script === null) return [];
  const { dim } = page.style;
  const line = (what: string): string =>
    entryLine(page, shellText(page, `sh ${shellWord(`${output}/${script}`)} ${what}`));
  const writing =
    answer === 'loads-read-only'
      ? []
      : [
          ...entry(page, 'Write', 'What is written goes into the overlays; they can be thrown away:', dim, dim),
          line('read-write'),
          line('export'),
        ];
  return [
    ...entry(page, 'Try', 'As root, on a system where no other import can find the originals:'),
    line('attach'),
    line('read-only'),
    ...entry(page, 'Copy', 'Nothing is mounted yet. Mount it below /mnt, or send snapshots with zfs send:'),
    entryLine(page, 'zfs mount -a'),
    ...entry(page, '', 'When done:', dim, dim),
    line('export'),
    ...writing,
    ...entry(page, 'Close', 'At the end:', dim, dim),
    line('detach'),
  ];
}
