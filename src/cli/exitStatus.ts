import type { BundleCheckDocument, BundleDocument } from '../document/bundleDocument.ts';
import type { CarveDocument } from '../document/carveDocument.ts';
import type { ExplainDocument } from '../document/explainDocument.ts';
import type { ImageCheckDocument } from '../document/imageCheckDocument.ts';
import type { LabelsDocument } from '../document/labelsDocument.ts';
import type { OverlayDocument } from '../document/overlayDocument.ts';
import type { DocumentError } from '../document/parts.types.ts';
import type { RingDocument } from '../document/ringDocument.ts';
import { RING_LETTERS } from '../document/ringMap.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import type { SourceEntry } from '../document/source.types.ts';
import type { Timeline } from '../document/timeline.ts';
import type { VerifyDocument } from '../document/verifyDocument.ts';
import type { ViewHead } from '../document/viewHead.ts';

/** What the exit status says. */
export const EXIT = { done: 0, noZfs: 1, usage: 2, partial: 3, unwritten: 4, bug: 70 } as const;

interface Outcome {
  /** At least one pool was found. */
  readonly pool: boolean;
  /** Something of ZFS was found. */
  readonly trace: boolean;
  /** Something could not be opened or read. */
  readonly unread: boolean;
}

/** Traces of which no pool can be made count as partly done: "no trace of ZFS" would be wrong, and so would "done". */
function statusOf({ pool, trace, unread }: Outcome): number {
  if (unread) return EXIT.partial;
  if (pool) return EXIT.done;
  return trace ? EXIT.partial : EXIT.noZfs;
}

export function scanStatus({ sources, pools, findings, stopped }: ScanDocument): number {
  if (stopped) return EXIT.partial;
  const all = [...findings, ...pools.flatMap((pool) => pool.findings)];
  return statusOf({
    pool: pools.length > 0,
    trace: sources.some(hasTrace),
    unread: sources.some(isPartlyUnread) || all.some(({ code }) => UNREAD.has(code)),
  });
}

const UNREAD: ReadonlySet<string> = new Set(['read-failed', 'device-vanished', 'not-in-bundle', 'never-read']);

const isPartlyUnread = ({ error, labels }: SourceEntry): boolean =>
  error !== null ||
  labels.some(({ status, ring }) => status === 'unreadable' || (ring !== null && ring.unreadable > 0));

/** A label whose checksum holds, or an uberblock's magic: anything else may be any file. */
const hasTrace = ({ labels, uberblocks }: SourceEntry): boolean =>
  uberblocks.length > 0 || labels.some(({ status, ring }) => isLabel(status) || isRing(ring?.map ?? ''));

const isLabel = (status: SourceEntry['labels'][number]['status']): boolean => status === 'ok' || status === 'malformed';

const { valid, mmp, checksum, torn, foreign } = RING_LETTERS;
const isRing = (map: string): boolean => [valid, mmp, checksum, torn, foreign].some((letter) => map.includes(letter));

export function labelsStatus({ sources, stopped }: LabelsDocument): number {
  if (stopped) return EXIT.partial;
  const labels = sources.flatMap((source) => source.labels);
  return statusOf({
    pool: labels.some(({ status, config }) => status === 'ok' && config !== null && 'pool_guid' in config),
    trace: labels.some(({ status }) => isLabel(status)),
    unread: sources.some(({ error }) => error !== null) || labels.some(({ status }) => status === 'unreadable'),
  });
}

export function ringStatus({ sources, stopped }: RingDocument): number {
  if (stopped) return EXIT.partial;
  const rings = sources.flatMap((source) => source.rings);
  return statusOf({
    pool: rings.some(({ map }) => [valid, mmp].some((letter) => map.includes(letter))),
    trace: rings.some(({ map, labelStatus }) => isRing(map) || isLabel(labelStatus)),
    unread:
      sources.some(({ error }) => error !== null) || rings.some(({ map }) => map.includes(RING_LETTERS.unreadable)),
  });
}

export function verifyStatus({ pool, sources, stopped }: VerifyDocument): number {
  if (stopped || sources.some(({ error }) => error !== null)) return EXIT.partial;
  return pool === null ? EXIT.noZfs : EXIT.done;
}

/** A script that goes on after 0 finds the overlays. */
export function overlayStatus({ pool, sources, stopped, refusal, output }: OverlayDocument): number {
  if (pool === null && !stopped) return sources.some(({ error }) => error !== null) ? EXIT.partial : EXIT.noZfs;
  const made = refusal === null && output !== null;
  return stopped || !made || sources.some(({ error }) => error !== null) ? EXIT.partial : EXIT.done;
}

interface Lacking {
  readonly troubles: readonly DocumentError[];
}

/** What documents about one pool at one txg say of what could not be read. */
interface ViewOutcome extends Pick<ViewHead, 'sources' | 'pool' | 'error'> {
  readonly stopped: boolean;
  readonly troubles?: readonly DocumentError[];
  readonly sourceErrors?: readonly DocumentError[];
  readonly readError?: DocumentError | null;
  readonly datasets?: readonly Lacking[];
  readonly snapshots?: readonly Lacking[];
}

export function viewStatus(document: ViewOutcome): number {
  const { sources, pool, error, stopped, readError = null } = document;
  const { troubles = [], sourceErrors = [], datasets = [], snapshots = [] } = document;
  const items = [...datasets, ...snapshots].flatMap((each) => each.troubles);
  const lacks = error !== null || readError !== null || [...troubles, ...sourceErrors, ...items].length > 0;
  return statusOf({
    pool: pool !== null,
    trace: sources.some(({ labelStatuses }) => labelStatuses.some(isLabel)),
    unread:
      stopped ||
      lacks ||
      sources.some((source) => source.error !== null || source.labelStatuses.includes('unreadable')),
  });
}

export function timelineStatus({ sources, pools, troubles, stopped }: Timeline): number {
  if (stopped || troubles.length > 0 || sources.some(({ error }) => error !== null)) return EXIT.partial;
  return pools.length > 0 ? EXIT.done : EXIT.noZfs;
}

/** What was asked about is known; 3 where not all txgs could be judged. */
export const explainStatus = ({ stopped, unread }: ExplainDocument): number =>
  stopped || unread.length > 0 ? EXIT.partial : EXIT.done;

/** The file is there in any case; 3 where it lacks something that the disks may have. */
export function bundleStatus({ pools, sources, stopped }: BundleDocument): number {
  if (stopped || sources.some(({ error }) => error !== null)) return EXIT.partial;
  return pools.length > 0 ? EXIT.done : EXIT.noZfs;
}

export function carveStatus({ sources, pools, vdevs, roots, stopped }: CarveDocument): number {
  return statusOf({
    pool: pools.length > 0,
    trace: vdevs.length > 0 || roots.length > 0,
    unread: stopped || sources.some(({ error }) => error !== null),
  });
}

/** Where nothing is kept nothing was compared. */
export const imageCheckStatus = ({ images, stopped }: ImageCheckDocument): number =>
  !stopped && images.every(({ whole }) => whole) ? EXIT.done : EXIT.partial;

export const bundleCheckStatus = ({ bundles }: BundleCheckDocument): number =>
  bundles.every(({ whole }) => whole) ? EXIT.done : EXIT.partial;
