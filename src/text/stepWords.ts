import type { ShellStepEntry } from '../document/parts.types.ts';

type Kind = ShellStepEntry['kind'];

/** What stands before the lines of a step; empty where they speak for themselves. */
const WORDS: Readonly<Record<Kind, string>> = {
  'open-images': 'As root, show the system the disks (-r: read-only); what is a copy takes its room:',
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
  'lay-overlay': 'This makes what a plain import takes; nothing is written to the devices:',
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

/** What stands above the lines of a step that leads to a read-only import; empty where they speak for themselves. */
export const wordsToImport = (step: ShellStepEntry): string => orNone(step, WORDS[step.kind]);

/**
 * The same of a step after it that does not write.
 *
 * @param withoutLog a log device is missing
 */
export function wordsToClose({ kind, lines }: ShellStepEntry, withoutLog: boolean): string {
  if (kind === 'export') return 'When done:';
  if (kind !== 'copy-out') return orNone({ kind, lines }, WORDS[kind]);
  if (lines.length > 1) return KEYS;
  return withoutLog ? LOGLESS : WORDS[kind];
}

/** The same of a step that writes, or comes after one that does. */
export const wordsToWrite = (step: ShellStepEntry): string =>
  step.kind === 'export'
    ? 'The pool is in order then. Before it is imported as usual:'
    : orNone(step, WORDS[step.kind]);

/** Where the system that runs this has no line for a step, that is said, and what sets back what was not set is left out. */
function orNone({ kind, lines }: ShellStepEntry, words: string): string {
  if (lines.length > 0 || words === '') return words;
  return kind === 'reset-parameters'
    ? ''
    : `${words.replace(/:$/, '.')} No line for that is known on this system: do it on Linux.`;
}

/** What comes before all steps that write. */
export const BEFORE_WRITING = 'Only when what matters is copied out; cannot be undone:';
