export { type BlockOptions, block } from './api/block.ts';
export { type BundleOptions, type CheckOptions, checkBundles, writeBundle } from './api/bundle.ts';
export { type CarveSourcesOptions, carve } from './api/carve.ts';
export { datasets, snapshots } from './api/datasets.ts';
export { type EvidenceLog, type LogOptions, openLog } from './api/evidenceLog.ts';
export { explain } from './api/explain.ts';
export { type FailedMap, withFailedMaps } from './api/failedMaps.ts';
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
export { type OverlayOptions, overlay } from './api/overlay.ts';
export type { RawBlock, RawBlockPlace } from './api/poolBlock.ts';
export type { ViewOptions } from './api/poolView.ts';
export type { Progress } from './api/progress.ts';
export { type ReportOptions, readScan, writeReport } from './api/report.ts';
export { type ScanOptions, scan } from './api/scan.ts';
export type { Sources } from './api/session.ts';
export { history, type Open, object, openHistory, openObject } from './api/streams.ts';
export { closeSources, surveyDevices } from './api/surveyDevices.ts';
export { labels, ring, type SurveyOptions } from './api/surveyDocuments.ts';
export type { SurveyChoice, SurveyedSource } from './api/surveyedSource.ts';
export { timeline } from './api/timeline.ts';
export { type UnpackedBlock, unpackBlock } from './api/unpackBlock.ts';
export { type VerifyOptions, verify } from './api/verify.ts';
export { serveWeb, type WebOptions, type WebService } from './api/web.ts';
export { DeviceMedia, type DeviceMediaChoice, type ReadDisk } from './node/deviceMedia.ts';
export { chooseEngine, type EngineChoice } from './node/engine.ts';
export type { SourceSpec } from './node/expandSpecs.ts';
export { FILE_HOST } from './node/fileHost.ts';
export { type HandlePool, handlePool } from './node/handlePool.ts';
export type { OpenedSource } from './node/openedSource.ts';
export { openSources } from './node/openSources.ts';
export { systemDisks } from './node/rawDisk.ts';
export * from './parser.ts';
