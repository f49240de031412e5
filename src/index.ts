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
export { closeSources, type SurveyChoice, type SurveyedSource, surveyDevices } from './api/surveyDevices.ts';
export { type UnpackedBlock, unpackBlock } from './api/unpackBlock.ts';
export { type VerifyOptions, verify } from './api/verify.ts';
export { chooseEngine, type EngineChoice } from './node/engine.ts';
export { type OpenedSource, openSources } from './node/openSources.ts';
export * from './parser.ts';
export type { BlockDocument } from './report/blockDocument.ts';
export type { CandidateLine } from './report/candidateLine.ts';
export type { DatasetEntry, DatasetsDocument } from './report/datasetsDocument.ts';
export type * from './report/document.ts';
export type { HistoryDocument, HistoryEntry } from './report/historyDocument.ts';
export type { ObjectDocument, ObjectEntry } from './report/objectDocument.ts';
export type { SnapshotEntry, SnapshotsDocument } from './report/snapshotsDocument.ts';
export type { VerifyDocument } from './report/verifyDocument.ts';
