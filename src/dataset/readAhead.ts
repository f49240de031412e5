/**
 * Starts the work of the next items while the caller still looks at the current one, and gives the results in the order
 * of the items. Where the items end with an error, it comes after the results of those before it.
 *
 * At most `depth` results are under way or waiting, so memory is bounded by the caller's pace. When the caller stops
 * early, work under way ends unheard.
 *
 * @param depth at least 1
 */
export async function* readAhead<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  depth: number,
  start: (item: Item) => Promise<Result> | Result,
): AsyncGenerator<Result> {
  const waiting: (Promise<Result> | Result)[] = [];
  // By hand: what is iterated as if all of it were to be waited for costs several promises an item.
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let failed: { readonly error: unknown } | null = null;
  let open = true;
  try {
    while (failed === null) {
      let next: IteratorResult<Item>;
      try {
        const coming = source.next();
        next = coming instanceof Promise ? await coming : coming;
      } catch (error) {
        failed = { error };
        open = false;
        break;
      }
      if (next.done === true) {
        open = false;
        break;
      }
      try {
        const result = start(next.value);
        // The failure belongs to whoever takes the result; until then it must not count as unhandled.
        if (result instanceof Promise) result.catch(() => undefined);
        waiting.push(result);
      } catch (error) {
        failed = { error };
      }
      if (waiting.length < depth) continue;
      yield waiting.shift() as Promise<Result> | Result;
    }
  } finally {
    if (open) await source.return?.();
  }
  for (const result of waiting) yield result;
  if (failed !== null) throw failed.error;
}

/**
 * The first by itself, so that it waits for no other, then twice as many together as before.
 *
 * @param most of one group
 */
export async function* inGroups<Item>(items: AsyncIterable<Item>, most: number): AsyncGenerator<Item[]> {
  let [group, size]: [Item[], number] = [[], 1];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    [group, size] = [[], Math.min(size * 2, most)];
  }
  if (group.length > 0) yield group;
}
