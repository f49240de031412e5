import { FormatError, UnsupportedError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';

/** Compressed length (4, big-endian), then level and version of the writer (4). Source: include/sys/zstd/zstd.h, zfs_zstdhdr_t */
const HEADER = 8;
/** Starts every frame of RFC 8878; ZFS leaves it away. */
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;

/** Source: include/sys/zio_compress.h, enum zio_zstd_levels: 1 to 19, and fast-1 to fast-1000. */
const isLevel = (level: number): boolean => (level >= 1 && level <= 19) || (level >= 103 && level <= 123);

/** Part of the package that is used: one call, which never writes more than `size` bytes. */
interface Decoder {
  decode(frame: Uint8Array, size: number): Uint8Array;
}

type Zstd = (bytes: Uint8Array, lsize: number, place: Place) => Uint8Array;

let loading: Promise<void> | null = null;
let loaded: Decoder | null = null;
let refused: string | null = null;

/**
 * Loads the decoder (libzstd as WebAssembly, about 40 ms); a second call waits for the first. Never rejects: a host
 * without WebAssembly still reads everything else, and {@link whyNoZstd} says what it lacks.
 */
export function loadZstd(): Promise<void> {
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  try {
    const { ZSTDDecoder } = await import('zstddec');
    const decoder = new ZSTDDecoder();
    await decoder.init();
    loaded = decoder;
  } catch (error) {
    refused = error instanceof Error ? error.message : String(error);
  }
}

/** Why {@link loadedZstd} is null. */
export const whyNoZstd = (): string => refused ?? 'it was not loaded';

/**
 * Undoes zstd as ZFS stores it; null before {@link loadZstd} is done.
 *
 * The function throws FormatError `format-bounds` when the stored length passes the block's end, `format-value` for a
 * level that ZFS has not, a malformed frame, or another size than `lsize`.
 */
export function loadedZstd(): Zstd | null {
  const decoder = loaded;
  return decoder && ((bytes, lsize, place) => unpack(decoder, bytes, lsize, place));
}

/**
 * Undoes one whole frame of RFC 8878.
 *
 * @param size bytes that it holds; nothing larger is allocated
 * @throws FormatError for a malformed frame or one of another size; UnsupportedError where the decoder does not load
 */
export async function unpackFrame(frame: Uint8Array, size: number, place: Place): Promise<Uint8Array> {
  await loadZstd();
  if (loaded === null) throw new UnsupportedError(`no zstd decoder: ${whyNoZstd()}`, place);
  return decodeFrame(loaded, frame, size, place);
}

/** Source: module/zstd/zfs_zstd.c, zfs_zstd_decompress_level_buf */
function unpack(decoder: Decoder, bytes: Uint8Array, lsize: number, place: Place): Uint8Array {
  if (bytes.length < HEADER) {
    throw new FormatError('format-bounds', 'zstd header', `${HEADER} bytes`, `${bytes.length}`, place);
  }
  const stored = new DataView(bytes.buffer, bytes.byteOffset, HEADER).getUint32(0);
  if (stored > bytes.length - HEADER) {
    const limit = `at most ${bytes.length - HEADER} bytes`;
    throw new FormatError('format-bounds', 'zstd length field', limit, `${stored}`, inside(place, 'zstd'));
  }
  const level = writerLevel(bytes.subarray(4, HEADER));
  if (!isLevel(level)) {
    const at = inside(place, 'zstd', 4);
    throw new FormatError('format-value', 'zstd level', '1 to 19 or 103 to 123', `${level}`, at);
  }
  const frame = new Uint8Array(MAGIC.length + stored);
  frame.set(MAGIC);
  frame.set(bytes.subarray(HEADER, HEADER + stored), MAGIC.length);
  return decodeFrame(decoder, frame, lsize, inside(place, 'zstd', HEADER));
}

function decodeFrame(decoder: Decoder, frame: Uint8Array, lsize: number, place: Place): Uint8Array {
  const output = decoder.decode(frame, lsize);
  // A frame that libzstd refuses comes back empty.
  if (output.length !== lsize) {
    const found = output.length === 0 ? 'a frame that libzstd refuses' : `${output.length}`;
    throw new FormatError('format-value', 'zstd frame', `${lsize} bytes of output`, found, place);
  }
  return output;
}

/**
 * Level in the four bytes that hold it and the version, whose high byte is 0. Writers on little-endian hosts put the
 * level first; on big-endian hosts, before OpenZFS 2.1, last: the place of the zero tells which.
 * Source: include/sys/zstd/zstd.h, zfs_get_hdrmeta
 */
function writerLevel(word: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = word;
  if (d === 0) return a;
  if (c === 0) return d;
  if (b === 0) return a;
  return a === 0 ? d : 0;
}
