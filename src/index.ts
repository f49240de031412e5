export type { Progress } from './api/progress.ts';
export { type ScanOptions, scan } from './api/scan.ts';
export { closeSources, type SurveyChoice, type SurveyedSource, surveyDevices } from './api/surveyDevices.ts';
export { chooseEngine, type EngineChoice } from './node/engine.ts';
export { type OpenedSource, openSources } from './node/openSources.ts';
export * from './parser.ts';
export type * from './report/document.ts';
