import type { DocumentError, ToolInfo } from './parts.types.ts';
import type { ScanDocument } from './scanDocument.ts';
import type { VerifyDocument } from './verifyDocument.ts';

/** A line of the evidence log. */
export interface LogLine {
  /** Name and version of the line. */
  readonly schema: 'zfs-uber/log/1';
  /** Counted from 0, in each run anew. */
  readonly sequence: number;
  /** When it was written: ISO 8601, UTC. */
  readonly writtenAt: string;
  /** SHA-256 of the line before, without its newline, in hexadecimal; null of the first of a run. */
  readonly previous: string | null;
  /** What happened. */
  readonly entry: LogEvent;
}

/** What happened, by its `event`. */
export type LogEvent = BeginEvent | OpenEvent | ReadEvent | VerdictEvent | RecommendEvent | FindingEvent | EndEvent;

/** A run begins. */
export interface BeginEvent {
  /** What the line says. */
  readonly event: 'begin';
  /** What runs. */
  readonly tool: ToolInfo;
  /** Words behind the name of the program; null where a program calls the library. */
  readonly commandLine: readonly string[] | null;
  /** Folder that relative paths are of. */
  readonly folder: string;
  /** Of the program that runs it, and of the system: `node 22.15.0`, `linux x64`. */
  readonly host: readonly string[];
  /** As given. */
  readonly sources: readonly string[];
}

/** A file, a device or a source on a network was opened for reading. The same may be opened again. */
export interface OpenEvent {
  /** What the line says. */
  readonly event: 'open';
  /** As it was opened. */
  readonly path: string;
  /** `file DEV:INODE`, `device RDEV`, or `network`; null where it could not be opened. */
  readonly identity: string | null;
  /** Of a file; what the system says of a device may be 0. Null where it could not be opened. */
  readonly sizeBytes: string | null;
  /** Why it could not be opened; null where it was. */
  readonly error: DocumentError | null;
}

/** Bytes were read. */
export interface ReadEvent {
  /** What the line says. */
  readonly event: 'read';
  /** Of the file or device; of a source on a network its address, without what is secret in it. */
  readonly path: string;
  /** Where in it. */
  readonly offsetBytes: string;
  /** How many were asked for. */
  readonly lengthBytes: number;
  /** How many came: fewer at the end of a file, none of a read that failed. */
  readonly readBytes: number;
  /** Of the bytes that came, in hexadecimal; null of a read that failed. */
  readonly sha256: string | null;
  /** Why it failed; null where it did not. */
  readonly error: DocumentError | null;
}

/** What was decided of a txg. */
export interface VerdictEvent {
  /** What the line says. */
  readonly event: 'verdict';
  /** Name of the pool, or its guid where no label has a name. */
  readonly pool: string;
  /** That was judged. */
  readonly txg: string;
  /** As in the document; null where `verify` has none. */
  readonly verdict: string | null;
  /** The step of the load that decides; null where none does. */
  readonly failsAt: string | null;
  /** Codes, the deciding one first. */
  readonly reasons: readonly string[];
}

/** What is recommended of a pool. */
export interface RecommendEvent {
  /** What the line says. */
  readonly event: 'recommend';
  /** Name of the pool, or its guid where no label has a name. */
  readonly pool: string;
  /** Null where none is. */
  readonly txg: string | null;
}

/** What was found of a pool or of the sources. */
export interface FindingEvent {
  /** What the line says. */
  readonly event: 'finding';
  /** Null of what is of no pool. */
  readonly pool: string | null;
  /** Of the finding. */
  readonly code: string;
  /** Of the finding. */
  readonly severity: string;
  /** Of the finding. */
  readonly message: string;
}

/** The run ended. A run without this line was cut off. */
export interface EndEvent {
  /** What the line says. */
  readonly event: 'end';
  /** Exit status; null where a program called the library. */
  readonly status: number | null;
  /** What was printed or written with `--output`. */
  readonly outputBytes: number;
  /** Of that, in hexadecimal. */
  readonly outputSha256: string | null;
}

/** What a document says that was decided: verdicts, recommendations, findings. */
export function decisionsOf(document: object): LogEvent[] {
  if (isScan(document)) return scanDecisions(document);
  return isVerify(document) ? verifyDecisions(document) : [];
}

const schemaOf = (document: object): unknown => ('schema' in document ? document.schema : null);
const isScan = (document: object): document is ScanDocument => schemaOf(document) === 'zfs-uber/scan/1';
const isVerify = (document: object): document is VerifyDocument => schemaOf(document) === 'zfs-uber/verify/1';

function scanDecisions({ pools, findings }: ScanDocument): LogEvent[] {
  const said = (pool: string | null, found: ScanDocument['findings']): FindingEvent[] =>
    found.map(({ code, severity, message }) => ({ event: 'finding', pool, code, severity, message }));
  const ofPools = pools.flatMap(({ name, guid, candidates, recommendation, findings: own }): LogEvent[] => {
    const pool = name ?? guid;
    const verdicts = candidates.map(
      ({ txg, verdict, failsAt, reasonData }): VerdictEvent => ({
        ...{ event: 'verdict', pool, txg, verdict, failsAt },
        reasons: reasonData.map(({ code }) => code),
      }),
    );
    return [...verdicts, ...said(pool, own), { event: 'recommend', pool, txg: recommendation?.txg ?? null }];
  });
  return [...ofPools, ...said(null, findings)];
}

function verifyDecisions({ pool, txg, verdict, steps, reasonData }: VerifyDocument): LogEvent[] {
  if (pool === null || txg === null) return [];
  const failsAt = steps.find(({ outcome }) => outcome === 'failed')?.name ?? null;
  const reasons = reasonData.map(({ code }) => code);
  return [{ event: 'verdict', pool: pool.name ?? pool.guid, txg, verdict, failsAt, reasons }];
}
