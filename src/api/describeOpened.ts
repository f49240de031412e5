import type { SourceDescription } from '../document/sourceEntry.ts';
import type { OpenedSource } from '../node/openSources.ts';

/** An opened source in the words of the documents. */
export function describeOpened({ path, kind, size, offset, error }: OpenedSource): SourceDescription {
  return {
    path,
    kind: kind as SourceDescription['kind'],
    sizeBytes: size,
    offsetBytes: offset,
    error: error === null ? null : { code: error.code, message: error.message },
  };
}
