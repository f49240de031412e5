import { asciiLine } from '../bytes/shellLine.ts';
import type { ShellStepEntry } from '../document/parts.types.ts';
import { clean, entry, entryLine, type Page } from './page.ts';

type Kind = ShellStepEntry['kind'];

/** What stands before the lines of a step; empty where they speak for themselves. */
const WORDS: Readonly<Record<Kind, string>> = {
  'open-images': 'As root, show the disks that are in the images (-r: read-only); what is a copy takes its room:',
  'close-images': '',
  copy: 'As root, make a file of what was one: OpenZFS opens it as nothing else.',
  'show-read-only':
    'As root, show the images as block devices (-r: read-only): OpenZFS takes what was a disk as nothing else.',
  'import-read-only': '',
  'copy-out': 'Nothing is mounted yet (-N). Mount it below /mnt, or send filesystems and snapshots with zfs send:',
  export: '',
  'open-container': 'As root, make the device that is inside:',
  'list-holders': 'What holds the device:',
  'list-signatures': 'As root, list what is signed:',
  'wipe-copy': 'As root, take it off a copy:',
  'read-table': 'As root, have the system make devices of its partitions:',
  'repair-table':
    'As root, repair the table on a copy. Where the second line finds neither of its two tables whole, leave out the third: it would write an empty one.',
  'read-part': 'zfs-uber reads it as it lies:',
  'cancel-removal': 'Once it is imported read-write, this stops it:',
  'return-spare': 'Once it is imported read-write, this gives the spare back:',
  'keep-spare': 'Or this keeps it in the place of the other:',
  detach: '',
  'show-read-write': '',
  'import-read-write': '',
  outrun: 'Then at once (else a later import returns to the newer uberblocks):',
  'remove-log': 'Then give up the lost log, or every later import needs -m again:',
  'find-log': 'Then zpool remove the lost log by the guid that this shows, or every later import needs -m again:',
  'repair-labels': 'As root, change the labels of a copy, never of the original; an overlay does too:',
  'set-parameters': 'As root, tell OpenZFS to pass over it; that holds for every pool until it is set back:',
  'reset-parameters': 'At the end set it back:',
};

/** Where datasets are encrypted. */
const KEYS =
  'Nothing is mounted yet (-N). Load the keys and mount it below /mnt, or send datasets as they are with zfs send -w:';

/** Where the log is missing: sending a filesystem reads its intent log too, and OpenZFS 2.3.2 was seen to wait for it for ever. */
const LOGLESS =
  'Nothing is mounted yet (-N). Mount it below /mnt, or send snapshots with zfs send (not filesystems: that waits for the lost log, for ever):';

/** A line that can be pasted, in what the terminal takes. */
export const shellText = (page: Page, line: string): string => clean(page, page.unicode ? line : asciiLine(line));

const linesOf = (page: Page, { lines }: ShellStepEntry, paint?: (text: string) => string): string[] =>
  lines.map((line) => entryLine(page, shellText(page, line), paint));

/** What leads to a read-only import. */
export function stepsToImport(page: Page, steps: readonly ShellStepEntry[], label: string): string[] {
  let head = label;
  return steps.flatMap((step) => {
    const words = WORDS[step.kind];
    const said = words === '' ? [] : entry(page, head, words);
    if (words !== '') head = '';
    return [...said, ...linesOf(page, step)];
  });
}

/** The steps that only read, and those that write; an import says which it begins. */
export function splitSteps(steps: readonly ShellStepEntry[]): {
  readonly toImport: readonly ShellStepEntry[];
  readonly toClose: readonly ShellStepEntry[];
  readonly toWrite: readonly ShellStepEntry[];
} {
  const imported = steps.findIndex(({ kind }) => kind === 'import-read-only') + 1;
  const write = steps.findIndex(({ kind }) => kind === 'show-read-write' || kind === 'import-read-write');
  const end = write < 0 ? steps.length : write;
  return { toImport: steps.slice(0, imported), toClose: steps.slice(imported, end), toWrite: steps.slice(end) };
}

/**
 * How to get at the data of a read-only import, and how to leave it.
 *
 * @param withoutLog a log device is missing
 */
export function stepsToClose(page: Page, steps: readonly ShellStepEntry[], withoutLog: boolean): string[] {
  const { dim, strong } = page.style;
  return steps.flatMap((step) => {
    const closing = step.kind === 'export';
    const keyed = step.kind === 'copy-out' && step.lines.length > 1;
    const mounting = withoutLog && step.kind === 'copy-out' ? LOGLESS : WORDS[step.kind];
    const words = closing ? 'When done:' : keyed ? KEYS : mounting;
    const label = closing ? 'Close' : step.kind === 'reset-parameters' ? '' : 'Copy';
    const said = words === '' ? [] : entry(page, label, words, strong, dim);
    return [...said, ...linesOf(page, step, dim)];
  });
}

/** How to write to it again: nothing of that can be undone. */
export function stepsToWrite(page: Page, steps: readonly ShellStepEntry[]): string[] {
  if (steps.length === 0) return [];
  const { dim } = page.style;
  const said = steps.flatMap((step) => {
    const words =
      step.kind === 'export' ? 'The pool is in order then. Before it is imported as usual:' : WORDS[step.kind];
    return [...(words === '' ? [] : entry(page, '', words, dim, dim)), ...linesOf(page, step, dim)];
  });
  return [...entry(page, 'Write', 'Only when what matters is copied out; cannot be undone:', dim), ...said];
}

/** All of them, where they are all the advice there is. */
export function stepsToFollow(page: Page, steps: readonly ShellStepEntry[]): string[] {
  const { toImport, toClose, toWrite } = splitSteps(steps);
  return [
    ...stepsToImport(page, toImport, 'First'),
    ...stepsToClose(page, toClose, false),
    ...stepsToWrite(page, toWrite),
  ];
}
