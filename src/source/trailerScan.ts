import { readAround } from './readAround.ts';
import type { ByteSource } from './source.ts';

/** The magic of a checksum trailer as its writer's byte order has it. Source: include/sys/zio.h, ZEC_MAGIC */
const LITTLE = Uint8Array.of(0x11, 0x7a, 0x0c, 0xb1, 0x7a, 0xda, 0x10, 0x02);
const BIG = LITTLE.slice().reverse();
const MAGIC = LITTLE.length;
/** 1 for the bytes of the magic, which are the same ones in either order. */
const MEMBER = new Uint8Array(256);
for (const byte of LITTLE) MEMBER[byte] = 1;
/** Bytes of the smallest unit that ends in a trailer, a gang header. */
const CLOSEST = 512;

/**
 * Positions at which the magic of a checksum trailer begins, in either byte order and at any alignment, ascending. One
 * byte in eight is looked at where there is none, and no content makes it look at one more than 16 times.
 *
 * @param from @param to the magic lies within
 * @returns one in 512 bytes at most, which is as close as units stand; what more there is in one range is no vdev's
 */
export function findTrailers(bytes: Uint8Array, from: number, to: number): number[] {
  const found: number[] = [];
  const most = Math.ceil((to - from) / CLOSEST);
  for (let i = from + MAGIC - 1; i < to && found.length < most; i += MAGIC) {
    if (MEMBER[bytes[i] ?? 0] !== 1) continue;
    // Exactly one byte of every place where the magic can stand is looked at: these are the places of this one.
    const last = Math.min(i, to - MAGIC);
    for (let at = i - MAGIC + 1; at <= last; at++) if (isMagic(bytes, at)) found.push(at);
  }
  return found;
}

function isMagic(bytes: Uint8Array, at: number): boolean {
  const pattern = bytes[at] === LITTLE[0] ? LITTLE : BIG;
  for (let i = 0; i < MAGIC; i++) if (bytes[at + i] !== pattern[i]) return false;
  return true;
}

/** Bytes of a range as they come, with some of those before them. */
export interface ScanWindow {
  readonly bytes: Uint8Array;
  /** Of the source, where `bytes` begins. */
  readonly offset: number;
  /** In `bytes`: where what was not in the window before begins. */
  readonly fresh: number;
}

/** Large enough that a disk reads at full speed. */
const CHUNK = 4 * 1024 * 1024;
/** What ends in a window begins so much before it at most: the config of a label is 112 KiB. */
const CARRY = 128 * 1024;

/**
 * Reads `[from, to)` of the source in large pieces, unreadable bytes as zeros, and hands each to `visit`. The windows
 * share one memory.
 *
 * @param skip the end of what is not to be read and begins at or before `offset`; `offset` when there is nothing
 */
export async function scanRange(
  source: ByteSource,
  from: number,
  to: number,
  skip: (offset: number) => number,
  visit: (window: ScanWindow) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const end = Math.min(to, source.size);
  const memory = new Uint8Array(CARRY + Math.min(CHUNK, Math.max(0, end - from)));
  let carried = 0;
  for (let at = Math.max(0, from); at < end; ) {
    const next = skip(at);
    if (next > at) {
      at = next;
      carried = 0;
      continue;
    }
    const length = Math.min(CHUNK, end - at);
    const { bytes } = await readAround(source, at, length, {
      signal,
      into: memory.subarray(carried, carried + length),
    });
    if (bytes.buffer !== memory.buffer) memory.set(bytes, carried);
    const filled = carried + length;
    await visit({ bytes: memory.subarray(0, filled), offset: at - carried, fresh: carried });
    at += length;
    carried = Math.min(CARRY, filled);
    memory.copyWithin(0, filled - carried, filled);
  }
}
