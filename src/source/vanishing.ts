import type { Place } from '../bytes/place.ts';
import { type ByteSource, MissingBytesError, SourceError } from './source.ts';

/** Every read of a device that went away while it was open. `code` is the one with which it went. */
export class SourceGoneError extends SourceError {
  override readonly name: string = 'SourceGoneError';
  override get gone(): boolean {
    return true;
  }
}

/** Bytes of what was read before that are asked for again. */
const PROOF = 512;
/** Reads that have to fail on a device that never gave a byte. */
const NEVER_ANSWERED = 64;

/**
 * The same bytes as `source`. After each read that fails it asks again for bytes that it had before: a device that gives
 * those has a bad place, one that does not is gone. From then on no read reaches it, and each says when it went away.
 */
export function vanishing(source: ByteSource): ByteSource {
  let proof: { readonly offset: number; readonly length: number } | null = null;
  let failures = 0;
  let gone: SourceError | null = null;
  const say = (from: SourceError, place: Place): SourceGoneError => {
    const how = proof === null ? 'gives an error to every read' : 'stopped answering while it was read';
    return new SourceGoneError(from.code, `the device ${how} (${from.code})`, place, { cause: from });
  };
  const answers = async (): Promise<boolean> => {
    if (proof === null) return ++failures < NEVER_ANSWERED;
    try {
      await source.read(proof.offset, proof.length);
      return true;
    } catch (error) {
      if (error instanceof SourceError) return false;
      throw error;
    }
  };
  return {
    name: source.name,
    size: source.size,
    async read(offset, length, signal, into) {
      const place = { source: source.name, offset, path: [] };
      if (gone !== null) throw say(gone, place);
      try {
        const bytes = await source.read(offset, length, signal, into);
        if (length > 0) proof ??= { offset, length: Math.min(length, PROOF) };
        return bytes;
      } catch (error) {
        if (!(error instanceof SourceError) || isOfTheCaller(error)) throw error;
        if (gone === null && (await answers())) throw error;
        gone ??= error;
        throw say(gone, place);
      }
    },
  };
}

/** The range was none that the source has, or it was closed. */
export const isOfTheCaller = (error: SourceError): boolean =>
  error instanceof MissingBytesError || error.code === 'source-short' || error.code === 'source-closed';
