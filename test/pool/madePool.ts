import { fletcher4 } from '../../src/block/fletcher4.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { asGuid } from '../../src/bytes/units.ts';
import { Blkptr } from '../../src/format/blkptr.ts';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import { type BlockReaderOptions, openBlockReader } from '../../src/pool/blockReader.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { placeholder } from '../../src/pool/vdevTree.ts';
import { type ByteSource, SourceError } from '../../src/source/source.ts';

export const LABELS = 4 * 1024 * 1024;
const PAGE = 512;

/** What becomes of reads from a device. `garbled` gives other bytes than were written, in every byte. */
export type Health = 'sound' | 'absent' | 'garbled' | 'failing';

/** A device that holds what was written to it and zeros elsewhere. Offsets are those of a vdev: behind the labels. */
export class MadeDevice {
  readonly #pages = new Map<number, Uint8Array>();
  readonly name: string;
  readonly size: number;
  health: Health = 'sound';
  reads = 0;

  constructor(name: string, size = 2 ** 40) {
    this.name = name;
    this.size = size;
  }

  write(offset: number, bytes: Uint8Array): void {
    if (offset % PAGE !== 0 || bytes.length % PAGE !== 0) throw new Error('whole sectors only');
    for (let at = 0; at < bytes.length; at += PAGE) {
      this.#pages.set((offset + at) / PAGE, bytes.slice(at, at + PAGE));
    }
  }

  get source(): ByteSource {
    return {
      name: this.name,
      size: this.size,
      read: async (offset, length) => {
        this.reads++;
        if (this.health === 'failing') throw new SourceError('EIO', 'input/output error', this.#place(offset));
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; ) {
          const from = offset - LABELS + at;
          const page = this.#pages.get(Math.floor(from / PAGE));
          const count = Math.min(PAGE - (from % PAGE), length - at);
          if (page !== undefined) bytes.set(page.subarray(from % PAGE, (from % PAGE) + count), at);
          at += count;
        }
        if (this.health === 'garbled')
          for (let i = 0; i < length; i++) bytes[i] = (bytes[i] ?? 0) ^ (1 + ((i * 7) % 255));
        return bytes;
      },
    };
  }

  #place(offset: number) {
    return { source: this.name, offset, path: [] };
  }
}

let guids = 1n;

export function vdevConfig(type: string, more: Partial<VdevConfig> = {}): VdevConfig {
  return { ...placeholder('hole', asGuid(guids++), 0), type, ...more };
}

/** A node; its id is given by {@link root} to top-level vdevs and by its place below others. */
export function inner(type: string, children: readonly VdevNode[], more: Partial<VdevConfig> = {}): VdevNode {
  return { config: vdevConfig(type, more), role: 'normal', device: null, children };
}

export function leaf(device: MadeDevice, more: Partial<VdevConfig> = {}): VdevNode {
  const config = vdevConfig('file', { path: device.name, ...more });
  const survey = {
    source: device.source,
    alignedSize: device.size,
    labels: [],
    config: null,
    shift: null,
    hidden: null,
    signed: null,
  } satisfies DeviceSurvey;
  return { config, role: 'normal', device: device.health === 'absent' ? null : survey, children: [] };
}

export function root(...tops: readonly VdevNode[]): VdevNode {
  const children = tops.map((top, id) => ({ ...top, config: { ...top.config, id } }));
  return { config: vdevConfig('root'), role: 'root', device: null, children };
}

export const readerOf = (tree: VdevNode, options: Partial<BlockReaderOptions> = {}) =>
  openBlockReader(tree, { engine: pureEngine, ...options });

export interface PointerSpec {
  /** Vdev and byte offset of each copy. */
  readonly dvas?: readonly {
    readonly vdev: number;
    readonly offset: number;
    readonly asize?: number;
    readonly gang?: boolean;
  }[];
  /** As stored; sets size and, unless `words` are given, the fletcher4 words. */
  readonly stored: Uint8Array;
  readonly lsize?: number;
  readonly checksum?: number;
  readonly compression?: number;
  readonly type?: number;
  readonly level?: number;
  readonly crypt?: boolean;
  readonly birth?: bigint;
  readonly physicalBirth?: bigint;
  readonly words?: readonly bigint[];
}

export const POINTER_PLACE = { source: 'made', offset: 0, path: ['pointer'] };

/** The 128 bytes of a block pointer, little-endian, to a block that is stored as it is unless told otherwise. */
export function pointerBytes(spec: PointerSpec): Uint8Array {
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  const set = (word: number, value: bigint) => view.setBigUint64(word * 8, value, true);
  for (const [i, { vdev, offset, asize, gang }] of (spec.dvas ?? []).entries()) {
    set(i * 2, (BigInt(vdev) << 32n) | BigInt((asize ?? spec.stored.length) / 512));
    set(i * 2 + 1, (gang === true ? 1n << 63n : 0n) | BigInt(offset / 512));
  }
  const size = spec.stored.length / 512 - 1;
  const lsize = (spec.lsize ?? spec.stored.length) / 512 - 1;
  const props = [
    [lsize, 0],
    [size, 16],
    [spec.compression ?? 2, 32],
    [spec.checksum ?? 7, 40],
    [spec.type ?? 19, 48],
    [spec.level ?? 0, 56],
    [spec.crypt === true ? 1 : 0, 61],
    [1, 63],
  ] as const;
  set(
    6,
    props.reduce((word, [value, shift]) => word | (BigInt(value) << BigInt(shift)), 0n),
  );
  set(9, spec.physicalBirth ?? 0n);
  set(10, spec.birth ?? 100n);
  set(11, 1n);
  for (const [i, word] of (spec.words ?? fletcher4(spec.stored, true)).entries()) set(12 + i, word);
  return bytes;
}

export const pointer = (spec: PointerSpec): Blkptr => new Blkptr(pointerBytes(spec), true, POINTER_PLACE);

/** Bytes without a pattern, the same for the same seed. */
export function noise(length: number, seed: number): Uint8Array {
  let state = (seed * 2654435761 + 1) >>> 0;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state & 0xff;
  });
}

/** Compares as `toEqual` does, which takes a thousand times as long. */
export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** All ways to choose at most `most` of `items`. */
export function subsets<T>(items: readonly T[], most: number): T[][] {
  const all: T[][] = [[]];
  for (const item of items) {
    for (const chosen of all.filter((each) => each.length < most)) all.push([...chosen, item]);
  }
  return all;
}
