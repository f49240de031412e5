import { ConnectionError } from './connectionError.ts';

/** @param leastMs milliseconds that it takes at least */
export type Pause = (leastMs: number) => Promise<void>;

/** How often something is tried that a bad moment of a network may have spoilt. */
export class Persistence {
  readonly #pauses: readonly Pause[];
  /** Nothing came through when it was tried last: the next one is not waited for as long. */
  #lost = false;

  /** @param pauses before the second try, and before each further one */
  constructor(pauses: readonly Pause[]) {
    this.#pauses = pauses;
  }

  /** What `work` gives. @throws what it throws: a ConnectionError when each try was in vain */
  async try<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const pauses = this.#lost ? [] : this.#pauses;
    for (let tried = 0; ; tried++) {
      signal?.throwIfAborted();
      try {
        const result = await work();
        this.#lost = false;
        return result;
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        const pause = pauses[tried];
        if (pause === undefined) {
          this.#lost = true;
          throw error;
        }
        await pause(error.restMs);
      }
    }
  }
}
