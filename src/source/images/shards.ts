import type { ByteSource } from '../source.ts';
import { type Extent, mappedSource } from './mapped.ts';

/** Sizes of a shard are multiples of it. Source: GlusterFS, xlators/features/shard, option shard-block-size */
const SIZE_UNIT = 4 * 1024 * 1024;

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,8})$/;

/** `GFID.N`: the id of a file, and which shard of it; null for another name. */
export function parseShard(name: string): { readonly id: string; readonly number: number } | null {
  const [, id, number] = NAME.exec(name) ?? [];
  return id === undefined ? null : { id, number: Number(number) };
}

/** Bytes of a shard, of which the last may be shorter. */
export const shardBytes = (shards: readonly Pick<ByteSource, 'size'>[]): number =>
  Math.ceil(shards.reduce((most, { size }) => Math.max(most, size), 0) / SIZE_UNIT) * SIZE_UNIT;

/**
 * A file that GlusterFS keeps in shards of one size. A shard that ends before that goes on with zeros. One that is not there may
 * be a hole, or be kept by another brick; what ZFS leads to was written, so that it counts as never read.
 *
 * @param first the file itself, which is shard 0
 * @param shards by number, from 1 on; at least one
 * @returns null where the last would end at 2^53 bytes or behind
 * Source: GlusterFS, xlators/features/shard/src/shard.c
 */
export function sharded(first: ByteSource, shards: ReadonlyMap<number, ByteSource>): ByteSource | null {
  const all = new Map([[0, first], ...shards]);
  const numbers = [...all.keys()].sort((a, b) => a - b);
  const shard = shardBytes([...all.values()]);
  const last = numbers.at(-1) ?? 0;
  const size = last * shard + (all.get(last)?.size ?? 0);
  if (!Number.isSafeInteger(size)) return null;
  const extentAt = (offset: number): Extent => {
    const number = Math.floor(offset / shard);
    const source = all.get(number);
    if (source === undefined) {
      const why = `shard ${number} of it was not given: a hole, or on another brick`;
      return { kind: 'unread', why, length: (numberAfter(numbers, number) ?? last) * shard - offset };
    }
    const at = offset - number * shard;
    if (at < source.size) return { kind: 'data', source, at, length: source.size - at };
    return { kind: 'zero', length: Math.min((number + 1) * shard, size) - offset };
  };
  return mappedSource(first.name, { size, extentAt: async (offset) => extentAt(offset) });
}

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
