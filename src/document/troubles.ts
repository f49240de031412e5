import { UsageError, ZfsUberError } from '../bytes/errors.ts';
import type { DocumentError } from './parts.types.ts';
import { errorEntries } from './viewHead.ts';

/** Errors that are kept: a forged history or a destroyed object may have one a record or block. */
const KEPT = 1000;

/** What could not be read of something that is gone through item by item. */
export class Troubles {
  readonly #byMessage = new Map<string, ZfsUberError>();

  readonly add = (trouble: ZfsUberError): void => {
    // What is read a second time fails a second time.
    if (this.#byMessage.size < KEPT) this.#byMessage.set(trouble.message, trouble);
  };

  get entries(): DocumentError[] {
    return errorEntries([...this.#byMessage.values()]);
  }

  /** What `work` gives; null where it cannot be read. @throws UsageError; what is no ZfsUberError */
  async orNull<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ZfsUberError) || error instanceof UsageError) throw error;
      this.add(error);
      return null;
    }
  }

  /** `items` up to the one that cannot be read. */
  async *upTo<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    try {
      yield* items;
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
      this.add(error);
    }
  }
}
