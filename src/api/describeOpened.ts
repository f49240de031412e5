import type { DocumentError } from '../document/parts.types.ts';
import type { DescribedSource, SourceDescription } from '../document/sourceEntry.ts';
import { errorEntry } from '../document/viewHead.ts';
import type { OpenedSource } from '../node/openedSource.ts';
import { SourceError } from '../source/source.ts';
import { hiddenVdev } from './importPlace.ts';
import type { SurveyedSource } from './surveyedSource.ts';

/**
 * An opened source in the words of the documents, with what could not be read of it up to now: to be asked for when all
 * was read.
 */
export function describeOpened(opened: OpenedSource): SourceDescription {
  const { path, size, offset, bundle } = opened;
  const kind = opened.kind as SourceDescription['kind'];
  return {
    path,
    kind: bundle === null ? kind : 'bundle',
    bundle: bundle && { path: bundle.path, kind, withoutNames: bundle.withoutNames },
    sizeBytes: size,
    offsetBytes: offset,
    error: errorOf(opened),
    unreadable: opened.source?.failures?.ranges ?? [],
    hidden: hiddenVdev(opened)?.reason ?? null,
    madeOf: opened.madeOf,
    notes: opened.troubles.filter((trouble) => !(trouble instanceof SourceError)).map(errorEntry),
  };
}

/** A surveyed source in the words of the documents: as `describeOpened`. */
export const describeSurveyed = ({ opened, survey }: SurveyedSource): DescribedSource => ({
  source: describeOpened(opened),
  survey,
});

/** Why it could not be opened; else that it went away, or is in files that were not given; else what could not be read of it, or of the tables of its disk. */
function errorOf({ path, error, source, troubles }: OpenedSource): DocumentError | null {
  const failures = source?.failures ?? null;
  const [table] = troubles.flatMap((trouble) => (trouble instanceof SourceError ? trouble : []));
  const lacks = table?.code === 'needs-file' ? table : null;
  const whole = error ?? failures?.gone ?? lacks;
  if (whole !== null) return { code: whole.code, message: whole.message };
  const ranges = failures?.ranges ?? [];
  const [first] = ranges;
  if (first === undefined) return table === undefined ? null : { code: table.code, message: table.message };
  const bytes = ranges.reduce((sum, { length }) => sum + length, 0);
  const more = (failures?.omitted ?? 0) > 0 ? ' or more' : '';
  const places = ranges.length === 1 ? '1 place' : `${ranges.length} places`;
  const { code } = first.error;
  const message = `${path}: ${bytes} bytes${more} in ${places} could not be read, the first at byte ${first.offset} (${code})`;
  return { code, message };
}
