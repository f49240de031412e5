import { type ByteSource, SourceError } from '../source/source.ts';
import type { VdevNode } from './pool.ts';
import { MAX_TREE_DEPTH, vdevName } from './vdevHealth.ts';
import { LABEL_START } from './vdevLeaf.ts';

/** Requests under way at one device. */
const DEPTH = 32;
/** What a wrong block of a leg weighs against bytes that wait for the others, when a leg is chosen. */
const DISTRUST = 4 * 1024 * 1024;

/** A device that holds a whole top-level vdev, alone or as a leg of a mirror. */
export interface Leg {
  readonly source: ByteSource;
  /** As a layout names it: `mirror-0 > /dev/sdb`. */
  readonly name: string;
  /** Bytes asked for and not yet there. */
  waiting: number;
  /** Blocks that were not sound here, and reads that failed. */
  wrong: number;
  underWay: number;
  readonly queue: (() => void)[];
}

/**
 * The devices of which each holds all of `top`, in the order of the tree; none for layouts that spread a block, and where
 * none is there.
 */
export function wholeDevices(top: VdevNode, legs: Map<ByteSource, Leg>): readonly Leg[] {
  const found: Leg[] = [];
  const open: { readonly node: VdevNode; readonly name: string; readonly depth: number }[] = [
    { node: top, name: vdevName(top), depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, name, depth } = next;
    const { type } = node.config;
    if (type === 'mirror' || type === 'replacing' || type === 'spare') {
      if (depth >= MAX_TREE_DEPTH) return [];
      for (const child of [...node.children].reverse()) {
        open.push({ node: child, name: `${name} > ${vdevName(child)}`, depth: depth + 1 });
      }
    } else if (type === 'disk' || type === 'file') {
      const source = node.device?.source;
      if (source === undefined) continue;
      const leg = legs.get(source) ?? { source, name, waiting: 0, wrong: 0, underWay: 0, queue: [] };
      legs.set(source, leg);
      found.push(leg);
    } else if (depth === 0) {
      return [];
    }
  }
  return found;
}

/** Has the range at all, as far as is known. */
const hasRange = ({ source }: Leg, offset: number, end: number): boolean =>
  offset >= 0 && end + LABEL_START <= source.size && !source.selection?.lacks(offset + LABEL_START, end - offset);

/** The leg that is asked first where a block is read alone: what is said of such a block names it. */
export const firstLeg = (legs: readonly Leg[], offset: number, end: number): Leg | null =>
  legs.find((leg) => hasRange(leg, offset, end)) ?? null;

/** The leg that has least to do, of those that have the range; wrong blocks count as work. */
export function bestLeg(legs: readonly Leg[], offset: number, end: number): Leg | null {
  let best: Leg | null = null;
  for (const leg of legs) {
    if (!hasRange(leg, offset, end)) continue;
    if (best === null || leg.waiting + leg.wrong * DISTRUST < best.waiting + best.wrong * DISTRUST) best = leg;
  }
  return best;
}

/**
 * An error of the device is an answer: the blocks are then looked for one by one.
 *
 * @param memory what may be read into
 */
export async function readFrom(
  leg: Leg,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
  memory: Uint8Array,
): Promise<Uint8Array | SourceError> {
  leg.waiting += length;
  if (leg.underWay < DEPTH) leg.underWay++;
  else await new Promise<void>((start) => leg.queue.push(start));
  try {
    signal?.throwIfAborted();
    return await leg.source.read(offset, length, signal, memory);
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  } finally {
    leg.waiting -= length;
    const next = leg.queue.shift();
    // Whoever is next takes over the place.
    if (next === undefined) leg.underWay--;
    else next();
  }
}
