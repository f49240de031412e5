import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { NvPair } from '../../src/format/nvlist.ts';
import { type ByteSource, SourceError } from '../../src/source/source.ts';
import { encodeXdr, pair, u64 } from './nvlistEncode.ts';

const HALF = 524288;

/** The four labels of a device of any size: all that a survey reads of it. */
export interface LabelBytes {
  readonly size: number;
  /** Labels 0 and 1. */
  readonly front: Uint8Array;
  /** Labels 2 and 3. */
  readonly back: Uint8Array;
}

/** Where the byte at `offset` of a device's labels is kept. */
function keptAt({ size, front, back }: LabelBytes, offset: number): [Uint8Array, number] {
  return offset < HALF ? [front, offset] : [back, offset - (size - HALF)];
}

/** A view of `length` bytes of the labels, to change. `offset` counts in the device. */
export function at(labels: LabelBytes, offset: number, length: number): Uint8Array {
  const [bytes, from] = keptAt(labels, offset);
  return bytes.subarray(from, from + length);
}

/** A device with these labels and nothing but zeros between them; reads fail where `broken` says so. */
export function labelSource(
  labels: LabelBytes,
  name = 'disk0.img',
  broken: (offset: number) => boolean = () => false,
): ByteSource {
  return {
    name,
    size: labels.size,
    async read(offset, length) {
      const out = new Uint8Array(length);
      for (let sector = offset - (offset % 512); sector < offset + length; sector += 512) {
        if (broken(sector)) throw new SourceError('EIO', 'read error', { source: name, offset: sector, path: [] });
      }
      if (offset < HALF) out.set(labels.front.subarray(offset, offset + length));
      else if (offset >= labels.size - HALF) {
        const from = offset - (labels.size - HALF);
        out.set(labels.back.subarray(from, from + length));
      }
      return out;
    },
  };
}

export async function labelsOfFile(path: string): Promise<LabelBytes> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const front = new Uint8Array(HALF);
    const back = new Uint8Array(HALF);
    await handle.read(front, 0, HALF, 0);
    await handle.read(back, 0, HALF, size - HALF);
    return { size, front, back };
  } finally {
    await handle.close();
  }
}

/**
 * Writes the trailer of a unit with an embedded checksum.
 *
 * @param verifier words that stand in the checksum's place while it is computed; of a label only its offset in the device
 */
export function seal(unit: Uint8Array, verifier: number | readonly bigint[], littleEndian = true): void {
  const view = new DataView(unit.buffer, unit.byteOffset, unit.byteLength);
  const end = unit.length;
  view.setBigUint64(end - 40, 0x0210da7ab10c7a11n, littleEndian);
  const words = typeof verifier === 'number' ? [BigInt(verifier)] : verifier;
  for (let word = 0; word < 4; word++) view.setBigUint64(end - 32 + word * 8, words[word] ?? 0n, littleEndian);
  const digest = createHash('sha256').update(unit).digest();
  for (let word = 0; word < 4; word++) {
    view.setBigUint64(end - 32 + word * 8, digest.readBigUInt64BE(word * 8), littleEndian);
  }
}

export interface MadeUberblock {
  readonly txg: number;
  readonly timestamp?: number;
  readonly guidSum?: bigint;
  readonly multihost?: boolean;
  /** Default: txg modulo slots. */
  readonly slot?: number;
}

export interface MadeDevice {
  readonly size?: number;
  readonly ashift?: bigint;
  readonly slotSize: number;
  readonly littleEndian?: boolean;
  readonly poolGuid?: bigint;
  readonly guid?: bigint;
  readonly uberblocks: readonly MadeUberblock[];
  /** Replaces the config. */
  readonly config?: readonly NvPair[];
}

/** Labels of a pool of one disk, written the way ZFS writes them. Only images of real ZFS can say that it does. */
export function makeLabels(made: MadeDevice): LabelBytes {
  const { size = 64 * 1024 * 1024, slotSize, littleEndian = true, poolGuid = 100n, guid = 11n } = made;
  const labels = { size, front: new Uint8Array(HALF), back: new Uint8Array(HALF) };
  const tree = [
    pair('type', 'string', 'file'),
    u64('guid', guid),
    u64('ashift', made.ashift ?? BigInt(Math.log2(slotSize))),
  ];
  const config = made.config ?? [
    u64('version', 5000),
    pair('name', 'string', 'tank'),
    u64('state', 0),
    u64('txg', 4),
    u64('pool_guid', poolGuid),
    u64('guid', guid),
    u64('top_guid', guid),
    u64('vdev_children', 1),
    pair('vdev_tree', 'nvlist', { pairs: tree }),
  ];
  for (const label of [0, 262144, size - HALF, size - HALF / 2]) {
    seal(at(labels, label + 0x2000, 8192), label + 0x2000, littleEndian);
    const region = at(labels, label + 0x4000, 114688);
    region.set(encodeXdr({ pairs: config }));
    seal(region, label + 0x4000, littleEndian);
    for (const uberblock of made.uberblocks) {
      const offset = label + 0x20000 + (uberblock.slot ?? uberblock.txg % (131072 / slotSize)) * slotSize;
      writeUberblock(at(labels, offset, slotSize), offset, uberblock, poolGuid + guid, littleEndian);
    }
  }
  return labels;
}

export function writeUberblock(
  slot: Uint8Array,
  offset: number,
  { txg, timestamp = 1_700_000_000 + txg, guidSum, multihost = false }: MadeUberblock,
  poolGuidSum: bigint,
  littleEndian = true,
): void {
  const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength);
  const words = [0xbab10cn, 5000n, BigInt(txg), guidSum ?? poolGuidSum, BigInt(timestamp)];
  for (const [i, word] of words.entries()) view.setBigUint64(i * 8, word, littleEndian);
  if (multihost) {
    view.setBigUint64(176, 0xa11cea11n, littleEndian);
    view.setBigUint64(184, 1_000_000_000n, littleEndian);
  }
  seal(slot, offset, littleEndian);
}
