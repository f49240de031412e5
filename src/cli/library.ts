import type { OpenedPools } from '../api/openPool.ts';
import type { Progress } from '../api/progress.ts';
import type { CandidateLine } from '../document/candidateLine.ts';
import type { Depth, ScanDocument, ToolInfo } from '../document/document.ts';
import type { SurveyedSource } from '../document/labelsDocument.ts';
import type { VerifyDocument } from '../document/verifyDocument.ts';

export interface SurveyChoice {
  readonly progress?: (progress: Progress) => void;
  /** Ends the work: what is known by then is the answer. */
  readonly signal?: AbortSignal;
}

export interface ScanChoice extends SurveyChoice {
  readonly depth: Depth;
  /** Name or guid; null for every pool. */
  readonly pool: string | null;
  readonly minTxg: bigint | null;
  readonly maxTxg: bigint | null;
  readonly before: string | null;
  readonly needs: readonly string[];
  readonly watchSeconds: number | null;
  readonly onCandidate?: (line: CandidateLine) => void;
}

export interface VerifyChoice extends SurveyChoice {
  readonly depth: 'meta' | 'data';
  /** Name or guid; null where there is only one. */
  readonly pool: string | null;
}

/** What the commands call: the library with Node's sources below it. Tests hand in their own. */
export interface Library {
  scan(specs: readonly string[], choice: ScanChoice): Promise<ScanDocument>;
  verify(specs: readonly string[], txg: bigint | 'checkpoint', choice: VerifyChoice): Promise<VerifyDocument>;
  survey(specs: readonly string[], choice: SurveyChoice): Promise<readonly SurveyedSource[]>;
  openPools(specs: readonly string[], choice: SurveyChoice): Promise<OpenedPools>;
  tool(): Promise<ToolInfo & { readonly passedOver: string | null }>;
}
