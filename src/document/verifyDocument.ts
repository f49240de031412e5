import { objectTypeName } from '../format/objectTypes.ts';
import type { StepName } from '../load/stepNames.ts';
import type { CountedDataset, CountedDatasets } from '../locate/countFiles.ts';
import type { LocatedFailure } from '../locate/locateFailures.ts';
import type { LostFile } from '../locate/lostFiles.ts';
import { UnavailableBlockError } from '../pool/blockRead.ts';
import type { ImportCommands } from '../rewind/commands.ts';
import type { Examination, StepOutcome } from '../rewind/examine.ts';
import { memoryBound } from '../rewind/findings/memoryBound.ts';
import type { Step } from '../rewind/steps.ts';
import { reasonWords } from '../words/reasons.ts';
import { type BlockEntry, blockEntry } from './blockEntry.ts';
import type { CandidateEntry, RelaxedEntry } from './candidate.types.ts';
import { commandEntries } from './commandEntries.ts';
import { type DamagedFile, damagedFiles, nameOf } from './damagedFiles.ts';
import type { CommandsEntry, FindingEntry, ShellStepEntry } from './parts.types.ts';
import { findingEntry } from './poolEntry.ts';
import { hazardEntry, reasonEntries } from './reasonEntry.ts';
import { shellStepEntry } from './stepEntry.ts';
import type { ViewHead } from './viewHead.ts';
import { relaxedEntry } from './wayOutEntry.ts';

/** `verify --json`. */
export interface VerifyDocument extends ViewHead, CommandsEntry {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/verify/1';
  /** Ended by a signal before there was a verdict. */
  readonly stopped: boolean;
  /** How far was looked. */
  readonly depth: 'meta' | 'data';
  /** As in `scan`; null when there is no pool. */
  readonly verdict: CandidateEntry['verdict'] | null;
  /** In words, the deciding one first. */
  readonly reasons: readonly string[];
  readonly reasonData: CandidateEntry['reasonData'];
  readonly hazards: CandidateEntry['hazards'];
  /** Up to a read-only import, in order. */
  readonly toImport: readonly ShellStepEntry[];
  /** What the kernel counts: up to the block that ends its traversal. Null when the load fails before it. */
  readonly metadataErrors: number | null;
  /** The same of content; null unless `depth` is `data`. */
  readonly dataErrors: number | null;
  /**
   * Where the load stops for top-level vdevs that do not open: with what OpenZFS goes on without them. `found`, `files`,
   * `failures` and what was checked are of the pool as it is seen then; `verdict`, `steps` and the errors that are counted
   * stay those of an import as it is. Null where the load does not stop for that, or nothing is known to help.
   */
  readonly relaxed: SeenRelaxedEntry | null;
  /** All blocks that fail, also behind the one that ends the kernel's traversal. */
  readonly found: {
    /** Blocks of metadata. */
    readonly metadata: number;
    /** Blocks of content. */
    readonly data: number;
  };
  /** So many were verified. */
  readonly blocksChecked: number;
  /** As stored. */
  readonly bytesChecked: string;
  /** Of the load, in its order. */
  readonly steps: readonly StepEntry[];
  /** Files with a block that fails, by dataset and path. */
  readonly files: readonly DamagedFile[];
  /** In the order of the traversal. */
  readonly failures: readonly FailureEntry[];
  /** Blocks that fail and are not listed: there are too many. */
  readonly failuresLeftOut: number;
  /** Bounds that were reached while this was found out; `scan` has what else is to be said of the pool. */
  readonly findings: readonly FindingEntry[];
}

export interface SeenRelaxedEntry extends RelaxedEntry {
  /** Living filesystems and volumes, with what can be read of them; empty unless `depth` is `data`. */
  readonly datasets: readonly ReadableEntry[];
  /** False where a bound ended the counting or the list of failures: more may be lost, or there. */
  readonly complete: boolean;
}

export interface ReadableEntry {
  /** Its name. */
  readonly dataset: string;
  /** Of a volume the blocks that fail are counted, and no files. */
  readonly kind: 'filesystem' | 'volume';
  /** Files that it has, extended attributes that are files among them; null where that cannot be told. */
  readonly files: number | null;
  /** Of these: with a block that fails, not to be reached at all, or without a name; null where that is all. */
  readonly filesLost: number | null;
  /** Blocks of it that fail, of those that are listed. */
  readonly blocksLost: number;
}

export interface StepEntry {
  /** As OpenZFS calls it. */
  readonly name: StepName;
  /** Whether the import as such takes the step, or only one that may write. */
  readonly when: StepOutcome['when'];
  /** What came of it. */
  readonly outcome: StepOutcome['outcome'];
  /** Why it fails; null where it does not. */
  readonly message: string | null;
  /** Why it fails, in short; null where it does not. */
  readonly because: 'damage' | 'missing-device' | 'failed-read' | 'unknown' | null;
}

export interface FailureEntry {
  /** Whether it is content. */
  readonly kind: 'metadata' | 'data';
  /** What the block is. */
  readonly what: LocatedFailure['failure']['what'];
  /** Why it cannot be had. */
  readonly because: LocatedFailure['failure']['because'];
  /** `mos` for the meta-object set; null where its name cannot be told. */
  readonly dataset: string | null;
  /** Number of the dataset in the MOS; 0 for the MOS. */
  readonly datasetObject: string;
  /** Number of the object. */
  readonly object: string;
  /** Of the object; null where it is not known. */
  readonly objectType: string | null;
  /** 0 for content, above that indirect blocks. */
  readonly level: number;
  /** -1 for a spill block; of an intent log the block's sequence number. */
  readonly blockId: string;
  /** In the object's content: where the block, or what it leads to, begins, and how long that is. */
  readonly offsetBytes: string | null;
  /** How long that is. */
  readonly lengthBytes: string | null;
  /** Of the file; null where it is none, or has no name. */
  readonly path: string | null;
  /** All names of the file: hard links. */
  readonly paths: readonly string[];
  /** Why a file has no path; null for what is no file. */
  readonly nameless: LocatedFailure['nameless'];
  /** What the object is for, where it is no file: `space map of metaslab 12 of vdev 0`. */
  readonly role: string | null;
  /** Objects whose dnodes are in the block or below it. */
  readonly objects: {
    /** The lowest number. */
    readonly first: string;
    /** The highest number. */
    readonly last: string;
  } | null;
  /** Of these the files that are known; of a directory the files that lost their names with the block. */
  readonly lost: readonly LostEntry[];
  /** In the MOS: what those of `objects` are for that are known. */
  readonly lostRoles: readonly {
    /** Its number. */
    readonly object: string;
    /** What it is for. */
    readonly role: string;
  }[];
  /** False where a bound ended the search for `lost`: there may be more. */
  readonly lostAll: boolean;
  /** Younger datasets that have the same block. */
  readonly alsoIn: readonly {
    /** Its name. */
    readonly dataset: string;
    /** Of the file in it. */
    readonly path: string | null;
  }[];
  /** To the block. */
  readonly blockPointer: BlockEntry;
  /** Where it was looked for. */
  readonly attempts: readonly FailureAttempt[];
  /** Why the block is no good. */
  readonly message: string;
}

export interface LostEntry {
  /** Its number. */
  readonly object: string;
  /** What is left of it. */
  readonly state: LostFile['state'];
  /** `/a/b`; where a part is unknown `/a/<name unknown, object 9>`, `<path unknown, object 9, parent object 7>`. */
  readonly paths: readonly string[];
  /** It is a directory; null where nothing tells. */
  readonly directory: boolean | null;
  /** Number of the directory that it lies in; null where nothing tells. */
  readonly parentObject: string | null;
}

export interface FailureAttempt {
  /** That was looked on. */
  readonly vdev: string;
  /** Its name; null where there is none. */
  readonly source: string | null;
  /** In the source. */
  readonly offsetBytes: string | null;
  /** What was found there. */
  readonly outcome: 'good' | 'wrong' | 'absent' | 'unreadable' | 'rebuilt';
  /** Why it is no good. */
  readonly message: string | null;
}

export interface VerifyFacts {
  readonly depth: 'meta' | 'data';
  /** Null when there is no pool. */
  readonly examination: Examination | null;
  readonly commands: ImportCommands;
  readonly toImport: readonly Step[];
  readonly located: readonly LocatedFailure[];
  /** Null where they were not counted. */
  readonly counted: CountedDatasets | null;
  readonly stopped: boolean;
}

export function buildVerifyDocument(head: ViewHead, facts: VerifyFacts): VerifyDocument {
  const { depth, examination, commands, toImport, located, counted: datasets, stopped } = facts;
  const verification = examination?.verification ?? null;
  const found = verification?.found ?? { metadata: 0, data: 0 };
  // The kernel counts nothing where its load has failed before.
  const counted = examination?.steps.at(-1)?.outcome === 'not-reached' ? null : verification;
  const files = damagedFiles(located);
  const failuresLeftOut = Math.max(0, found.metadata + found.data - located.length);
  return {
    schema: 'zfs-uber/verify/1',
    ...head,
    stopped,
    depth,
    verdict: examination?.prediction.verdict ?? null,
    ...reasonEntries(examination?.prediction.reasons ?? []),
    hazards: (examination?.prediction.hazards ?? []).map(hazardEntry),
    ...commandEntries(commands),
    toImport: toImport.map(shellStepEntry),
    metadataErrors: counted?.metadataErrors ?? null,
    dataErrors: depth === 'data' && counted !== null ? (counted.dataErrors ?? 0) : null,
    relaxed: examination?.relaxed
      ? {
          ...relaxedEntry(examination.relaxed),
          datasets: readableEntries(datasets?.datasets ?? [], files, located),
          complete: (datasets?.complete ?? true) && failuresLeftOut === 0 && located.every(({ lostAll }) => lostAll),
        }
      : null,
    found,
    blocksChecked: verification?.blocksChecked ?? 0,
    bytesChecked: (verification?.bytesChecked ?? 0).toString(),
    steps: (examination?.steps ?? []).map(stepEntry),
    files,
    failures: located.map(failureEntry),
    failuresLeftOut,
    findings: memoryBound(examination ?? {}).map((finding) => findingEntry(finding, () => null)),
  };
}

/** @param files that are damaged, each once for all datasets that share the damage */
function readableEntries(
  counted: readonly CountedDataset[],
  files: readonly DamagedFile[],
  located: readonly LocatedFailure[],
): ReadableEntry[] {
  const own = new Map(counted.map(({ name }) => [name, { files: [] as DamagedFile[], blocks: 0 }]));
  for (const file of files) for (const name of [file.dataset, ...file.alsoIn]) own.get(name)?.files.push(file);
  for (const each of located) {
    for (const name of new Set([each, ...each.alsoIn].map(nameOf))) {
      const those = own.get(name);
      if (those !== undefined) those.blocks++;
    }
  }
  return counted.map(({ name, kind, files: read }) => {
    const { files: here = [], blocks = 0 } = own.get(name) ?? {};
    const about = { dataset: name, kind, blocksLost: blocks };
    // Without its own objects nothing of a filesystem can be reached.
    const closed = read === null || here.some(({ path, state }) => path === '/' && state === 'lost');
    if (closed) return { ...about, files: null, filesLost: null };
    const lost = here.filter(({ directory }) => directory !== true);
    // Of the others the dnode reads, so they are counted.
    const uncounted = lost.filter(({ state }) => state === 'lost').length;
    return { ...about, files: read + uncounted, filesLost: lost.length };
  });
}

const stepEntry = ({ name, when, outcome, trouble }: StepOutcome): StepEntry => ({
  name,
  when,
  outcome,
  message: trouble === null ? null : reasonWords(trouble.reason),
  because: trouble?.because ?? null,
});

function failureEntry(located: LocatedFailure): FailureEntry {
  const { failure, dataset, objectType, range, path, paths, nameless, role, objects, lostRoles, lostAll } = located;
  const { error } = failure;
  const attempts = error instanceof UnavailableBlockError ? error.attempts : [];
  return {
    kind: failure.kind,
    what: failure.what,
    because: failure.because,
    dataset,
    datasetObject: failure.dataset.toString(),
    object: failure.object.toString(),
    objectType: objectType === null ? null : objectTypeName(objectType),
    level: failure.level,
    blockId: failure.blockId.toString(),
    offsetBytes: range?.offset.toString() ?? null,
    lengthBytes: range?.length.toString() ?? null,
    path,
    paths,
    nameless,
    role,
    objects: objects === null ? null : { first: objects.first.toString(), last: objects.last.toString() },
    lost: located.lost.map(lostEntry),
    lostRoles: lostRoles.map(({ object, role }) => ({ object: object.toString(), role })),
    lostAll,
    alsoIn: located.alsoIn.map((place) => ({ dataset: nameOf(place), path: place.paths[0] ?? null })),
    blockPointer: blockEntry(failure.bp),
    attempts: attempts.map(({ vdev, place, outcome, error: why }) => ({
      vdev,
      source: place?.source ?? null,
      offsetBytes: place?.offset.toString() ?? null,
      outcome,
      message: why?.message ?? null,
    })),
    message: error?.message ?? 'OpenZFS does not follow this block pointer',
  };
}

const lostEntry = ({ object, state, paths, directory, parent }: LostFile): LostEntry => ({
  object: object.toString(),
  state,
  paths,
  directory,
  parentObject: parent?.toString() ?? null,
});
