import { type ByteSource, SourceError } from '../source.ts';
import { type Extent, mappedSource } from './mapped.ts';

/** Sizes of a shard are multiples of it. Source: GlusterFS, xlators/features/shard, option shard-block-size */
const SIZE_UNIT = 4 * 1024 * 1024;
const DEFAULT_SIZE = 64 * 1024 * 1024;

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,8})$/;

/** `GFID.N`: the id of a file, and which shard of it; null for another name. */
export function parseShard(name: string): { readonly id: string; readonly number: number } | null {
  const [, id, number] = NAME.exec(name) ?? [];
  return id === undefined ? null : { id, number: Number(number) };
}

/** Where the shards of a file are. */
export interface Shards {
  /** The file itself, which is shard 0. */
  readonly first: ByteSource;
  /** The further ones in ascending order, from 1 on; at least one. */
  readonly numbers: readonly number[];
  /** Called again for the same one; null for one of 0 bytes. @throws SourceError when it cannot be opened */
  open(number: number): Promise<ByteSource | null>;
}

export interface ShardSizes {
  /** Bytes of a shard. */
  readonly each: number;
  /** Bytes of the file. */
  readonly whole: number;
}

/**
 * A file that GlusterFS keeps in shards of one size. A shard that ends before that goes on with zeros. One that is not there may
 * be a hole, or be kept by another brick; what ZFS leads to was written, so that it counts as never read.
 *
 * Source: GlusterFS, xlators/features/shard/src/shard.c
 */
export function sharded({ first, numbers, open }: Shards, { each, whole }: ShardSizes): ByteSource {
  const there = new Set(numbers);
  const extentAt = async (offset: number): Promise<Extent> => {
    const number = Math.floor(offset / each);
    if (number > 0 && !there.has(number)) {
      const why = `shard ${number} of it was not given: a hole, or on another brick`;
      const next = (numberAfter(numbers, number) ?? Number.POSITIVE_INFINITY) * each;
      return { kind: 'unread', why, length: Math.min(next, whole) - offset };
    }
    const at = offset - number * each;
    const source = number === 0 ? first : await orError(open(number));
    if (source instanceof SourceError) {
      return { kind: 'unread', why: source.said, length: Math.min(each - at, whole - offset) };
    }
    const stored = Math.min(source?.size ?? 0, each);
    if (source !== null && at < stored)
      return { kind: 'data', source, at, length: Math.min(stored - at, whole - offset) };
    return { kind: 'zero', length: Math.min((number + 1) * each, whole) - offset };
  };
  return mappedSource(first.name, { size: whole, extentAt });
}

/**
 * The sizes that follow from the shards where GlusterFS does not tell them. One that is full tells how long all are; without
 * one they are taken to be as long as they are by default.
 *
 * @returns null where the last shard would end at 2^53 bytes or behind
 */
export async function measureShards({ first, numbers, open }: Shards): Promise<ShardSizes | null> {
  const sizes = [first.size];
  for (const number of numbers) {
    const shard = await orError(open(number));
    sizes.push(shard instanceof SourceError ? 0 : (shard?.size ?? 0));
  }
  const each = shardBytes(sizes);
  const whole = (numbers.at(-1) ?? 0) * each + (sizes.at(-1) ?? 0);
  return Number.isSafeInteger(whole) ? { each, whole } : null;
}

function shardBytes(sizes: readonly number[]): number {
  const longest = sizes.reduce((most, size) => Math.max(most, size), 1);
  const least = Math.ceil(longest / SIZE_UNIT) * SIZE_UNIT;
  return longest === least ? least : Math.max(least, DEFAULT_SIZE);
}

/** One shard that cannot be opened keeps nobody from the others. */
const orError = (shard: Promise<ByteSource | null>): Promise<ByteSource | SourceError | null> =>
  shard.catch((error: unknown) => {
    if (error instanceof SourceError) return error;
    throw error;
  });

/** The first of ascending `numbers` above `number`. */
function numberAfter(numbers: readonly number[], number: number): number | undefined {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return numbers[low];
}
