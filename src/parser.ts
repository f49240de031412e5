export type { Engine, EngineAlgorithm, EngineInfo, Span } from './block/engine.ts';
export { pureEngine } from './block/pureEngine.ts';
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
export { Blkptr, type Dva } from './format/blkptr.ts';
export type { LabelConfig, LabelRole, PoolState } from './format/labelConfig.ts';
export type { NvList, NvPair, NvType, NvValue } from './format/nvlist.ts';
export { lookup } from './format/nvlist.ts';
export { decodeUberblock, type Mmp, type Uberblock } from './format/uberblock.ts';
export type { VdevConfig } from './format/vdevConfig.ts';
export { type Assembly, assemblePools } from './pool/assemblePools.ts';
export { type Attempt, type BlockRead, type BlockReader, UnavailableBlockError } from './pool/blockRead.ts';
export { type BlockReaderOptions, openBlockReader } from './pool/blockReader.ts';
export type { MissingVdev, Pool, VdevNode, VdevRole } from './pool/pool.ts';
export type { DeviceSurvey, LabelSurvey, LabelStatus, RingSurvey, SlotState, SlotSurvey } from './pool/survey.ts';
export { surveyDevice } from './pool/surveyDevice.ts';
export { type PoolScan, type ScanPoolsOptions, scanPools } from './rewind/scanPools.ts';
export { memorySource } from './source/memorySource.ts';
export { type ByteSource, SourceError, slice } from './source/source.ts';
