import { BlockCache } from '../../src/dataset/blockCache.ts';
import { DmuObject } from '../../src/dataset/object.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import { Dnode } from '../../src/format/dnode.ts';
import type { BlockRead, BlockReader } from '../../src/pool/blockRead.ts';

const place = { source: 'forged', offset: 0, path: [] };

/** What a forged pointer says; `at` names the block it leads to. */
export interface Pointer {
  readonly at: number;
  readonly level: number;
  readonly size: number;
  readonly type?: number;
}

/** Writes a little-endian pointer at byte `offset`. */
export function putPointer(bytes: Uint8Array, offset: number, { at, level, size, type = 26 }: Pointer): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 128);
  view.setBigUint64(0, 8n, true);
  view.setBigUint64(8, BigInt(at), true);
  const sectors = BigInt(size / 512 - 1);
  const props = (1n << 63n) | (BigInt(level) << 56n) | (BigInt(type) << 48n) | (7n << 40n) | (2n << 32n);
  view.setBigUint64(48, props | (sectors << 16n) | sectors, true);
  view.setBigUint64(80, 4n, true);
}

/** A reader of blocks that were made up: their sums hold, whatever they say. Counts how often it was asked. */
export class ForgedReader implements BlockReader {
  readonly blocks = new Map<number, Uint8Array>();
  reads = 0;

  read(bp: Blkptr): Promise<BlockRead> {
    this.reads++;
    const bytes = this.blocks.get(Number(bp.dvas[0]?.offset ?? 0)) ?? new Uint8Array(bp.lsize);
    return Promise.resolve({ bytes, attempts: [], encrypted: false });
  }

  verify(bp: Blkptr): Promise<BlockRead> {
    return this.read(bp);
  }

  /** Indirect block `at` of 4 KiB, 32 pointers. */
  indirect(at: number, pointers: readonly (Pointer | null)[]): void {
    const bytes = new Uint8Array(4096);
    for (const [i, pointer] of pointers.entries()) if (pointer !== null) putPointer(bytes, i * 128, pointer);
    this.blocks.set(at, bytes);
  }
}

export interface ForgedDnode {
  readonly levels: number;
  readonly pointers: readonly (Pointer | null)[];
  readonly blockSize?: number;
  readonly maxBlockId?: bigint;
  readonly bonusType?: number;
  readonly bonus?: Uint8Array;
  readonly type?: number;
}

/** An object whose dnode says so. */
export function forgedObject(reader: BlockReader, of: ForgedDnode, id = 7n): DmuObject {
  const bytes = new Uint8Array(1024);
  const bonus = of.bonus ?? new Uint8Array(0);
  bytes.set([of.type ?? 26, 12, of.levels, of.pointers.length, of.bonusType ?? 0, 7, 2, 1]);
  bytes[12] = 1;
  const view = new DataView(bytes.buffer);
  view.setUint16(8, (of.blockSize ?? 512) / 512, true);
  view.setUint16(10, bonus.length, true);
  view.setBigUint64(16, of.maxBlockId ?? 0n, true);
  for (const [i, pointer] of of.pointers.entries()) if (pointer !== null) putPointer(bytes, 64 + i * 128, pointer);
  bytes.set(bonus, 64 + of.pointers.length * 128);
  return new DmuObject(new BlockCache(reader), id, new Dnode(bytes, true, place), ['forged', `object ${id}`]);
}
