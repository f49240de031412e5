import { type ByteSource, SourceError } from '../source/source.ts';
import type { FileSource } from './fileSource.ts';
import type { NetworkAddress } from './network/address.ts';

/** What is no path: bytes that a program hands in, or an address on a network. */
export type Reached = ByteSource | NetworkAddress;

/** Numbers of the sources that were handed in: the same one has the same number. */
const numbers = new WeakMap<ByteSource, number>();
let last = 0;

/**
 * Opens what is no path as if it were a file.
 *
 * @throws SourceError, LimitError, UnsupportedError when it cannot be had
 */
export async function openReached(reached: Reached): Promise<FileSource> {
  if ('kind' in reached) {
    // Nothing of a network is loaded where nobody named one.
    const { openNetworkSource } = await import('./network/openNetwork.ts');
    return openNetworkSource(reached);
  }
  return given(reached);
}

function given(source: ByteSource): FileSource {
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
