import { buildExplainDocument, type ExplainDocument } from '../document/explainDocument.ts';
import { chooseEngine } from '../node/engine.ts';
import { type ScanOptions, scan } from './scan.ts';
import type { Sources } from './session.ts';
import { toolInfo } from './toolInfo.ts';

/**
 * What a finding code, a verdict, a reason, an exit status or a text of OpenZFS means, what to do, and, where sources are
 * given, which txgs of their pools have it and which are free of it.
 *
 * @param text a code, or a line of dmesg, `zpool import`, `zpool status` or the log of a load
 * @param sources judged as `scan` does with the same options; null for none
 * @returns the document of `explain --json`
 * @throws UsageError when nothing is known of `text`, or a source makes no sense
 */
export async function explain(
  text: string,
  sources: Sources | null = null,
  options: ScanOptions = {},
): Promise<ExplainDocument> {
  const tool = toolInfo(options.engine ?? chooseEngine());
  // What nobody knows of is said before the disks are read.
  const alone = buildExplainDocument(tool, text, null);
  if (sources === null) return alone;
  return buildExplainDocument(tool, text, await scan(sources, options));
}
