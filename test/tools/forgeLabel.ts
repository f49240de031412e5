import { type FileHandle, open } from 'node:fs/promises';
import type { NvPair, NvValue } from '../../src/format/nvlist.ts';
import { decodeWholeNvlist } from '../../src/format/nvlistStream.ts';
import { at, type LabelBytes, seal } from './labelImage.ts';
import { encodeXdr } from './nvlistEncode.ts';

const LABEL = 262144;
const CONFIG = { offset: 0x4000, size: 114688 } as const;
const RING = { offset: 0x20000, size: 131072 } as const;
const TRAILER = 40;

/** Where the four labels of a device begin. */
export const labelOffsets = ({ size }: LabelBytes): readonly number[] => [0, LABEL, size - 2 * LABEL, size - LABEL];

/** The pairs that label 0 holds. */
export function configOf(labels: LabelBytes): readonly NvPair[] {
  return decodeWholeNvlist(at(labels, CONFIG.offset, CONFIG.size), { source: 'label', offset: 0, path: [] }).pairs;
}

/** `pairs` with the value of `name` replaced, in place or in the nested list `inside`. */
export function replaced(pairs: readonly NvPair[], name: string, value: NvValue, inside?: string): readonly NvPair[] {
  return pairs.map((each) => {
    if (inside === undefined) return each.name === name ? { ...each, value } : each;
    if (each.name !== inside || typeof each.value !== 'object' || !('pairs' in each.value)) return each;
    return { ...each, value: { pairs: replaced(each.value.pairs, name, value) } };
  });
}

/**
 * The same device with another config in every label, its checksum right: only the content is a lie.
 *
 * @param config pairs, or the packed bytes as they shall stand
 */
export function withConfig(labels: LabelBytes, config: readonly NvPair[] | Uint8Array): LabelBytes {
  const forged = { ...labels, front: labels.front.slice(), back: labels.back.slice() };
  const packed = config instanceof Uint8Array ? config : encodeXdr({ pairs: config });
  for (const label of labelOffsets(labels)) {
    const region = at(forged, label + CONFIG.offset, CONFIG.size);
    region.fill(0).set(packed.subarray(0, CONFIG.size - TRAILER));
    seal(region, label + CONFIG.offset);
  }
  return forged;
}

/** The same device with other bytes in every ring. */
export function withRings(labels: LabelBytes, byteAt: (index: number) => number): LabelBytes {
  const forged = { ...labels, front: labels.front.slice(), back: labels.back.slice() };
  for (const label of labelOffsets(labels)) {
    const ring = at(forged, label + RING.offset, RING.size);
    for (let i = 0; i < ring.length; i++) ring[i] = byteAt(label + i);
  }
  return forged;
}

/** Writes the labels as a sparse file: all that a scan at `--depth labels` reads of a device. */
export async function writeDevice(labels: LabelBytes, path: string): Promise<string> {
  const file = await open(path, 'wx');
  try {
    await writeLabels(file, labels);
  } finally {
    await file.close();
  }
  return path;
}

export async function writeLabels(file: FileHandle, { size, front, back }: LabelBytes): Promise<void> {
  await file.truncate(size);
  await file.write(front, 0, front.length, 0);
  await file.write(back, 0, back.length, size - back.length);
}

const TYPE = { uint64Array: 16, string: 9, nvlist: 19, nvlistArray: 20 } as const;

class Xdr {
  readonly #bytes: number[] = [];
  u32(...values: readonly number[]): this {
    for (const n of values) this.#bytes.push((n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
    return this;
  }
  /** Starts a pair named `a`. */
  pair(encodedSize: number, type: number, count: number): this {
    return this.u32(encodedSize, encodedSize, 1, 0x61000000, type, count);
  }
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

const xdrList = () => new Xdr().u32(0x01010000, 0, 1);

/** Packed lists whose pairs claim far more than the label has. */
export const HUGE_NVLISTS: Readonly<Record<string, Uint8Array>> = {
  'an array of 4 GiB': xdrList().pair(0xfffffff0, TYPE.uint64Array, 0x20000000).u32(0x20000000).bytes(),
  'an array of 4 GiB in a pair of honest size': xdrList()
    .pair(28, TYPE.uint64Array, 0x20000000)
    .u32(0x20000000)
    .bytes(),
  'a text of 4 GiB': xdrList().pair(0xfffffff0, TYPE.string, 1).u32(0xffffffff).bytes(),
  'a name of 4 GiB': xdrList().u32(64, 64, 0xffffffff).bytes(),
  '2^32 - 1 nested lists': xdrList().pair(0xfffffff0, TYPE.nvlistArray, 0xffffffff).u32(0, 1).bytes(),
};

/** Lists in lists, the innermost without an end: 10,000 levels take 320 KB, so a label holds 3,500 of them. */
export function nestedNvlist(levels: number): Uint8Array {
  const out = xdrList();
  for (let level = 0; level < levels; level++) out.pair(0x7fffffff, TYPE.nvlist, 1).u32(0, 1);
  return out.bytes();
}
