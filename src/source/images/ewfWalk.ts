import { zlibLength } from '../../block/gzip.ts';
import { adler32 } from '../adler32.ts';
import { SourceError } from '../source.ts';
import type { ChunkPlaces } from './ewfTable.ts';
import type { ImageFile } from './imageFile.ts';

/** Bytes of the disk that are looked for without a table: one of EnCase 6 is for 512 MiB, of later ones for 2 GiB. */
const MOST_WALKED = 4 * 1024 ** 3;
/** Bytes read at a time. */
const WINDOW = 4 * 1024 * 1024;
/** A packed chunk can be longer than what it unpacks to. */
const SLACK = 65536;

/**
 * Chunks one behind the other, each proven by its own Adler-32: of the bytes as they are, or at the end of a zlib stream.
 * They end with the first that is neither. As they are comes first: the disk itself can hold zlib streams.
 *
 * @param section bytes of the file; it may end before
 * @param first number of the first chunk
 * Source: libewf, EWF specification, "Sectors section"
 */
export async function walkChunks(
  file: ImageFile,
  section: { readonly from: number; readonly to: number },
  first: number,
  { chunkSize, size }: { readonly chunkSize: number; readonly size: bigint },
): Promise<ChunkPlaces> {
  const offsets: number[] = [];
  const packed: number[] = [];
  const to = Math.min(section.to, file.source.size);
  const most = Math.min(Number(size) - first * chunkSize, MOST_WALKED);
  let window: { at: number; bytes: Uint8Array } = { at: section.from, bytes: new Uint8Array() };
  let at = section.from;
  for (let done = 0; done < most && at < to; done += chunkSize) {
    const wanted = Math.min(chunkSize, Number(size) - first * chunkSize - done);
    const end = Math.min(to, at + wanted + SLACK);
    if (end > window.at + window.bytes.length) {
      const bytes = await readOrNull(file, at, Math.min(to - at, Math.max(WINDOW, end - at)));
      if (bytes === null) break;
      window = { at, bytes };
    }
    const rest = window.bytes.subarray(at - window.at, end - window.at);
    const plain = isPlain(rest, wanted);
    const length = plain ? wanted + 4 : zlibLength(rest, wanted);
    if (length === null) break;
    offsets.push(at);
    packed.push(plain ? 0 : 1);
    at += length;
  }
  return { offsets: Float64Array.from(offsets), packed: Uint8Array.from(packed), end: at };
}

function isPlain(bytes: Uint8Array, length: number): boolean {
  if (bytes.length < length + 4) return false;
  const sum = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(length, true);
  return sum === adler32(bytes.subarray(0, length));
}

async function readOrNull(file: ImageFile, offset: number, length: number): Promise<Uint8Array | null> {
  try {
    return await file.source.read(offset, length);
  } catch (error) {
    if (error instanceof SourceError) return null;
    throw error;
  }
}
