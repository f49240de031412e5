import type { ByteSource } from '../source/source.ts';
import type { FileSource } from './fileSource.ts';
import { givenSource } from './givenSource.ts';
import type { NetworkAddress } from './network/address.ts';

/** What is no path: bytes that a program hands in, or an address on a network. */
export type Reached = ByteSource | NetworkAddress;

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
  return givenSource(reached);
}
