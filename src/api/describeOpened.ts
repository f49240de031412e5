import type { SourceDescription } from '../document/sourceEntry.ts';
import type { OpenedSource } from '../node/openSources.ts';
import { hiddenVdev } from './importPlace.ts';

/** An opened source in the words of the documents. */
export function describeOpened(opened: OpenedSource): SourceDescription {
  const { path, kind, size, offset, error } = opened;
  return {
    path,
    kind: kind as SourceDescription['kind'],
    sizeBytes: size,
    offsetBytes: offset,
    error: error === null ? null : { code: error.code, message: error.message },
    hidden: hiddenVdev(opened)?.reason ?? null,
  };
}
