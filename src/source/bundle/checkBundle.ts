import { ZfsUberError } from '../../bytes/errors.ts';
import { type ByteSource, SourceError } from '../source.ts';
import { FRAME, TRAILER } from './bundle.layout.ts';
import { isSame } from './bundleFile.ts';
import { type Digest, framesOf } from './frames.ts';
import type { BundleManifest } from './manifest.ts';
import { type Bundle, openBundle } from './openBundle.ts';

/** What became of a bundle since it was written. */
export interface BundleCheck {
  /** Why it is not what was written, the first that was met; null when every byte is. */
  readonly error: ZfsUberError | null;
  /** SHA-256 of the file as it is; null when it cannot be read whole. */
  readonly sha256: Uint8Array | null;
  readonly frames: number;
  /** Numbers of the frames that are not what was written. */
  readonly damaged: readonly number[];
  /** Null when it cannot be read. */
  readonly manifest: BundleManifest | null;
}

/**
 * Reads all of a bundle and compares it with its digests: of each frame, of the directory, of the file.
 *
 * @throws nothing that is about the bytes
 */
export async function checkBundle(
  source: ByteSource,
  newDigest: () => Digest,
  signal?: AbortSignal,
): Promise<BundleCheck> {
  const opened = await attempt(() => openBundle(source, { newDigest, signal }));
  const bundle = opened instanceof ZfsUberError ? null : opened;
  const digests = await attempt(() => digestsOf(source, newDigest, signal));
  const found = digests instanceof ZfsUberError ? null : digests;
  const { damaged, frames, error } = await checkFrames(bundle, signal);
  const changed =
    bundle !== null && found !== null && !isSame(found.upToSeal, bundle.file.fileSha256)
      ? new SourceError('bundle-damaged', 'the file has another SHA-256 than it should', {
          source: source.name,
          offset: 0,
          path: [],
        })
      : null;
  const failures = [opened, digests, error, changed].filter((each) => each instanceof ZfsUberError);
  return {
    error: failures[0] ?? null,
    sha256: found?.whole ?? null,
    frames,
    damaged,
    manifest: bundle?.manifest ?? null,
  };
}

async function checkFrames(bundle: Bundle | null, signal: AbortSignal | undefined) {
  const damaged: number[] = [];
  let error: ZfsUberError | null = null;
  let frames = 0;
  const file = bundle?.file;
  for (const stream of file === undefined ? [] : [file.kept, file.runs, file.answers, file.manifest]) {
    for (let index = 0; index < framesOf(stream.bytes); index++) {
      frames++;
      const frame = await attempt(() => file?.frame(stream, index, signal) ?? Promise.resolve(null));
      if (!(frame instanceof ZfsUberError)) continue;
      damaged.push(stream.first + index);
      error ??= frame;
    }
  }
  return { damaged, frames, error };
}

/** Of the file up to the digest in its trailer, and of all of it. */
async function digestsOf(source: ByteSource, newDigest: () => Digest, signal: AbortSignal | undefined) {
  const [upToSeal, whole] = [newDigest(), newDigest()];
  const seal = source.size - TRAILER.size + TRAILER.fields.fileSha256.offset;
  for (let at = 0; at < source.size; at += FRAME) {
    const bytes = await source.read(at, Math.min(FRAME, source.size - at), signal);
    whole.update(bytes);
    upToSeal.update(bytes.subarray(0, Math.max(0, seal - at)));
  }
  return { upToSeal: upToSeal.digest(), whole: whole.digest() };
}

async function attempt<T>(work: () => Promise<T>): Promise<T | ZfsUberError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ZfsUberError) return error;
    throw error;
  }
}
