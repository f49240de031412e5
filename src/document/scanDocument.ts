import type { Depth } from '../rewind/judgement.ts';
import type { PoolScan } from '../rewind/scanPools.ts';
import type { MomentsEntry } from './moments.ts';
import type { FindingEntry, ToolInfo } from './parts.types.ts';
import type { PoolEntry } from './pool.types.ts';
import { buildPoolEntry, findingEntry } from './poolEntry.ts';
import type { AlsoAsked } from './shell/verifyCommand.ts';
import type { SourceEntry } from './source.types.ts';
import { buildSourceEntry, type DescribedSource } from './sourceEntry.ts';

/** `scan --json`. */
export interface ScanDocument {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/scan/1';
  /** What made it. */
  readonly tool: ToolInfo;
  /** The OpenZFS whose answers are predicted. */
  readonly judgedAs: string;
  /** How far was looked. */
  readonly depth: Depth;
  /** It was ended before everything was looked at: what is not known by then is `unverified`, or lacking. */
  readonly stopped: boolean;
  /** All that was given. */
  readonly sources: readonly SourceEntry[];
  /** About sources that belong to no pool. */
  readonly findings: readonly FindingEntry[];
  /** One per pool that was found. */
  readonly pools: readonly PoolEntry[];
}

export interface ScanFacts {
  readonly tool: ToolInfo;
  /** Release of the OpenZFS whose answers are predicted. */
  readonly judgedAs: string;
  readonly depth: Depth;
  readonly sources: readonly DescribedSource[];
  readonly found: PoolScan;
  readonly stopped: boolean;
  /** What the lines have to ask that are printed. Default: nothing. */
  readonly also?: AlsoAsked;
  /** Of the pools of `found`, in their order; none where they were not asked for. */
  readonly moments?: readonly MomentsEntry[];
}

/** The document of `scan`. */
export function buildScanDocument({
  tool,
  judgedAs,
  depth,
  sources,
  found,
  stopped,
  also,
  moments = [],
}: ScanFacts): ScanDocument {
  const indexes = new Map(sources.flatMap(({ survey }, index) => (survey === null ? [] : [[survey, index]])));
  const entries = sources.map(({ source, survey }) => buildSourceEntry(survey, source));
  return {
    schema: 'zfs-uber/scan/1',
    tool,
    judgedAs,
    depth,
    stopped,
    sources: entries,
    findings: found.findings.map((finding) => findingEntry(finding, (device) => indexes.get(device) ?? null)),
    pools: found.judgements.map((judgement, at) => ({
      ...buildPoolEntry(judgement, (device) => indexes.get(device) ?? null, also),
      ...(moments[at] === undefined ? {} : { moments: moments[at] }),
    })),
  };
}
