/** Whether `error` is what an aborted signal throws, and not trouble of its own. */
function isReason(error: unknown, signal: AbortSignal | undefined): boolean {
  try {
    signal?.throwIfAborted();
  } catch (reason) {
    return reason === error;
  }
  return false;
}

/**
 * What `work` gives, or `instead` once `signal` is aborted: whoever stopped it is still told what is known.
 *
 * @throws what `work` throws for a reason of its own
 */
export async function unlessStopped<T, U>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  instead: () => U,
): Promise<T | U> {
  if (signal?.aborted) return instead();
  try {
    return await work();
  } catch (error) {
    if (isReason(error, signal)) return instead();
    throw error;
  }
}

/** `items` up to where `signal` is aborted. */
export async function* untilStopped<T>(
  signal: AbortSignal | undefined,
  items: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  try {
    for await (const item of items) {
      if (signal?.aborted) return;
      yield item;
    }
  } catch (error) {
    if (!isReason(error, signal)) throw error;
  }
}
