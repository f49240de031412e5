import type { CandidateEntry } from '../document/candidate.types.ts';
import type { FindingEntry, ShellStepEntry } from '../document/parts.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import type { Depth } from '../rewind/judgement.ts';
import { dangerText } from './candidateRuns.ts';
import { cutSteps, hasFinding, type PoolCase, recommended } from './poolCase.ts';
import { txgsText } from './txgsText.ts';

/** A sentence and how grave it is. Names of an image stand in it raw: whatever shows it makes it safe. */
export interface Said {
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'strong';
}

const said = (text: string, tone: Said['tone']): Said => ({ text, tone });

/** What to do where no txg can be named; its text as in `Said`. */
export interface Next {
  readonly text: string;
  /** What does it in a shell; empty where there is no such thing. */
  readonly steps: readonly ShellStepEntry[];
}

/** What was asked for, and whether any txg has it: the rest is read with that in mind. */
export const aimed = ({ aims }: PoolCase): Said[] =>
  aims.map(({ code, message, severity }) => {
    const asked = code === 'aimed-before' ? '--before' : '--needs';
    const text = `Asked for with ${asked}: ${message}`;
    return said(text, severity === 'error' ? 'bad' : 'strong');
  });

/** One sentence: what an import of the newest txg would do, or, after an aim, what the best one would. */
export function outlook(about: PoolCase): Said | null {
  const { pool, newest, written, depth, aims } = about;
  const [first] = newest;
  const [last] = written;
  if (last === undefined) {
    const left = hasFinding(pool, 'detached-device')
      ? 'Nothing to import as it is: what was given are devices that left the pool, and zpool import passes them over.'
      : 'Nothing to import: no valid uberblock of this pool was found on these sources.';
    return said(left, 'bad');
  }
  if (aims.length > 0) return aimedOutlook(about);
  if (first === undefined || BigInt(first.txg) < BigInt(last.txg)) {
    const to = first === undefined ? '' : ` after ${first.txg}`;
    return said(`The txgs${to} up to the newest, ${last.txg}, were left out as asked and not judged.`, 'warn');
  }
  const reason = because(first);
  switch (first.verdict) {
    case 'importable':
      if (hasFinding(pool, 'history-diverged')) {
        const text = `${importsBut(pool)}, but the devices hold two histories: decide first which to keep.`;
        return said(text, 'warn');
      }
      if (hasFinding(pool, 'foreign-pool', 'error')) {
        const text = `Will import, but only with -T: without it OpenZFS takes a newer uberblock, which is another pool's.`;
        return said(text, 'warn');
      }
      if (hasFinding(pool, 'abandoned-timeline', 'warning')) {
        const text = `${importsBut(pool)}, but the newest txg (${first.txg}) is from before a rewind: decide first which to keep.`;
        return said(text, 'warn');
      }
      if ((pool.recommendation?.destroyedNewest ?? []).length > 0) {
        return said(`${imports(pool, first)}, but not its last state: ${unpointed(pool, first)}.`, 'warn');
      }
      if (pool.recommendation?.elsewhere?.certain) {
        const text = `${importsBut(pool)}, but files lack what was written to a vdev after txg ${pool.recommendation.elsewhere.afterTxg}: only an older copy of it is here. Look for the newer one first.`;
        return said(text, 'warn');
      }
      return said(
        `${imports(pool, first)}: ${readsText(pool, first, depth)}.`,
        first.dataErrors || unseen(pool) > 0 ? 'warn' : 'good',
      );
    case 'readonly':
      return said(`${imports(pool, null)}, but only read-only (txg ${first.txg})${reason}.`, 'warn');
    case 'damaged': {
      const plain = hasFinding(pool, 'plain-import-passes');
      const outcome = plain ? 'A plain import should pass, over damage' : 'Will not import as it is';
      return said(`${outcome}: ${failingTxgs(about)}.`, plain ? 'warn' : 'bad');
    }
    case 'incomplete':
      return said(`Will not import from these sources${reason || ': devices are missing'}.`, 'bad');
    case 'unverified':
      if (hasFinding(pool, 'device-vanished', 'error')) {
        return said(`Not known whether it imports: a device stopped answering while it was read${reason}.`, 'bad');
      }
      return said(`Not known whether it imports as it is. ${checked(depth)}`, 'warn');
  }
}

function aimedOutlook({ pool, aims }: PoolCase): Said | null {
  const { recommendation } = pool;
  if (recommendation === null) {
    const none = aims.some(({ severity }) => severity === 'error');
    return none ? null : said('None of those imports.', 'bad');
  }
  const { txg } = recommendation;
  const first = shownFirst(pool);
  const once = first === null ? '' : ` once ${first}`;
  switch (recommended(pool)?.verdict) {
    case 'importable':
      return said(`Txg ${txg} meets that and imports${once}.`, 'good');
    case 'readonly':
      return said(`Txg ${txg} meets that and imports${once}, but only read-only.`, 'warn');
    default:
      return said(`Txg ${txg} meets that as far as is known; whether it imports is not.`, 'warn');
  }
}

const unpointed = (pool: PoolEntry, { txg }: CandidateEntry): string => {
  const count = pool.recommendation?.destroyedNewest?.length ?? 0;
  return `${count === 1 ? 'the newest uberblock is' : `the newest ${count} uberblocks are`} destroyed, and what is left leads to txg ${txg}`;
};

/** What newer txgs a root that was carved had, nothing tells. */
const firstText = (pool: PoolEntry): string =>
  hasFinding(pool, 'labels-from-root') ? 'the txg of its root' : 'the newest txg';

function readsText(pool: PoolEntry, { txg, dataErrors }: CandidateEntry, depth: Depth): string {
  const newest = `${firstText(pool)} (${txg})`;
  if (depth !== 'data') return `${newest} and all metadata below it can be read`;
  if (!dataErrors) return `${newest} and everything below it can be read`;
  return `${newest} and its metadata can be read, but not all content of files`;
}

/** Vdevs that the system has no device of, and without which the pool does not import. */
const unseen = ({ findings }: PoolEntry): number =>
  findings.filter(({ code, severity }) => HIDDEN.has(code) && severity === 'error').length;
const HIDDEN: ReadonlySet<string> = new Set(['device-shifted', 'partition-hidden']);

/** Whether an import works at once, and how. */
function imports(pool: PoolEntry, candidate: CandidateEntry | null): string {
  const needs = candidate === null ? 'as it is' : manner(candidate);
  const first = shownFirst(pool);
  if (first === null) return `Will import ${needs}`;
  return `Imports once ${first}${needs === 'as it is' ? '' : `, ${needs}`}`;
}

const importsBut = (pool: PoolEntry): string => (shownFirst(pool) === null ? 'Will import' : imports(pool, null));

/** What zpool has to be shown before it finds the devices; null where it does as they are. */
function shownFirst(pool: PoolEntry): string | null {
  if (hasFinding(pool, 'labels-from-root')) return 'an overlay gives it labels (its finding says how)';
  if (hasFinding(pool, 'image-not-shown'))
    return 'an overlay makes a copy of the disk in its image (its finding says how)';
  const count = unseen(pool);
  const steps = pool.recommendation?.steps ?? [];
  const made = steps.slice(
    0,
    steps.findIndex(({ kind }) => kind === 'import-read-only'),
  );
  const lines = made.reduce((sum, step) => sum + step.lines.length, 0);
  const where = lines === 0 ? 'its finding says how' : lines === 1 ? 'next line' : 'next lines';
  if (count > 0) return `${count === 1 ? 'the vdev is' : `${count} vdevs are`} shown (${where})`;
  if (lines === 0) return null;
  const copied = made.some(({ kind }) => kind === 'copy');
  const opened = made.some(({ kind }) => kind === 'open-images');
  if (opened) return `the system is shown the disk (${where})`;
  return `${copied ? 'a file is made of the vdev' : 'the images are shown as block devices'} (${where})`;
}

/** What an import needs besides the devices. */
function manner({ withoutLog, destroyed, byGuid }: CandidateEntry): string {
  if (withoutLog === true) return 'with -m (its log device is missing)';
  if (destroyed === true) return 'with -D (it was destroyed)';
  return byGuid === undefined ? 'as it is' : `by its guid (${BY_GUID[byGuid]})`;
}

const BY_GUID: Readonly<Record<NonNullable<CandidateEntry['byGuid']>, string>> = {
  'unusable-name': 'zpool takes no such name',
  'ambiguous-name': 'another pool has its name',
  'other-name': 'asked by name, zpool leaves a device out',
};

/** Findings that say why the newest txgs fail, in few words: of one txg, of several. The first that is there speaks. */
const CAUSES: readonly (readonly [code: FindingEntry['code'], one: string, many: string])[] = [
  ['overwritten-by-pool', 'was written over by another pool', 'were written over by another pool'],
  [
    'newest-elsewhere',
    'points to what is on devices that are not here',
    'point to what is on devices that are not here',
  ],
  [
    'image-of-two-times',
    'is of a later time than the rest of its image',
    'are of a later time than the rest of their image',
  ],
  [
    'uberblock-ahead-of-metadata',
    'points to metadata that never reached the disks',
    'point to metadata that never reached the disks',
  ],
  [
    'abandoned-timeline',
    'is from before a rewind, and partly written over since',
    'are from before a rewind, and partly written over since',
  ],
];

/** The newest txgs that fail, up to the first that does not, and why. */
function failingTxgs({ pool, newest }: PoolCase): string {
  const end = newest.findIndex((candidate) => candidate.verdict !== 'damaged');
  const txgs = [...new Set((end < 0 ? newest : newest.slice(0, end)).map((candidate) => candidate.txg))];
  const [first = ''] = txgs;
  const last = txgs.at(-1) ?? first;
  const one = txgs.length === 1;
  const all = BigInt(first) - BigInt(last) + 1n === BigInt(txgs.length);
  const many = all
    ? `the newest ${txgs.length} txgs (${last}-${first})`
    : `the newest ${txgs.length} uberblocks (${txgs.length === 2 ? '' : 'between '}txg ${last} and ${first})`;
  const which = one ? `${firstText(pool)} (${first})` : many;
  const cause = CAUSES.find(([code]) =>
    pool.findings.some((finding) => finding.code === code && finding.severity !== 'info'),
  );
  if (cause !== undefined) return `${which} ${one ? cause[1] : cause[2]}`;
  const [candidate] = newest;
  const reason = candidate === undefined ? '' : because(candidate);
  const unread = candidate?.because === 'failed-read';
  if (one) return `${which} ${unread ? 'cannot be read' : 'is damaged'}${reason}`;
  const fail =
    end < 0 ? `none of ${txgs.length} txgs imports` : `${which} ${unread ? 'cannot be read' : 'are damaged'}`;
  return `${fail}${reason === '' ? '' : `; txg ${first}${reason}`}`;
}

function because(candidate: CandidateEntry): string {
  const reason = candidate.reasonData[0]?.brief ?? ''.replace(/\.$/, '');
  return reason === '' ? '' : `: ${reason}`;
}

/** What was looked at and what was not, for a verdict that stayed open. */
function checked(depth: Depth): string {
  switch (depth) {
    case 'labels':
      return 'Checked: labels and uberblocks. Not checked: whether anything they point to can be read.';
    case 'mos':
      return 'Checked: labels, uberblocks and the root of each txg. Not checked: the metadata below it and the data.';
    case 'meta':
    case 'data':
      return 'Not every step of an import could be checked: the table says what was.';
  }
}

/** What importing would do to the machine; txgs with the same danger are named together. */
export function dangers({ newest }: PoolCase): string[] {
  const known = newest.map(({ txg }) => txg);
  const txgs = new Map<string, Set<string>>();
  for (const { txg, hazards } of newest) {
    for (const hazard of hazards) {
      const danger = `${hazard.writes ? 'read-write ' : ''}${dangerText(hazard)}${hazard.brief}`;
      txgs.set(danger, (txgs.get(danger) ?? new Set()).add(txg));
    }
  }
  return [...txgs].map(([danger, which]) => `importing txg ${txgsText(which, known)} ${danger}`);
}

/** No txg can be named: what to do instead. */
export function nextStep({ pool, newest, depth, aims }: PoolCase): Next {
  const verdicts = new Set(newest.map((candidate) => candidate.verdict));
  const next = (text: string, steps: readonly ShellStepEntry[] = []): Next => ({ text, steps });
  if (hasFinding(pool, 'aimed-before', 'error')) {
    return next('Look for the command with zfs-uber history, or scan without --before.');
  }
  if (aims.length > 0) return next('Ask for less, or scan without --before and --needs to see what imports at all.');
  const ways = (pool.waysOut ?? []).length > 0;
  if (newest.length === 0 && pool.candidates.length === 0 && pool.missing.length === 0 && !ways) {
    return next('Give every device and every older image you have to one scan; copy failing disks first (ddrescue).');
  }
  if (hasFinding(pool, 'device-vanished', 'error')) {
    return next(
      'Make the device answer again, or copy it to a sound disk (ddrescue), and scan once more. Import nothing.',
    );
  }
  if (hasFinding(pool, 'better-after-copy')) {
    return next('Copy the device whose label cannot be read to a sound disk (ddrescue), and scan and import the copy.');
  }
  if (verdicts.has('importable') || verdicts.has('readonly')) return next('Choose a txg from the table.');
  if (verdicts.has('unverified') && (depth === 'labels' || depth === 'mos')) {
    return next('Look deeper for a recommendation: the same command with --depth meta.');
  }
  if (verdicts.has('unverified')) {
    return next('No txg could be checked far enough to recommend one. Try the table on a copy.');
  }
  if (hasFinding(pool, 'never-read', 'error')) {
    return next('Give what the image lacks (its finding says what), and scan again.');
  }
  if (hasFinding(pool, 'read-failed', 'error')) {
    return next('Copy the device that gives read errors to a sound disk (ddrescue), and scan and import the copy.');
  }
  if (hasFinding(pool, 'overwritten-by-pool')) {
    return next(
      'Another pool was made over this one (overwritten-by-pool): only images from before that have it. Write nothing before it is decided which of the two is wanted.',
    );
  }
  if (pool.cut?.txg !== undefined) {
    return next(
      `Show zpool the vdev without what lies behind it (foreign-pool): then txg ${pool.cut.txg} imports.`,
      cutSteps(pool),
    );
  }
  if (ways && hasFinding(pool, 'device-missing', 'error')) {
    return next(
      'Find the missing devices first, or images of them, and scan again with them. Where they are lost: one of the ' +
        'ways out below, on a copy or an overlay of the devices.',
    );
  }
  if (ways) return next('One of the ways out below, on a copy or an overlay of the devices.');
  if (hasFinding(pool, 'device-truncated', 'error')) {
    return next('Give the device or image whole: copy it again, or give its partition the old size back.');
  }
  if (hasFinding(pool, 'device-faulted', 'error') || hasFinding(pool, 'device-offline', 'error')) {
    return next(
      'The labels keep devices closed that the pool cannot do without, and no setting of OpenZFS that was tried passes ' +
        'over them here. Write nothing to the disks: their content may be whole.',
    );
  }
  if (verdicts.has('incomplete') || pool.missing.length > 0) {
    return next('Find the missing devices, or images of them, and give them all to one scan.');
  }
  return next(
    'No txg of these rings can be imported from these sources. Write nothing to the disks. ' +
      'Give every device and every older image you have to one scan; copy failing disks first (ddrescue).',
  );
}
