import { JUDGED_AS } from '../load/openzfs.ts';
import type { PoolScan } from '../rewind/scanPools.ts';
import type { Depth, ScanDocument, ToolInfo } from './document.ts';
import { buildPoolEntry, findingEntry } from './poolEntry.ts';
import { buildSourceEntry, type DescribedSource } from './sourceEntry.ts';

export interface ScanFacts {
  readonly tool: ToolInfo;
  readonly depth: Depth;
  readonly sources: readonly DescribedSource[];
  readonly found: PoolScan;
  readonly stopped: boolean;
}

/** The document of `scan`. */
export function buildScanDocument({ tool, depth, sources, found, stopped }: ScanFacts): ScanDocument {
  const indexes = new Map(sources.flatMap(({ survey }, index) => (survey === null ? [] : [[survey, index]])));
  const entries = sources.map(({ source, survey }) => buildSourceEntry(survey, source));
  return {
    schema: 'zfs-uber/scan/1',
    tool,
    judgedAs: JUDGED_AS.release,
    depth,
    stopped,
    sources: entries,
    findings: found.findings.map((finding) => findingEntry(finding, (device) => indexes.get(device) ?? null)),
    pools: found.judgements.map((judgement) => buildPoolEntry(judgement, (device) => indexes.get(device) ?? null)),
  };
}
