export { type BlockOptions, block } from './api/block.ts';
export { type CarveSourcesOptions, carve } from './api/carve.ts';
export { datasets, snapshots } from './api/datasets.ts';
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
export type { ViewOptions } from './api/poolView.ts';
export type { Progress } from './api/progress.ts';
export { type ScanOptions, scan } from './api/scan.ts';
export type { Sources } from './api/session.ts';
export { history, type Open, object, openHistory, openObject } from './api/streams.ts';
export { labels, ring, type SurveyOptions } from './api/surveyDocuments.ts';
export { timeline } from './api/timeline.ts';
export { type UnpackedBlock, unpackBlock } from './api/unpackBlock.ts';
export { type VerifyOptions, verify } from './api/verify.ts';
export type { Engine, EngineAlgorithm, EngineInfo, Span } from './block/engine.ts';
export { pureEngine } from './block/pureEngine.ts';
export { wasmEngine } from './block/wasmEngine.ts';
export {
  ChecksumError,
  type ChecksumWords,
  FormatError,
  LimitError,
  UnsupportedError,
  UsageError,
  ZfsUberError,
} from './bytes/errors.ts';
export { describePlace, type Place } from './bytes/place.ts';
export type { Guid, Sectors, Txg } from './bytes/units.ts';
export type { WalkOptions } from './dataset/block.ts';
export {
  type CarveDiskOptions,
  type CarvedDisk,
  type CarvedRoot,
  type CarvedVdev,
  carveDisk,
} from './dataset/carveDisk.ts';
export { type DatasetFacts, datasetFacts } from './dataset/datasetFacts.ts';
export type { Dataset, DatasetBookmark, DslDirectory } from './dataset/dsl.ts';
export type { Mos } from './dataset/mos.ts';
export type { BlockRange, DmuObject, ObjectBlock, TreePointer } from './dataset/object.ts';
export type { Objset } from './dataset/objset.ts';
export { type OpenedAt, openPoolAt } from './dataset/openAt.ts';
export { PoolAt } from './dataset/poolAt.ts';
export type { ReaderChoice } from './dataset/poolReaders.ts';
export type { Property, PropertySource } from './dataset/properties.ts';
export { type SnapshotFacts, snapshotFacts } from './dataset/snapshotFacts.ts';
export { Zap } from './dataset/zap.ts';
export type { ZilSummary } from './dataset/zil.ts';
export type { AttemptEntry, BlockDocument, BlockFacts } from './document/blockDocument.ts';
export { buildBlockDocument } from './document/blockDocument.ts';
export type { BundleCheckDocument, BundleDocument } from './document/bundleDocument.ts';
export type * from './document/candidate.types.ts';
export { type CandidateLine, candidateLine } from './document/candidateLine.ts';
export { buildCarveDocument, type CarveDocument, type CarvedSource } from './document/carveDocument.ts';
export { buildDatasetsDocument, type DatasetEntry, type DatasetsDocument } from './document/datasetsDocument.ts';
export { type DocumentStream, type Streamed, streamParts, wholeDocument } from './document/documentStream.ts';
export {
  buildExplainDocument,
  type ExplainDocument,
  type MeaningEntry,
  type MetEntry,
} from './document/explainDocument.ts';
export {
  type HistoryDocument,
  type HistoryEntry,
  type HistoryHead,
  type HistoryStream,
  historyStream,
} from './document/historyDocument.ts';
export type { ImageCheckDocument, ImageCheckEntry } from './document/imageCheckDocument.ts';
export { documentParts } from './document/jsonParts.ts';
export { buildLabelsDocument, type LabelsDocument, type LabelsSource } from './document/labelsDocument.ts';
export type * from './document/logLine.ts';
export type { ObjectDocument, ObjectEntry, ObjectHead, ObjectLists, ObjectStream } from './document/objectDocument.ts';
export { type ObjectPlace, objectStream } from './document/objectStream.ts';
export type { OverlayDocument } from './document/overlayDocument.ts';
export type * from './document/parts.types.ts';
export type * from './document/pool.types.ts';
export type * from './document/recommendation.types.ts';
export { buildRingDocument, type RingDocument, type RingSource } from './document/ringDocument.ts';
export { buildScanDocument, type ScanDocument, type ScanFacts } from './document/scanDocument.ts';
export { buildSnapshotsDocument, type SnapshotEntry, type SnapshotsDocument } from './document/snapshotsDocument.ts';
export type * from './document/source.types.ts';
export type { DescribedSource, SourceDescription } from './document/sourceEntry.ts';
export {
  creationEvent,
  historyEvent,
  inTime,
  RingTxgs,
  ringEvents,
  type Timeline,
  type TimelineEvent,
  type TimelineFormat,
  type TimelineLine,
  timelineLines,
} from './document/timeline.ts';
export { buildVerifyDocument, type VerifyDocument, type VerifyFacts } from './document/verifyDocument.ts';
export { type ViewFacts, type ViewHead, viewHead } from './document/viewHead.ts';
export type { StreamEnd, StreamFacts } from './document/viewStream.ts';
export { Blkptr, type Dva } from './format/blkptr.ts';
export { Dnode } from './format/dnode.ts';
export type { HistoryRecord } from './format/history.ts';
export type { LabelConfig, LabelRole, PoolState } from './format/labelConfig.ts';
export type { NvList, NvPair, NvType, NvValue } from './format/nvlist.ts';
export { lookup } from './format/nvlist.ts';
export { objectTypeName } from './format/objectTypes.ts';
export { decodeUberblock, type Mmp, type Uberblock } from './format/uberblock.ts';
export type { VdevConfig } from './format/vdevConfig.ts';
export { ZapEntry } from './format/zapEntry.ts';
export type { Candidate } from './load/candidates.ts';
export type { Hazard } from './load/hazard.ts';
export type { Prediction, Verdict } from './load/predict.ts';
export type { Reading } from './load/reading.ts';
export type { Reason } from './load/reason.ts';
export type { OpenedSource } from './node/openedSource.ts';
export type { SourceSpec } from './node/target.ts';
export { type Assembly, assemblePools } from './pool/assemblePools.ts';
export { type Attempt, type BlockRead, type BlockReader, UnavailableBlockError } from './pool/blockRead.ts';
export { type BlockReaderOptions, openBlockReader } from './pool/blockReader.ts';
export type { MissingVdev, Pool, VdevNode, VdevRole } from './pool/pool.ts';
export type { DeviceSurvey, LabelStatus, LabelSurvey, RingSurvey, SlotState, SlotSurvey } from './pool/survey.ts';
export { surveyDevice } from './pool/surveyDevice.ts';
export type { AimChoice } from './rewind/aim/choice.ts';
export { type Need, parseNeed } from './rewind/aim/need.ts';
export type { Severity } from './rewind/findings/codes.ts';
export type { Judged } from './rewind/judge.ts';
export type { JudgedCandidate } from './rewind/judgedCandidate.ts';
export type { Depth, JudgeOptions, PoolJudgement } from './rewind/judgement.ts';
export { judgePool } from './rewind/judgePool.ts';
export { type PoolScan, type ScanPoolsOptions, scanPools } from './rewind/scanPools.ts';
export { type BlobLike, blobSource } from './source/blobSource.ts';
export { type Bundle, type OpenBundleOptions, openBundle } from './source/bundle/openBundle.ts';
export { memorySource } from './source/memorySource.ts';
export { type ByteSource, SourceError, slice } from './source/source.ts';
export { explainText, type Meaning } from './words/explain.ts';
export { hazardWords } from './words/hazards.ts';
export { reasonWords } from './words/reasons.ts';
