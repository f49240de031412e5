import { ZfsUberError } from '../bytes/errors.ts';

/**
 * What `work` gives; null where it fails.
 *
 * @param take takes why
 * @throws what is no error of this library
 */
export async function orNull<T>(work: () => Promise<T> | T, take?: (trouble: ZfsUberError) => void): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    take?.(error);
    return null;
  }
}
