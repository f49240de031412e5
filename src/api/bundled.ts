import { UsageError } from '../bytes/errors.ts';
import type { SurveyedSource } from './surveyedSource.ts';

/** Some source is a bundle, which has no data of files. */
export const isBundled = (sources: readonly SurveyedSource[]): boolean =>
  sources.some(({ opened }) => opened.bundle !== null);

/** @throws UsageError when data is asked for, and a source is a bundle */
export function refuseData(what: string, sources: readonly SurveyedSource[]): void {
  const bundle = sources.flatMap(({ opened }) => opened.bundle?.path ?? [])[0];
  if (bundle === undefined) return;
  throw new UsageError(`${what}: ${bundle} is a bundle and has no data of files; give the devices themselves`);
}
