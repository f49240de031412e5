import { readAround } from './readAround.ts';
import { type ByteSource, NotInBundleError } from './source.ts';

/** `source` as a copy of it is that has zeros where it cannot be read; what a bundle has not stays an error. */
export const zeroed = (source: ByteSource): ByteSource => ({
  name: source.name,
  size: source.size,
  async read(offset, length, signal, into) {
    const { bytes, troubles } = await readAround(source, offset, length, { signal, into });
    for (const trouble of troubles) if (trouble instanceof NotInBundleError) throw trouble;
    return bytes;
  },
});
