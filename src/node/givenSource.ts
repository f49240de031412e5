import { type ByteSource, SourceError } from '../source/source.ts';
import type { FileSource } from './fileSource.ts';

/** Numbers of the sources that were handed in: the same one has the same number. */
const numbers = new WeakMap<ByteSource, number>();
let last = 0;

/** What a program handed in, as if it were a file. @throws SourceError when there is nothing of it */
export function givenSource(source: ByteSource): FileSource {
  const { name, size } = source;
  const place = { source: name, offset: 0, path: [] };
  if (!Number.isSafeInteger(size) || size < 0)
    throw new SourceError('not-a-source', `it says it has ${size} bytes`, place);
  if (size === 0) throw new SourceError('source-empty', 'it is empty: 0 bytes', place);
  const number = numbers.get(source) ?? ++last;
  numbers.set(source, number);
  const isFile = { block: false, sectorSize: null, diskOffset: 0 };
  const { runs, selection } = source;
  return {
    ...isFile,
    ...(selection && { selection }),
    ...(runs && { runs: (...range) => runs.apply(source, range) }),
    name,
    size,
    origin: 'given',
    disk: `given ${number}`,
    read: (...range) => source.read(...range),
    // Whoever opened it closes it.
    close: async () => undefined,
  };
}
