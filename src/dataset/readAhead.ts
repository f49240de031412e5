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
  start: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const waiting: Promise<Result>[] = [];
  const failures: unknown[] = [];
  for await (const item of untilError(items, failures)) {
    const result = start(item);
    // The failure belongs to whoever takes the result; until then it must not count as unhandled.
    result.catch(() => undefined);
    waiting.push(result);
    if (waiting.length < depth) continue;
    const first = waiting.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of waiting) yield await result;
  if (failures.length > 0) throw failures[0];
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

async function* untilError<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  failures: unknown[],
): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    failures.push(error);
  }
}
