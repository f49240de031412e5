import type { OpenedPools } from '../api/openPool.ts';
import type { Progress } from '../api/progress.ts';
import type { Depth, ScanDocument, ToolInfo } from '../report/document.ts';
import type { SurveyedSource } from '../report/labelsDocument.ts';

export interface SurveyChoice {
  readonly progress?: (progress: Progress) => void;
}

export interface ScanChoice extends SurveyChoice {
  readonly depth: Depth;
  /** Name or guid; null for every pool. */
  readonly pool: string | null;
  readonly minTxg: bigint | null;
  readonly maxTxg: bigint | null;
}

/** What the commands call: the library with Node's sources below it. Tests hand in their own. */
export interface Library {
  scan(specs: readonly string[], choice: ScanChoice): Promise<ScanDocument>;
  survey(specs: readonly string[], choice: SurveyChoice): Promise<readonly SurveyedSource[]>;
  openPools(specs: readonly string[], choice: SurveyChoice): Promise<OpenedPools>;
  tool(): Promise<ToolInfo & { readonly passedOver: string | null }>;
}
