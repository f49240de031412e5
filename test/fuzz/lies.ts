import { Blkptr } from '../../src/format/blkptr.ts';
import { DNODE_CORE_SIZE, DNODE_SLOT } from '../../src/format/dnode.layout.ts';
import { decodeWholeNvlist } from '../../src/format/nvlistStream.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import { encodeXdr } from '../tools/nvlistEncode.ts';
import type { LyingPool, TreeBlock } from '../tools/reseal.ts';
import { forgePairs } from './configLies.ts';
import { type Pick, pickFrom } from './random.ts';

/** Bytes of a config that still fit where the pool is free. */
const ROOM = 200 * 1024;
const EDGES = [
  0n,
  1n,
  2n,
  511n,
  512n,
  1n << 16n,
  (1n << 32n) - 1n,
  1n << 32n,
  1n << 48n,
  1n << 53n,
  1n << 60n,
  1n << 63n,
];

function word(pick: Pick): bigint {
  const kind = pick(4);
  if (kind === 0) return BigInt(pick(64));
  if (kind === 1) return BigInt.asUintN(64, -BigInt(1 + pick(3)));
  return EDGES[pick(EDGES.length)] ?? 0n;
}

/** One lie about one block, told so that every checksum vouches for it. */
export interface Lie {
  readonly about: string;
  readonly change: ReadonlyMap<TreeBlock, Uint8Array>;
}

/** Makes up a lie that knows what the block is: a pointer, a dnode, a bonus, a header, a table, a config. */
export function makeUpLie(pool: LyingPool, pick: Pick): Lie {
  if (pick(12) === 0) {
    const lie = aboutConfig(pool, pick);
    if (lie !== null) return lie;
  }
  const block = pool.blocks[pick(pool.blocks.length)];
  if (block === undefined) throw new Error('a pool without blocks');
  const content = block.content.slice();
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const order = block.bp.littleEndian;
  const notes: string[] = [];
  for (let lies = 1 + pick(3); lies > 0; lies--) notes.push(tell(block, view, order, pick));
  const change = new Map([[block, resized(content, pick)]]);
  return { about: `${block.path} type ${block.bp.type} level ${block.bp.level}: ${notes.join('; ')}`, change };
}

/** The pool's config, or another list of the MOS, with other values and another shape. */
function aboutConfig(pool: LyingPool, pick: Pick): Lie | null {
  const lists = pool.blocks.filter(({ bp }) => bp.type === OBJECT_TYPE.packedNvlist && bp.level === 0);
  if (lists.length === 0) return null;
  const block = pickFrom(pick, lists);
  const { pairs } = decodeWholeNvlist(block.content, block.bp.place);
  const encoded = encodeXdr({ pairs: forgePairs(pairs, pick, 1 + pick(4)) });
  if (encoded.length > ROOM) return null;
  const content = new Uint8Array(Math.max(block.content.length, Math.ceil(encoded.length / 512) * 512));
  content.set(encoded);
  const change = new Map([[block, content]]);
  const id = Number(/ object (\d+)$/.exec(block.path)?.[1]);
  for (const dnodes of pool.blocks) {
    const { bp, path, blockId, content } = dnodes;
    const at = (id - (blockId * content.length) / DNODE_SLOT) * DNODE_SLOT;
    if (bp.type !== OBJECT_TYPE.dnode || bp.level > 0 || path !== 'MOS > dnodes' || !(at in content)) continue;
    const own = content.slice();
    const view = new DataView(own.buffer);
    view.setUint16(at + 8, Math.ceil(Math.max(block.content.length, encoded.length) / 512), bp.littleEndian);
    const bonus = at + DNODE_CORE_SIZE + view.getUint8(at + 3) * Blkptr.SIZE;
    view.setBigUint64(bonus, BigInt(encoded.length), bp.littleEndian);
    change.set(dnodes, own);
  }
  return { about: `${block.path}: another config of ${encoded.length} bytes`, change };
}

/** Now and then a block that is not as long as those who point to it believe. */
function resized(content: Uint8Array, pick: Pick): Uint8Array {
  if (pick(16) !== 0) return content;
  const lengths = [512, content.length / 2, content.length * 2, 131072];
  const length = Math.max(512, Math.min(262144, lengths[pick(lengths.length)] ?? 512));
  const out = new Uint8Array(length);
  out.set(content.subarray(0, length));
  return out;
}

function tell(block: TreeBlock, view: DataView, order: boolean, pick: Pick): string {
  const { bp } = block;
  if (bp.level > 0) return aboutPointer(view, usedUnit(view, Blkptr.SIZE, 48, pick), order, pick);
  if (bp.type === OBJECT_TYPE.dnode) return aboutDnode(view, usedUnit(view, DNODE_SLOT, 0, pick), order, pick);
  if (bp.type === OBJECT_TYPE.objset && pick(3) > 0) return aboutDnode(view, 0, order, pick);
  return pick(3) === 0 ? aboutByte(view, pick) : aboutWord(view, order, pick);
}

/** One of the units that are in use: whose eight bytes at `mark` are not all zero. */
function usedUnit(view: DataView, size: number, mark: number, pick: Pick): number {
  const count = Math.floor(view.byteLength / size);
  const start = pick(count);
  for (let i = 0; i < count; i++) {
    const at = ((start + i) % count) * size;
    if (view.getBigUint64(at + mark) !== 0n) return at;
  }
  return 0;
}

/** Byte fields of a dnode: type, indirect shift, levels, pointers, bonus type, flags, extra slots. */
const DNODE_BYTES = [0, 1, 2, 3, 4, 7, 12];
const BYTES = [0, 1, 2, 3, 7, 10, 12, 16, 17, 44, 63, 64, 127, 128, 254, 255];

function aboutDnode(view: DataView, at: number, order: boolean, pick: Pick): string {
  switch (pick(6)) {
    case 0: {
      const field = DNODE_BYTES[pick(DNODE_BYTES.length)] ?? 0;
      const value = BYTES[pick(BYTES.length)] ?? 0;
      view.setUint8(at + field, value);
      return `dnode at ${at}, byte ${field} is ${value}`;
    }
    case 1: {
      const field = 8 + 2 * pick(2);
      const value = [0, 1, 8, 320, 65535][pick(5)] ?? 0;
      view.setUint16(at + field, value, order);
      return `dnode at ${at}, half word ${field} is ${value}`;
    }
    case 2: {
      const value = word(pick);
      view.setBigUint64(at + 16, value, order);
      return `dnode at ${at}, last block is ${value}`;
    }
    case 3:
      return aboutPointer(view, at + DNODE_CORE_SIZE, order, pick);
    default: {
      const bonus = at + DNODE_CORE_SIZE + Math.max(1, Math.min(3, view.getUint8(at + 3))) * Blkptr.SIZE;
      const field = bonus + 8 * pick(Math.floor((at + DNODE_SLOT - bonus) / 8));
      if (field + 8 > view.byteLength) return 'nothing';
      const value = word(pick);
      view.setBigUint64(field, value, order);
      return `dnode at ${at}, word ${field - bonus} of the bonus is ${value}`;
    }
  }
}

function aboutPointer(view: DataView, at: number, order: boolean, pick: Pick): string {
  if (at + Blkptr.SIZE > view.byteLength) return 'nothing';
  const props = view.getBigUint64(at + 48, order);
  const put = (low: bigint, width: bigint, value: bigint): string => {
    const mask = ((1n << width) - 1n) << low;
    view.setBigUint64(at + 48, (props & ~mask) | ((value << low) & mask), order);
    return `pointer at ${at}, ${width} bits at ${low} are ${value}`;
  };
  switch (pick(9)) {
    case 0:
      return put(0n, 16n, word(pick));
    case 1:
      return put(16n, 16n, word(pick));
    case 2:
      return put(32n, 7n, BigInt(pick(20)));
    case 3:
      return put(40n, 8n, BigInt(pick(18)));
    case 4:
      return put(48n, 8n, BigInt(pick(256)));
    case 5:
      return put(56n, 5n, BigInt(pick(32)));
    case 6:
      // Embedded, encrypted, deduplicated, of the other byte order.
      return put([39n, 61n, 62n, 63n][pick(4)] ?? 39n, 1n, BigInt(pick(2)));
    case 7: {
      const from = pick(Math.floor(view.byteLength / Blkptr.SIZE)) * Blkptr.SIZE;
      for (let i = 0; i < Blkptr.SIZE; i++) view.setUint8(at + i, view.getUint8(from + i));
      return `pointer at ${at} is what stands at ${from}`;
    }
    default: {
      const field = 8 * pick(12);
      const value = word(pick);
      view.setBigUint64(at + field, value, order);
      return `pointer at ${at}, word ${field} is ${value}`;
    }
  }
}

/** Where something is written: heads of structures more often than what follows them. */
function somewhere(view: DataView, size: number, pick: Pick): number {
  const limit = pick(2) === 0 ? Math.min(view.byteLength, 256) : view.byteLength;
  return pick(Math.floor(limit / size)) * size;
}

function aboutWord(view: DataView, order: boolean, pick: Pick): string {
  const at = somewhere(view, 8, pick);
  const value = word(pick);
  view.setBigUint64(at, value, order);
  return `word ${at} is ${value}`;
}

function aboutByte(view: DataView, pick: Pick): string {
  const at = somewhere(view, 1, pick);
  const value = pick(256);
  view.setUint8(at, value);
  return `byte ${at} is ${value}`;
}
