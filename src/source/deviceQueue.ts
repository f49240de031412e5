import type { ByteSource } from './source.ts';

/** Reads that wait for their turn at one device. */
interface Waiting {
  readonly offset: number;
  readonly start: () => void;
}

/**
 * The same bytes as `source`, of which `depth` reads are under way at most: of those that wait the next is the one that
 * lies closest behind the last, and after the last of all the first. A disk that turns then moves its head one way, and a
 * device on which many wait does not keep the threads from the others.
 */
export function queued(source: ByteSource, depth: number): ByteSource {
  /** By offset. */
  const waiting: Waiting[] = [];
  let underWay = 0;
  let head = 0;
  const next = (): void => {
    const behind = waiting.findIndex(({ offset }) => offset >= head);
    const [chosen] = waiting.splice(Math.max(behind, 0), 1);
    // Whoever is next takes over the place.
    if (chosen === undefined) underWay--;
    else chosen.start();
  };
  const turn = (offset: number): Promise<void> =>
    new Promise((start) => {
      const after = waiting.findIndex((other) => other.offset > offset);
      waiting.splice(after < 0 ? waiting.length : after, 0, { offset, start });
    });
  return {
    ...source,
    async read(offset, length, signal, into) {
      if (underWay < depth) underWay++;
      else await turn(offset);
      head = offset;
      try {
        signal?.throwIfAborted();
        return await source.read(offset, length, signal, into);
      } finally {
        next();
      }
    },
  };
}
