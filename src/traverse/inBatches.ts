/**
 * Works on batches until there are no more, several at once; a batch may bring forth more work.
 *
 * @param atOnce batches under way
 * @param next the next batch; an empty one when there is nothing to do until another has ended
 * @throws the first error of `work`, after all that is under way has ended; nothing is begun after it
 */
export async function inBatches<T>(
  atOnce: number,
  next: () => readonly T[],
  work: (batch: readonly T[]) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let failed: { readonly error: unknown } | null = null;
  const begin = (): boolean => {
    const batch = next();
    if (batch.length === 0) return false;
    const working = work(batch)
      .catch((error: unknown) => {
        failed ??= { error };
      })
      .finally(() => underWay.delete(working));
    underWay.add(working);
    return true;
  };
  const failure = (): { readonly error: unknown } | null => failed;
  for (;;) {
    while (failure() === null && underWay.size < atOnce && begin());
    if (underWay.size === 0) break;
    await Promise.race(underWay);
  }
  const first = failure();
  if (first !== null) throw first.error;
}
