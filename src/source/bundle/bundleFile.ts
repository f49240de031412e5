import { unpackFrame } from '../../block/zstd.ts';
import { FormatError, LimitError } from '../../bytes/errors.ts';
import { inside, type Place } from '../../bytes/place.ts';
import { read } from '../../bytes/struct.ts';
import { type ByteSource, SourceError } from '../source.ts';
import {
  ANSWER,
  BUNDLE_MAGIC,
  BUNDLE_VERSION,
  DIRECTORY_ENTRY,
  FRAME,
  HEADER,
  RUN,
  STORED_FRAME,
  TRAILER,
  TRAILER_MAGIC,
} from './bundle.layout.ts';
import { type Digest, frameSize, framesOf, sha256Of } from './frames.ts';

/** Frames unpacked and kept: what was read one after the other lies side by side. */
const MOST_FRAMES = 16;
/** The manifest is read whole. */
const MOST_MANIFEST = 64 * 1024 * 1024;
/** Bytes of the file for each run and answer of its tables: in a real bundle each is a block of some hundred bytes and more. */
const BYTES_A_RUN = 16;
/** Runs and answers that any bundle may have. */
const FREE_RUNS = 65536;

/** A stream of a bundle: so many bytes, in the frames from `first` on. */
export interface Stream {
  readonly name: 'kept bytes' | 'runs' | 'answers' | 'manifest';
  readonly first: number;
  readonly bytes: number;
}

/** Bytes of the bundle that are not what was written: nobody knows what the disk has in their place. */
export class BundleDamagedError extends SourceError {
  override readonly name: string = 'BundleDamagedError';
  constructor(message: string, place: Place, options?: { cause?: unknown }) {
    super('bundle-damaged', message, place, options);
  }

  override get silent(): boolean {
    return true;
  }
}

/** Whether the source begins as a bundle does. What cannot be read begins as nothing. */
export async function isBundle(source: ByteSource, signal?: AbortSignal): Promise<boolean> {
  if (source.size < HEADER.size + TRAILER.size) return false;
  try {
    return carries(await source.read(0, BUNDLE_MAGIC.length, signal), BUNDLE_MAGIC);
  } catch (error) {
    if (error instanceof SourceError) return false;
    throw error;
  }
}

/** The frames of a bundle, each verified when it is read. */
export class BundleFile {
  readonly source: ByteSource;
  readonly kept: Stream;
  readonly runs: Stream;
  readonly answers: Stream;
  readonly manifest: Stream;
  /** SHA-256 that the trailer gives of the file up to itself. */
  readonly fileSha256: Uint8Array;
  readonly #directory: Uint8Array;
  readonly #newDigest: () => Digest;
  readonly #frames = new Map<number, Promise<Uint8Array>>();

  private constructor(
    source: ByteSource,
    directory: Uint8Array,
    trailer: {
      readonly kept: number;
      readonly runs: number;
      readonly answers: number;
      readonly manifest: number;
      readonly fileSha256: Uint8Array;
    },
    newDigest: () => Digest,
  ) {
    this.source = source;
    this.#directory = directory;
    this.#newDigest = newDigest;
    this.fileSha256 = trailer.fileSha256;
    this.kept = { name: 'kept bytes', first: 0, bytes: trailer.kept };
    this.runs = { name: 'runs', first: framesOf(trailer.kept), bytes: trailer.runs * RUN.size };
    const answersAt = this.runs.first + framesOf(this.runs.bytes);
    this.answers = { name: 'answers', first: answersAt, bytes: trailer.answers * ANSWER.size };
    const manifestAt = answersAt + framesOf(this.answers.bytes);
    this.manifest = { name: 'manifest', first: manifestAt, bytes: trailer.manifest };
  }

  /**
   * @throws FormatError when it is no bundle, or one that was cut or changed; LimitError when it says that it holds more
   *   than there is room for; SourceError when it cannot be read
   */
  static async open(source: ByteSource, newDigest: () => Digest, signal?: AbortSignal): Promise<BundleFile> {
    const at = (offset: number, name: string): Place => ({ source: source.name, offset, path: [name] });
    if (source.size < HEADER.size + TRAILER.size) {
      const least = `${HEADER.size + TRAILER.size} bytes`;
      throw new FormatError('format-bounds', 'bundle', least, `${source.size}`, at(0, 'header'));
    }
    const head = read(HEADER, await source.read(0, HEADER.size, signal), true, at(0, 'header'));
    checkMagic(head.magic, BUNDLE_MAGIC, head.version, at(0, 'header'));
    const end = source.size - TRAILER.size;
    const place = at(end, 'trailer');
    const trailer = read(TRAILER, await source.read(end, TRAILER.size, signal), true, place);
    checkMagic(trailer.magic, TRAILER_MAGIC, trailer.version, place);
    const number = (name: 'directory' | 'kept' | 'runs' | 'answers' | 'manifest', most: number): number => {
      const value = trailer[name];
      if (value <= BigInt(most)) return Number(value);
      const where = inside(place, name, TRAILER.fields[name].offset);
      throw new FormatError('format-bounds', name, `at most ${most}`, `${value}`, where);
    };
    const directoryAt = number('directory', end);
    const kept = number('kept', Number.MAX_SAFE_INTEGER);
    const runs = number('runs', Number.MAX_SAFE_INTEGER);
    const answers = number('answers', Number.MAX_SAFE_INTEGER);
    const manifest = number('manifest', Number.MAX_SAFE_INTEGER);
    if (manifest > MOST_MANIFEST) throw new LimitError(`a manifest of ${manifest} bytes`, place);
    for (const [what, count] of Object.entries({ runs, answers })) {
      if (count > FREE_RUNS + source.size / BYTES_A_RUN)
        throw new LimitError(`${count} ${what} in ${source.size} bytes`, place);
    }
    const frames = framesOf(kept) + framesOf(runs * RUN.size) + framesOf(answers * ANSWER.size) + framesOf(manifest);
    const where = at(directoryAt, 'directory');
    if (frames * DIRECTORY_ENTRY.size !== end - directoryAt) {
      const expected = `${frames} entries of ${DIRECTORY_ENTRY.size} bytes`;
      throw new FormatError('format-bounds', 'directory', expected, `${end - directoryAt} bytes`, where);
    }
    const directory = await source.read(directoryAt, end - directoryAt, signal);
    if (!isSame(sha256Of(newDigest, directory), trailer.directorySha256)) {
      throw new FormatError('format-value', 'directory', 'the SHA-256 of the trailer', 'another', where);
    }
    return new BundleFile(
      source,
      directory,
      { kept, runs, answers, manifest, fileSha256: trailer.fileSha256 },
      newDigest,
    );
  }

  /** All of a stream. Only for those that {@link open} has bounded. */
  async whole(stream: Stream, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = new Uint8Array(stream.bytes);
    for (let i = 0; i < framesOf(stream.bytes); i++) bytes.set(await this.frame(stream, i, signal), i * FRAME);
    return bytes;
  }

  /** Puts `[position, position + into.length)` of a stream into `into`. @throws BundleDamagedError, SourceError */
  async fill(stream: Stream, position: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    for (let done = 0; done < into.length; ) {
      const index = Math.floor((position + done) / FRAME);
      const from = (position + done) % FRAME;
      const part = (await this.#cached(stream, index)).subarray(from, from + into.length - done);
      signal?.throwIfAborted();
      into.set(part, done);
      done += part.length;
    }
  }

  #cached(stream: Stream, index: number): Promise<Uint8Array> {
    const key = stream.first + index;
    // Others may wait for it too, so nobody's signal ends it.
    const frame = this.#frames.get(key) ?? this.frame(stream, index);
    this.#frames.delete(key);
    this.#frames.set(key, frame);
    for (const oldest of this.#frames.keys()) {
      if (this.#frames.size <= MOST_FRAMES) break;
      this.#frames.delete(oldest);
    }
    return frame;
  }

  /** @throws BundleDamagedError when it is not what was written; SourceError when the file cannot be read there */
  async frame(stream: Stream, index: number, signal?: AbortSignal): Promise<Uint8Array> {
    const number = stream.first + index;
    const place = { source: this.source.name, offset: 0, path: ['directory', `frame ${number}`] };
    const entry = read(DIRECTORY_ENTRY, this.#directory.subarray(number * DIRECTORY_ENTRY.size), true, place);
    const offset = Number(entry.offset);
    const at = { ...place, offset: Math.min(offset, this.source.size), path: [`frame ${number}`] };
    if (entry.stored > STORED_FRAME || offset + entry.stored > this.source.size) {
      throw new BundleDamagedError(`a frame of ${entry.stored} bytes at byte ${offset} cannot be`, at);
    }
    const stored = await this.source.read(offset, entry.stored, signal);
    const content = await unpackFrame(stored, frameSize(stream.bytes, index), at).catch((error: unknown) => {
      if (!(error instanceof FormatError)) throw error;
      throw new BundleDamagedError(`frame ${number} of the bundle is damaged`, at, { cause: error });
    });
    if (isSame(sha256Of(this.#newDigest, content), entry.sha256)) return content;
    throw new BundleDamagedError(`frame ${number} of the bundle has another SHA-256 than it should`, at);
  }
}

function checkMagic(magic: Uint8Array, expected: string, version: number, place: Place): void {
  if (!carries(magic, expected)) {
    throw new FormatError(
      'format-magic',
      'magic of the bundle',
      expected.trim(),
      'something else: it was cut or changed',
      place,
    );
  }
  if (version !== BUNDLE_VERSION) {
    throw new FormatError('format-value', 'version of the bundle', `${BUNDLE_VERSION}`, `${version}`, place);
  }
}

function carries(bytes: Uint8Array, magic: string): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[i] !== magic.charCodeAt(i)) return false;
  return true;
}

export const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
