import { UsageError } from '../bytes/errors.ts';
import { explainText, type Meaning, nearestCode } from '../words/explain.ts';
import { STEP_WORDS } from '../words/steps.ts';
import type { CandidateEntry } from './candidate.types.ts';
import type { ToolInfo } from './parts.types.ts';
import type { PoolEntry } from './pool.types.ts';
import type { ScanDocument } from './scanDocument.ts';

/** `explain --json`. */
export interface ExplainDocument {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/explain/1';
  /** What made it. */
  readonly tool: ToolInfo;
  /** What was to be explained. */
  readonly asked: string;
  /** At least one. */
  readonly meanings: readonly MeaningEntry[];
  /** Judging the sources was ended by a signal. */
  readonly stopped: boolean;
  /** Paths of the sources that could not be read. */
  readonly unread: readonly string[];
}

export interface MeaningEntry {
  /** What said it: `message` is OpenZFS, all others are zfs-uber. */
  readonly kind: Meaning['kind'];
  /** Of zfs-uber; of a message a short name for it. */
  readonly code: string;
  /** What it means. */
  readonly says: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly todo: string;
  /** File of OpenZFS that says it; null of what zfs-uber says. */
  readonly source: string | null;
  /** Numbers of errors that stand in the text, in words. */
  readonly numbers: readonly string[];
  /** Where sources were given: whose txgs have it. Null where nothing on the disks tells. */
  readonly pools: readonly MetEntry[] | null;
}

/** Txgs of a pool by whether what was asked about is met there, newest first. */
export interface MetEntry {
  /** Null where no label says. */
  readonly name: string | null;
  /** Of the pool. */
  readonly guid: string;
  /** The pool has a finding of that code; null where it is no matter of a finding. */
  readonly found: boolean | null;
  /** Txgs that have it. */
  readonly met: readonly string[];
  /** Txgs that are free of it. */
  readonly free: readonly string[];
  /** Txgs of which it is not known: their load ends before, or they were not judged. */
  readonly unknown: readonly string[];
}

/**
 * What `text` means, and whose txgs have it.
 *
 * @param scan of the sources that were given; null where none were
 * @throws UsageError when nothing is known of it
 */
export function buildExplainDocument(tool: ToolInfo, text: string, scan: ScanDocument | null): ExplainDocument {
  const meanings = explainText(text);
  if (meanings.length === 0) {
    const near = nearestCode(text.trim());
    const hint = near === null ? '; scan the devices, and compare with the findings' : `; did you mean ${near}?`;
    throw new UsageError(`explain: nothing is known of '${text.slice(0, 80)}'${hint}`);
  }
  return {
    schema: 'zfs-uber/explain/1',
    tool,
    asked: text,
    meanings: meanings.map(({ met, ...meaning }) => ({
      ...meaning,
      pools: scan === null || met === null ? null : scan.pools.map((pool) => metIn(pool, met)),
    })),
    stopped: scan?.stopped ?? false,
    unread: (scan?.sources ?? []).flatMap(({ path, error }) => (error === null ? [] : [path])),
  };
}

type Criterion = NonNullable<Meaning['met']>;

function metIn(pool: PoolEntry, by: Criterion): MetEntry {
  const { name, guid, candidates, findings } = pool;
  const head = { name, guid };
  if (by.by === 'finding') {
    const codes: readonly string[] = by.codes;
    return { ...head, found: findings.some(({ code }) => codes.includes(code)), met: [], free: [], unknown: [] };
  }
  const newest = [...candidates].sort((a, b) => (BigInt(a.txg) > BigInt(b.txg) ? -1 : 1));
  const having = (answer: boolean | null) => newest.flatMap((each) => (isMet(each, by) === answer ? [each.txg] : []));
  return { ...head, found: null, met: having(true), free: having(false), unknown: having(null) };
}

const imports = ({ verdict }: CandidateEntry): boolean => verdict === 'importable' || verdict === 'readonly';
const ORDER: readonly string[] = Object.keys(STEP_WORDS);

/** Null where it is not known. */
function isMet(candidate: CandidateEntry, by: Exclude<Criterion, { readonly by: 'finding' }>): boolean | null {
  const { verdict, failsAt, hazards, reasonData } = candidate;
  switch (by.by) {
    case 'import':
      if (hazards.length > 0) return true;
      return verdict === 'unverified' ? null : !imports(candidate);
    case 'verdict':
      return verdict === by.verdict;
    case 'hazard':
      if (hazards.some(({ kind }) => kind === by.kind)) return true;
      return verdict === 'unverified' ? null : false;
    case 'reason':
      if (reasonData.some(({ code }) => by.codes.includes(code))) return true;
      return verdict === 'unverified' ? null : false;
    case 'steps': {
      const steps: readonly string[] = by.steps;
      if (failsAt !== null && steps.includes(failsAt)) return true;
      if (verdict === 'importable') return false;
      if (verdict === 'unverified' || failsAt === null) return null;
      const last = Math.max(...steps.map((step) => ORDER.indexOf(step)));
      return ORDER.indexOf(failsAt) > last ? false : null;
    }
  }
}
