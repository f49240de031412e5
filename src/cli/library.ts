import type { block } from '../api/block.ts';
import type { checkBundles, writeBundle } from '../api/bundle.ts';
import type { carve } from '../api/carve.ts';
import type { checkImages } from '../api/checkImages.ts';
import type { datasets, snapshots } from '../api/datasets.ts';
import type { EvidenceLog, openLog } from '../api/evidenceLog.ts';
import type { explain } from '../api/explain.ts';
import type { FailedMap } from '../api/failedMaps.ts';
import type { overlay } from '../api/overlay.ts';
import type { readScan, writeReport } from '../api/report.ts';
import type { scan } from '../api/scan.ts';
import type { openHistory, openObject } from '../api/streams.ts';
import type { labels, ring } from '../api/surveyDocuments.ts';
import type { timeline } from '../api/timeline.ts';
import type { verify } from '../api/verify.ts';
import type { serveWeb } from '../api/web.ts';
import type { ToolInfo } from '../document/parts.types.ts';

/** What the commands call: a function each. Tests hand in their own. */
export interface Library {
  readonly scan: typeof scan;
  /** Paths of all disks that the system names. */
  readonly systemDisks: () => Promise<string[]>;
  readonly writeReport: typeof writeReport;
  readonly readScan: typeof readScan;
  readonly serveWeb: typeof serveWeb;
  readonly verify: typeof verify;
  readonly checkImages: typeof checkImages;
  readonly overlay: typeof overlay;
  readonly labels: typeof labels;
  readonly ring: typeof ring;
  readonly datasets: typeof datasets;
  readonly snapshots: typeof snapshots;
  readonly openHistory: typeof openHistory;
  readonly openObject: typeof openObject;
  readonly block: typeof block;
  readonly writeBundle: typeof writeBundle;
  readonly checkBundles: typeof checkBundles;
  readonly carve: typeof carve;
  readonly timeline: typeof timeline;
  readonly explain: typeof explain;
  /** Does `work`, and writes what could not be read meanwhile. */
  readonly withFailedMaps: <T>(
    file: string,
    specs: readonly string[],
    work: () => Promise<T>,
  ) => Promise<{ readonly result: T; readonly maps: readonly FailedMap[] }>;
  readonly openLog: (...about: Parameters<typeof openLog>) => Promise<EvidenceLog>;
  readonly tool: () => Promise<ToolInfo & { readonly passedOver: string | null }>;
}
