import { openFileSource } from '../../../src/node/fileSource.ts';
import { type ByteSource, SourceError, type SourceRun } from '../../../src/source/source.ts';
import { pool, poolImages } from '../../tools/images.ts';

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
export const HALF = 512 * KIB;

/** Bytes of a disk that is zero elsewhere. */
export interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface MadeDisk extends ByteSource {
  /** Reads that were asked for. */
  readonly reads: { readonly offset: number; readonly length: number }[];
}

/** A disk that knows where it has data, as a sparse image does; reads fail where `broken` says so, by sector. */
export function madeDisk(
  size: number,
  pieces: readonly Piece[],
  broken: (sector: number) => boolean = () => false,
): MadeDisk {
  const reads: { offset: number; length: number }[] = [];
  return {
    name: 'disk.img',
    size,
    reads,
    async read(offset, length, _signal, into) {
      reads.push({ offset, length });
      for (let sector = offset - (offset % 512); sector < offset + length; sector += 512) {
        if (broken(sector))
          throw new SourceError('EIO', 'read error', { source: 'disk.img', offset: sector, path: [] });
      }
      const out = into === undefined ? new Uint8Array(length) : into.subarray(0, length).fill(0);
      for (const { at, bytes } of pieces) {
        const [from, to] = [Math.max(at, offset), Math.min(at + bytes.length, offset + length)];
        if (from < to) out.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return out;
    },
    async runs(offset, length) {
      const end = offset + length;
      const runs: SourceRun[] = [];
      let done = offset;
      for (const { at, bytes } of [...pieces].sort((a, b) => a.at - b.at)) {
        const [from, to] = [Math.max(at, done), Math.min(at + bytes.length, end)];
        if (from >= to) continue;
        if (from > done) runs.push({ kind: 'zero', offset: done, length: from - done });
        runs.push({ kind: 'data', offset: from, length: to - from });
        done = to;
      }
      if (done < end) runs.push({ kind: 'zero', offset: done, length: end - done });
      return runs;
    },
  };
}

/** All bytes of the first image of a pool, to be changed. */
export async function imageOf(name: string): Promise<Uint8Array> {
  const source = await openFileSource((await poolImages(pool(name)))[0] ?? '');
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}

/** The same vdev without its labels, rings included. */
export function withoutLabels(image: Uint8Array): Uint8Array {
  const wiped = image.slice();
  wiped.fill(0, 0, HALF);
  wiped.fill(0, wiped.length - HALF);
  return wiped;
}

/** The same vdev of which the rings are left, and no config. */
export function withoutConfigs(image: Uint8Array): Uint8Array {
  const wiped = image.slice();
  for (const label of [0, HALF / 2, image.length - HALF, image.length - HALF / 2]) {
    wiped.fill(0, label, label + 128 * KIB);
  }
  return wiped;
}
