import { printWords, type ZfsUberError } from '../bytes/errors.ts';
import { bytesOfFileName, hasRawBytes } from '../bytes/fileName.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import { compressionKind } from '../format/compressionKinds.ts';
import type { Mmp, Uberblock } from '../format/uberblock.ts';
import type {
  DeviceSurvey,
  HiddenVdev,
  LabelSurvey,
  ReadSum,
  RingSurvey,
  SlotState,
  SlotSurvey,
} from '../pool/survey.ts';
import { contentKey } from '../pool/uberblockCopies.ts';
import type { FailedRead } from '../source/source.ts';
import { hexText } from './nvlistJson.ts';
import type { DocumentError } from './parts.types.ts';
import { ringMap } from './ringMap.ts';
import type { BlockPointerEntry, LabelEntry, SourceEntry, SourceKind, UberblockEntry } from './source.types.ts';

/** What is known of a source before a byte of it is understood. */
export interface SourceDescription {
  /** As given, or the path of the file inside a given directory. */
  readonly path: string;
  readonly kind: SourceKind;
  /** The bundle that stands for it, and what it is where it is; absent or null for what is there itself. */
  readonly bundle?: { readonly path: string; readonly kind: SourceKind; readonly withoutNames: boolean } | null;
  /** Bytes; 0 when it could not be opened. */
  readonly sizeBytes: number | bigint;
  /** Where the vdev begins inside the path. */
  readonly offsetBytes: number | bigint;
  readonly error: DocumentError | null;
  /** Paths of files that it is made of besides. */
  readonly madeOf?: readonly string[];
  /** What is wrong with the image or the partition tables that it was found by. */
  readonly notes?: readonly DocumentError[];
  /** Why the system has no device that is the vdev; null where it has one, or is given the image of one. */
  readonly hidden: HiddenVdev['reason'] | null;
  /** What of it was needed and could not be read, by offset in the vdev. */
  readonly unreadable?: readonly FailedRead[];
}

/** A source and what its label regions say; `survey` is null when it could not be opened. */
export interface DescribedSource {
  readonly source: SourceDescription;
  readonly survey: DeviceSurvey | null;
}

/** Index of a device in the document's `sources`; null for one that is not listed there. */
export type SourceIndexOf = (device: DeviceSurvey) => number | null;

/** Ranges that are listed of one source. */
const MOST_UNREADABLE = 64;
/** What is told of its image and tables. */
const MOST_NOTES = 64;

/** The parts of a description as every document prints them. */
export function describeSource(source: SourceDescription): Omit<SourceEntry, 'labels' | 'uberblocks'> {
  const { unreadable = [], notes = [] } = source;
  return {
    path: source.path,
    ...(hasRawBytes(source.path) ? { pathBytes: hexText(bytesOfFileName(source.path)) } : {}),
    kind: source.kind,
    ...(source.bundle ? { bundle: source.bundle } : {}),
    ...(source.madeOf === undefined || source.madeOf.length === 0 ? {} : { madeOf: source.madeOf }),
    sizeBytes: source.sizeBytes.toString(),
    offsetBytes: source.offsetBytes.toString(),
    error: source.error,
    ...(notes.length === 0 ? {} : { notes: notes.slice(0, MOST_NOTES) }),
    ...(source.hidden === null ? {} : { hidden: source.hidden }),
    ...(unreadable.length === 0
      ? {}
      : {
          unreadable: unreadable.slice(0, MOST_UNREADABLE).map(({ offset, length, error }) => ({
            offsetBytes: offset.toString(),
            lengthBytes: length.toString(),
            code: error.code,
          })),
        }),
  };
}

/**
 * The entry of one source in `scan --json`.
 *
 * @param survey null when the source could not be opened: the four labels are then `absent`
 */
export function buildSourceEntry(survey: DeviceSurvey | null, source: SourceDescription): SourceEntry {
  return {
    ...describeSource(source),
    labels: [0, 1, 2, 3].map((index) =>
      labelEntry(
        index,
        survey?.labels.find((label) => label.index === index),
      ),
    ),
    uberblocks: survey === null ? [] : uberblockEntries(survey.labels),
  };
}

function labelEntry(index: number, label: LabelSurvey | undefined): LabelEntry {
  const config = label?.config ?? null;
  return {
    index,
    offsetBytes: (label?.offset ?? 0).toString(),
    status: label?.status ?? 'absent',
    txg: decimal(config?.txg),
    poolGuid: decimal(config?.poolGuid),
    vdevGuid: decimal(config?.guid),
    topGuid: decimal(config?.topGuid),
    poolState: config?.state ?? null,
    error: documentError(label?.trouble ?? null),
    ...(label?.sum ? { read: readEntry(label.sum) } : {}),
    ring: label?.ring === undefined || label.ring === null ? null : ringSummary(label.ring),
  };
}

const readEntry = ({ offset, length, sha256 }: ReadSum): NonNullable<LabelEntry['read']> => ({
  offsetBytes: offset.toString(),
  lengthBytes: length,
  sha256: printWords(sha256, ''),
});

function ringSummary(ring: RingSurvey): NonNullable<LabelEntry['ring']> {
  const count = (...states: SlotState[]) => ring.slots.filter((slot) => states.includes(slot.state)).length;
  return {
    slotSizeBytes: ring.slotSize,
    valid: count('valid', 'mmp', 'foreign'),
    badChecksum: count('checksum', 'torn'),
    empty: count('empty'),
    unreadable: count('unreadable'),
    map: ringMap(ring.slots),
  };
}

type SoundState = UberblockEntry['state'];
const isSound = (state: SlotState): state is SoundState => state === 'valid' || state === 'mmp' || state === 'foreign';

/** One entry a distinct uberblock (same slot, same content) whose checksum holds, newest first. */
function uberblockEntries(labels: readonly LabelSurvey[]): UberblockEntry[] {
  const distinct = new Map<string, { slot: SlotSurvey; uberblock: Uberblock; state: SoundState; labels: number[] }>();
  for (const label of labels) {
    for (const slot of label.ring?.slots ?? []) {
      const { uberblock, state } = slot;
      if (uberblock === null || !isSound(state)) continue;
      const key = `${slot.index} ${state} ${entryKey(uberblock)}`;
      const known = distinct.get(key);
      if (known === undefined) distinct.set(key, { slot, uberblock, state, labels: [label.index] });
      else known.labels.push(label.index);
    }
  }
  return [...distinct.values()]
    .sort((a, b) => newestFirst(a.uberblock, b.uberblock))
    .map(({ slot, uberblock, state, labels: carriers }) => ({
      ...describeUberblock(uberblock),
      slot: slot.index,
      labels: carriers,
      state,
    }));
}

/** Equal for two uberblocks exactly when every field that is decoded is equal. */
function entryKey(ub: Uberblock): string {
  const mmp = ub.mmp === null ? '' : [ub.mmp.delayNs, ub.mmp.sequence, ub.mmp.intervalMs, ub.mmp.failIntervals].join();
  return `${ub.littleEndian} ${ub.timestamp} ${ub.softwareVersion} ${mmp} ${contentKey(ub)}`;
}

/** The order in which OpenZFS prefers uberblocks. Source: module/zfs/vdev_label.c, vdev_uberblock_compare */
function newestFirst(a: Uberblock, b: Uberblock): number {
  if (a.txg !== b.txg) return a.txg > b.txg ? -1 : 1;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp ? -1 : 1;
  return (b.mmp?.sequence ?? 0) - (a.mmp?.sequence ?? 0);
}

/** The fields of an uberblock as every document prints them. */
export function describeUberblock(ub: Uberblock): Omit<UberblockEntry, 'slot' | 'labels' | 'state'> {
  return {
    txg: ub.txg.toString(),
    timestamp: seconds(ub.timestamp),
    guidSum: ub.guidSum.toString(),
    version: ub.version.toString(),
    byteOrder: ub.littleEndian ? 'little' : 'big',
    checkpointTxg: ub.checkpointTxg.toString(),
    mmp: ub.mmp === null ? null : describeMmp(ub.mmp),
    rootBlockPointer: describeBlkptr(ub.rootbp),
  };
}

function describeMmp(mmp: Mmp): NonNullable<UberblockEntry['mmp']> {
  return { sequence: mmp.sequence, intervalMs: mmp.intervalMs, failIntervals: mmp.failIntervals };
}

/** Offsets and sizes in bytes, as ZFS's own tools print them: from the start of the vdev's allocatable space. */
export function describeBlkptr(bp: Blkptr): BlockPointerEntry {
  return {
    dvas: bp.dvas.map((dva) => ({
      vdev: dva.vdev,
      offset: (dva.offset * 512n).toString(),
      asize: dva.asize.toString(),
      gang: dva.gang,
    })),
    checksum: checksumKind(bp.checksum) ?? `unknown-${bp.checksum}`,
    compression: compressionKind(bp.compression) ?? `unknown-${bp.compression}`,
    birthTxg: bp.birth.toString(),
    lsize: bp.lsize,
    psize: bp.psize,
  };
}

/** A number that JSON holds exactly; a time beyond that is no time, and is given as the largest such number. */
export function seconds(timestamp: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(timestamp < limit ? timestamp : limit);
}

/** `error` as documents print it. */
export function documentError(error: ZfsUberError | null): DocumentError | null {
  return error === null ? null : { code: error.code, message: error.message };
}

const decimal = (value: bigint | null | undefined): string | null => value?.toString() ?? null;
