import { type ByteSource, SourceError } from './source.ts';

/** The bytes; null where the disk has not all of them, or they cannot be read. */
export async function readOrNull(
  disk: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  if (offset < 0 || offset + length > disk.size) return null;
  try {
    return await disk.read(offset, length, signal);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return null;
  }
}
