import { objectTypeName } from '../format/objectTypes.ts';
import { UnavailableBlockError } from '../pool/blockRead.ts';
import type { ImportCommands } from '../rewind/commands.ts';
import type { Examination, StepOutcome } from '../rewind/examine.ts';
import type { LocatedFailure } from '../rewind/locateFailures.ts';
import { type BlockEntry, blockEntry } from './blockEntry.ts';
import type { CandidateEntry } from './document.ts';
import type { ViewHead } from './viewHead.ts';

/** `verify --json`. */
export interface VerifyDocument extends ViewHead {
  readonly schema: 'zfs-uber/verify/1';
  readonly depth: 'meta' | 'data';
  /** As in `scan`; null when there is no pool. */
  readonly verdict: CandidateEntry['verdict'] | null;
  readonly reasons: readonly string[];
  readonly hazards: CandidateEntry['hazards'];
  readonly commandReadOnly: readonly string[];
  readonly commandReadWrite: readonly string[];
  /** What the kernel counts: up to the block that ends its traversal. Null when the load fails before it. */
  readonly metadataErrors: number | null;
  readonly dataErrors: number | null;
  /** All blocks that fail, also behind the one that ends the kernel's traversal. */
  readonly found: { readonly metadata: number; readonly data: number };
  readonly blocksChecked: number;
  readonly bytesChecked: string;
  readonly steps: readonly StepEntry[];
  /** Files with a block that fails, by dataset and path. */
  readonly files: readonly DamagedFile[];
  /** In the order of the traversal. */
  readonly failures: readonly FailureEntry[];
  /** Blocks that fail and are not listed: there are too many. */
  readonly failuresLeftOut: number;
}

export interface StepEntry {
  /** As OpenZFS calls it. */
  readonly name: string;
  readonly when: StepOutcome['when'];
  readonly outcome: StepOutcome['outcome'];
  readonly message: string | null;
  readonly because: 'damage' | 'missing-device' | 'unknown' | null;
}

export interface DamagedFile {
  readonly dataset: string;
  /** From the root of its filesystem; null where no directory names it. */
  readonly path: string | null;
  readonly object: string;
  readonly blocks: number;
  /** Bytes of its length that cannot be read; what lies below an indirect block counts once. */
  readonly damagedBytes: string;
}

export interface FailureEntry {
  readonly kind: 'metadata' | 'data';
  readonly what: LocatedFailure['failure']['what'];
  readonly because: LocatedFailure['failure']['because'];
  /** `mos` for the meta-object set; null where its name cannot be told. */
  readonly dataset: string | null;
  /** Number of the dataset in the MOS; 0 for the MOS. */
  readonly datasetObject: string;
  readonly object: string;
  readonly objectType: string | null;
  readonly level: number;
  /** -1 for a spill block; of an intent log the block's sequence number. */
  readonly blockId: string;
  /** In the object's content: where the block, or what it leads to, begins, and how long that is. */
  readonly offsetBytes: string | null;
  readonly lengthBytes: string | null;
  readonly path: string | null;
  /** Objects whose dnodes are in the block. */
  readonly objects: { readonly first: string; readonly last: string } | null;
  readonly blockPointer: BlockEntry;
  readonly attempts: readonly AttemptEntry[];
  /** Why the block is no good. */
  readonly message: string;
}

export interface AttemptEntry {
  readonly vdev: string;
  readonly source: string | null;
  readonly offsetBytes: string | null;
  readonly outcome: 'good' | 'wrong' | 'absent' | 'unreadable' | 'rebuilt';
  readonly message: string | null;
}

export interface VerifyFacts {
  readonly depth: 'meta' | 'data';
  /** Null when there is no pool. */
  readonly examination: Examination | null;
  readonly commands: ImportCommands;
  readonly located: readonly LocatedFailure[];
}

export function buildVerifyDocument(head: ViewHead, facts: VerifyFacts): VerifyDocument {
  const { depth, examination, commands, located } = facts;
  const verification = examination?.verification ?? null;
  const found = verification?.found ?? { metadata: 0, data: 0 };
  // The kernel counts nothing where its load has failed before.
  const counted = examination?.steps.at(-1)?.outcome === 'not-reached' ? null : verification;
  return {
    schema: 'zfs-uber/verify/1',
    ...head,
    depth,
    verdict: examination?.prediction.verdict ?? null,
    reasons: examination?.prediction.reasons ?? [],
    hazards: examination?.prediction.hazards ?? [],
    commandReadOnly: commands.readOnly,
    commandReadWrite: commands.readWrite,
    metadataErrors: counted?.metadataErrors ?? null,
    dataErrors: depth === 'data' && counted !== null ? (counted.dataErrors ?? 0) : null,
    found,
    blocksChecked: verification?.blocksChecked ?? 0,
    bytesChecked: (verification?.bytesChecked ?? 0).toString(),
    steps: (examination?.steps ?? []).map(stepEntry),
    files: damagedFiles(located),
    failures: located.map(failureEntry),
    failuresLeftOut: Math.max(0, found.metadata + found.data - located.length),
  };
}

const stepEntry = ({ name, when, outcome, trouble }: StepOutcome): StepEntry => ({
  name,
  when,
  outcome,
  message: trouble?.message ?? null,
  because: trouble?.because ?? null,
});

function failureEntry({ failure, dataset, objectType, range, path, objects }: LocatedFailure): FailureEntry {
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
    objects: objects === null ? null : { first: objects.first.toString(), last: objects.last.toString() },
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

/** Object types that are files of a filesystem and their directories. Source: include/sys/dmu.h, enum dmu_object_type */
const FILE = 19;
const DIRECTORY = 20;

function damagedFiles(located: readonly LocatedFailure[]): DamagedFile[] {
  const files = new Map<string, LocatedFailure[]>();
  for (const each of located) {
    const { failure, objectType, path } = each;
    if (path === null && objectType !== FILE && objectType !== DIRECTORY) continue;
    const key = `${failure.dataset} ${failure.object}`;
    const those = files.get(key);
    if (those === undefined) files.set(key, [each]);
    else those.push(each);
  }
  const entries = [...files.values()].flatMap((those): DamagedFile[] => {
    const [first] = those;
    if (first === undefined) return [];
    return [
      {
        dataset: first.dataset ?? `dataset ${first.failure.dataset}`,
        path: first.path,
        object: first.failure.object.toString(),
        blocks: those.length,
        damagedBytes: coveredBytes(those).toString(),
      },
    ];
  });
  return entries.sort((a, b) => compare(a.dataset, b.dataset) || compare(a.path ?? '', b.path ?? ''));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function coveredBytes(located: readonly LocatedFailure[]): bigint {
  const ranges = located.flatMap(({ range }) => (range === null ? [] : [range]));
  ranges.sort((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0));
  let [sum, end] = [0n, 0n];
  for (const { offset, length } of ranges) {
    const from = offset > end ? offset : end;
    const to = offset + length;
    if (to <= from) continue;
    sum += to - from;
    end = to;
  }
  return sum;
}
