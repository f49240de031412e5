import { readAround } from './readAround.ts';
import type { ByteSource } from './source.ts';

/** `source` as a copy of it is that has zeros where it cannot be read. */
export const zeroed = (source: ByteSource): ByteSource => ({
  name: source.name,
  size: source.size,
  async read(offset, length, signal, into) {
    return (await readAround(source, offset, length, { signal, into })).bytes;
  },
});
