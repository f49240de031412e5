/**
 * Every choice of `count` of `items`, each in their order; those of the first items first, so that the last item is
 * taken only when all choices without it were.
 */
export function* combinations<T>(items: readonly T[], count: number): Generator<readonly T[]> {
  if (count > items.length) return;
  const chosen = Array.from({ length: count }, (_, i) => i);
  for (;;) {
    yield chosen.flatMap((at) => items.slice(at, at + 1));
    let slot = 0;
    // The lowest that can go up does, and those below it start again.
    while (slot < count && (chosen[slot] ?? 0) + 1 === (slot + 1 < count ? chosen[slot + 1] : items.length)) slot++;
    if (slot === count) return;
    chosen[slot] = (chosen[slot] ?? 0) + 1;
    for (let below = 0; below < slot; below++) chosen[below] = below;
  }
}
