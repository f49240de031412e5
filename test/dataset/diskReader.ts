import { readFileSync } from 'node:fs';
import { decompress, prepareCodec } from '../../src/block/decompress.ts';
import { fletcher4 } from '../../src/block/fletcher4.ts';
import { UnsupportedError } from '../../src/bytes/errors.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import { compressionKind } from '../../src/format/compressionKinds.ts';
import { decodeUberblock, type Uberblock } from '../../src/format/uberblock.ts';
import { type BlockRead, type BlockReader, UnavailableBlockError } from '../../src/pool/blockRead.ts';

/** Where the allocatable space of a leaf begins. */
const DATA = 4 * 1024 * 1024;

/** Reads blocks of a pool whose only top-level vdev is this one image, or a mirror of it. */
export function diskReader(image: Uint8Array): BlockReader {
  const read = async (bp: Blkptr): Promise<BlockRead> => {
    const kind = compressionKind(bp.compression) ?? 'off';
    await prepareCodec(kind);
    if (bp.embedded) return { bytes: decompress(kind, bp.payload, bp.lsize, bp.place), attempts: [], closed: false };
    for (const { offset, gang } of bp.dvas) {
      if (gang) throw new UnsupportedError('gang block', bp.place);
      const at = DATA + Number(offset) * 512;
      const place = { source: 'image', offset: at, path: [] };
      const stored = image.subarray(at, at + bp.psize);
      if (bp.checksum === 7 && fletcher4(stored, bp.littleEndian).join() !== bp.checksumWords.join()) continue;
      const attempts = [{ place, vdev: 'image', outcome: 'good', error: null }] as const;
      if (bp.encrypted) return { bytes: stored, attempts, closed: true };
      return { bytes: decompress(kind, stored, bp.lsize, place), attempts, closed: false };
    }
    throw new UnavailableBlockError('no copy', [], bp.place);
  };
  return { read, verify: read };
}

/** The newest uberblock of the first ring; for images of which every slot is sound. */
export function newestUberblock(image: Uint8Array): Uberblock {
  let best: Uberblock | null = null;
  for (let at = 128 * 1024; at < 256 * 1024; at += 1024) {
    const magic = image[at] === 0x0c || image[at + 7] === 0x0c;
    if (!magic) continue;
    const found = decodeUberblock(image.subarray(at, at + 1024), { source: 'image', offset: at, path: [] });
    if (best === null || found.txg > best.txg) best = found;
  }
  if (best === null) throw new Error('no uberblock');
  return best;
}

export const loadImage = (path: string): Uint8Array => readFileSync(path);
