export { type JudgeChoice, judge } from './api/judge.ts';
export { NoSuchTxgError } from './api/noSuchTxg.ts';
export {
  type AtOptions,
  OpenedPool,
  type OpenedPools,
  type OpenPoolOptions,
  type OpenPoolsOptions,
  openPool,
  openPools,
} from './api/openPool.ts';
export type { RawBlock, RawBlockPlace } from './api/poolBlock.ts';
export type { Progress } from './api/progress.ts';
export { type ScanOptions, scan } from './api/scan.ts';
export { closeSources, surveyDevices } from './api/surveyDevices.ts';
export type { SurveyChoice, SurveyedSource } from './api/surveyedSource.ts';
export { type UnpackedBlock, unpackBlock } from './api/unpackBlock.ts';
export { type VerifyOptions, verify } from './api/verify.ts';
export type { BlockDocument } from './document/blockDocument.ts';
export type { CandidateLine } from './document/candidateLine.ts';
export type { DatasetEntry, DatasetsDocument } from './document/datasetsDocument.ts';
export type * from './document/document.ts';
export type { HistoryDocument, HistoryEntry } from './document/historyDocument.ts';
export type { ObjectDocument, ObjectEntry } from './document/objectDocument.ts';
export type { SnapshotEntry, SnapshotsDocument } from './document/snapshotsDocument.ts';
export type { VerifyDocument } from './document/verifyDocument.ts';
export { chooseEngine, type EngineChoice } from './node/engine.ts';
export { type OpenedSource, openSources } from './node/openSources.ts';
export * from './parser.ts';
