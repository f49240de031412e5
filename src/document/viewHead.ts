import type { ZfsUberError } from '../bytes/errors.ts';
import type { Txg } from '../bytes/units.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { Pool } from '../pool/pool.ts';
import type { LabelStatus } from '../pool/survey.ts';
import type { DocumentError, ToolInfo } from './parts.types.ts';
import type { SourceEntry } from './source.types.ts';
import { type DescribedSource, describeSource, documentError, seconds } from './sourceEntry.ts';

export interface ViewSource extends Omit<SourceEntry, 'labels' | 'uberblocks'> {
  /** Of its labels, by index; none when it could not be opened. */
  readonly labelStatuses: readonly LabelStatus[];
}

/** What every document about one pool at one txg begins with. */
export interface ViewHead {
  /** What made the document. */
  readonly tool: ToolInfo;
  /** All that was given. */
  readonly sources: readonly ViewSource[];
  /** Null when there is no pool on the sources. */
  readonly pool: {
    /** Null where no label decodes. */
    readonly name: string | null;
    /** `0` where no label tells. */
    readonly guid: string;
    /** As the labels have it. */
    readonly state: Pool['state'];
  } | null;
  /** Txg that was looked at; null when none opens. */
  readonly txg: string | null;
  /** Of its uberblock. */
  readonly timestamp: number | null;
  /** Every txg that the rings hold, newest first: what else can be asked for. */
  readonly ringTxgs: readonly string[];
  /** Txgs that were tried first and do not open, newest first. */
  readonly passedOver: readonly {
    /** That was tried. */
    readonly txg: string;
    /** Why it does not open. */
    readonly error: DocumentError;
  }[];
  /** Why nothing could be looked at. */
  readonly error: DocumentError | null;
}

export interface ViewFacts {
  readonly tool: ToolInfo;
  readonly sources: readonly DescribedSource[];
  readonly pool: Pool | null;
  readonly ringTxgs: readonly Txg[];
  /** Null when no view opens. */
  readonly uberblock: Uberblock | null;
  readonly passedOver: readonly { readonly txg: Txg; readonly trouble: ZfsUberError }[];
  readonly error: ZfsUberError | null;
}

export function viewHead({ tool, sources, pool, ringTxgs, uberblock, passedOver, error }: ViewFacts): ViewHead {
  return {
    tool,
    sources: sources.map(({ source, survey }) => ({
      ...describeSource(source),
      labelStatuses: survey?.labels.map(({ status }) => status) ?? [],
    })),
    pool: pool === null ? null : { name: pool.name, guid: pool.guid.toString(), state: pool.state },
    txg: uberblock?.txg.toString() ?? null,
    timestamp: uberblock === null ? null : seconds(uberblock.timestamp),
    ringTxgs: ringTxgs.map(String),
    passedOver: passedOver.map(({ txg, trouble }) => ({ txg: txg.toString(), error: errorEntry(trouble) })),
    error: documentError(error),
  };
}

/** A source of which something could not be read while the lists of a document were. */
export interface LateError extends DocumentError {
  /** Of the source. */
  readonly path: string;
}

/** What the sources say after the lists were read and did not say in the head, which comes before. */
export const lateErrors = (head: ViewHead, sources: readonly DescribedSource[]): LateError[] =>
  sources.flatMap(({ source: { path, error } }, i) =>
    error === null || error.message === head.sources[i]?.error?.message ? [] : [{ path, ...error }],
  );

export const errorEntry = ({ code, message }: ZfsUberError): DocumentError => ({ code, message });

/** Each thing that cannot be read fails all that needs it: it is told once. */
export const errorEntries = (troubles: readonly ZfsUberError[]): DocumentError[] =>
  [...new Map(troubles.map((trouble) => [trouble.message, trouble])).values()].map(errorEntry);
