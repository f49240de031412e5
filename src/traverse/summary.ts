import type { ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import type { ZilHeader } from '../format/zil.ts';
import type { ErrorCause } from '../pool/errorCause.ts';

/** A block that fails, or a pointer that nobody would follow. */
export interface Failure {
  readonly kind: 'metadata' | 'data';
  /** Null where the block itself reads and what it holds is nonsense: OpenZFS counts no error for it. */
  readonly counted: boolean;
  readonly because: ErrorCause;
  readonly what: BlockRole;
  /** 0 for the dnodes of the object set, -1 to -3 for the space accounting of users, groups and projects. */
  readonly object: number;
  readonly level: number;
  /** -1 for a spill block. */
  readonly blockId: number;
  readonly bp: Blkptr;
  readonly error: ZfsUberError | null;
}

export type BlockRole = 'object set' | 'dnodes' | 'indirect' | 'content' | 'dataset' | 'intent log';

/** A head dataset whose object set has an intent log. */
export interface LogHead {
  readonly log: ZilHeader;
}

/** What is wrong below one block pointer; a subtree in which nothing is has none. */
export interface Summary {
  /** Errors in all of it. */
  readonly metadata: number;
  readonly data: number;
  /** The first that ends the traversal. */
  readonly fatal: Failure | null;
  /** Errors that OpenZFS has counted when it ends there; those of all where it does not end. */
  readonly metadataBefore: number;
  readonly dataBefore: number;
  /** In the order of the traversal. */
  readonly parts: readonly Part[];
}

export type Part = Summary | Failure | LogHead;

export const isSummary = (part: Part): part is Summary => 'parts' in part;
export const isLogHead = (part: Part): part is LogHead => 'log' in part;

/** A block whose loss ends the traversal. `metadataBefore` is 0 where OpenZFS reads it before it counts. */
export function fatalSummary(failure: Failure, countedBefore: boolean): Summary {
  const count = failure.counted ? 1 : 0;
  const before = countedBefore ? count : 0;
  return { metadata: count, data: 0, fatal: failure, metadataBefore: before, dataBefore: 0, parts: [failure] };
}

/** A block without others below it: its loss is counted, unless nothing can be said of it. */
export function leafSummary(failure: Failure): Summary {
  return failure.because === 'unsupported' ? { ...NOTHING, parts: [failure] } : countedSummary(failure);
}

function countedSummary(failure: Failure): Summary {
  const metadata = failure.kind === 'metadata' ? 1 : 0;
  const data = 1 - metadata;
  return { metadata, data, fatal: null, metadataBefore: metadata, dataBefore: data, parts: [failure] };
}

/** The same without the failure's particulars: what is kept when there are too many. */
export const bareSummary = ({ kind }: Failure): Summary => (kind === 'metadata' ? BARE_METADATA : BARE_DATA);

/** As bareSummary; which block ends the traversal is still known, what was wrong with its copies is not. */
export function bareFatal(failure: Failure): Summary {
  return { ...fatalSummary({ ...failure, error: null }, true), parts: [] };
}

const NOTHING = { metadata: 0, data: 0, fatal: null, metadataBefore: 0, dataBefore: 0 } as const;
const BARE_METADATA: Summary = { metadata: 1, data: 0, fatal: null, metadataBefore: 1, dataBefore: 0, parts: [] };
const BARE_DATA: Summary = { metadata: 0, data: 1, fatal: null, metadataBefore: 0, dataBefore: 1, parts: [] };

export interface Ordered {
  readonly order: number;
  readonly part: Summary | LogHead;
}

/** What is wrong in all of `parts`, each at its place in the order of the traversal; null when nothing is. */
export function compose(parts: Ordered[]): Summary | null {
  const [only] = parts;
  if (only === undefined) return null;
  if (parts.length === 1 && isSummary(only.part)) return only.part;
  parts.sort((a, b) => a.order - b.order);
  let [metadata, data, metadataBefore, dataBefore] = [0, 0, 0, 0];
  let fatal: Failure | null = null;
  const kept: Part[] = [];
  for (const { part } of parts) {
    if (isLogHead(part)) {
      kept.push(part);
      continue;
    }
    if (fatal === null) {
      metadataBefore += part.metadataBefore;
      dataBefore += part.dataBefore;
      fatal = part.fatal;
    }
    metadata += part.metadata;
    data += part.data;
    if (part.parts.length > 0) kept.push(part);
  }
  return { metadata, data, fatal, metadataBefore, dataBefore, parts: kept };
}
