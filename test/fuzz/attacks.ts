import { Blkptr } from '../../src/format/blkptr.ts';
import { COMPRESSION_KINDS } from '../../src/format/compressionKinds.ts';
import { DNODE_CORE_SIZE, DNODE_SLOT } from '../../src/format/dnode.layout.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import { encodeXdr, pair } from '../tools/nvlistEncode.ts';
import type { Change, Layout, LyingPool, TreeBlock } from '../tools/reseal.ts';
import { onGangs } from './gangs.ts';

/** One lie that was thought of on purpose. */
export interface Attack {
  readonly name: string;
  readonly changes: ReadonlyMap<TreeBlock, Change> | Layout;
  readonly everywhere?: 'same' | 'varied';
}

const BPOBJ_BONUS = 6;
const SPACE_MAP_BONUS = 7;
const HISTORY_BONUS = 30;
const ZAP_HEADER = (1n << 63n) + 1n;
const ZAP_LEAF = 1n << 63n;

/** All attacks that this pool has the structures for. */
export function attacksOn(pool: LyingPool): Attack[] {
  return [
    ...onTrees(pool),
    ...onDnodes(pool),
    ...onBonuses(pool),
    ...onZaps(pool),
    ...onDatasets(pool),
    ...onSizes(pool),
    ...onConfig(pool),
    ...onGangs(pool),
  ];
}

interface Slot {
  readonly block: TreeBlock;
  /** Byte of the dnode in the block. */
  readonly at: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function edited(block: TreeBlock, edit: (view: DataView, littleEndian: boolean) => void): Map<TreeBlock, Change> {
  const content = block.content.slice();
  edit(viewOf(content), block.bp.littleEndian);
  return new Map([[block, content]]);
}

/** Dnodes of the MOS, or of any object set, that `wanted` wants. */
function slots(pool: LyingPool, wanted: (view: DataView, at: number) => boolean, path = 'MOS > dnodes'): Slot[] {
  return pool.blocks
    .filter(({ bp, path: of }) => bp.type === OBJECT_TYPE.dnode && bp.level === 0 && of.endsWith(path))
    .flatMap((block) => {
      const view = viewOf(block.content);
      return Array.from({ length: block.content.length / DNODE_SLOT }, (_, i) => ({
        block,
        at: i * DNODE_SLOT,
      })).filter(({ at }) => view.getUint8(at) !== 0 && wanted(view, at));
    });
}

const withBonus = (type: number) => (view: DataView, at: number) => view.getUint8(at + 4) === type;
const bonusAt = (view: DataView, at: number): number => at + DNODE_CORE_SIZE + view.getUint8(at + 3) * Blkptr.SIZE;

function onTrees(pool: LyingPool): Attack[] {
  const deepest = [...pool.blocks].sort((a, b) => b.depth - a.depth).find(({ bp }) => bp.type === OBJECT_TYPE.dnode);
  const indirect = pool.blocks.find(({ bp }) => bp.level === 1);
  const attacks: Attack[] = [];
  if (deepest !== undefined) {
    const changes = new Map([[deepest, deepest.content]]);
    attacks.push(
      { name: 'every indirect pointer of a tree leads to one block', changes, everywhere: 'same' },
      { name: '… and each names another second copy', changes, everywhere: 'varied' },
    );
  }
  for (const lower of indirect === undefined ? [] : [0, 1]) {
    const block = indirect as TreeBlock;
    const circle = (address: bigint): Uint8Array => {
      const content = block.content.slice();
      const view = viewOf(content);
      const sectors = BigInt(content.length / 512 - 1);
      // Checksum off: nothing else can point to itself.
      const kinds =
        (2n << 32n) | (2n << 40n) | (BigInt(block.bp.type) << 48n) | (BigInt(1 - lower) << 56n) | (1n << 63n);
      for (let at = 0; at < content.length; at += Blkptr.SIZE) {
        content.fill(0, at, at + Blkptr.SIZE);
        view.setBigUint64(at, sectors + 1n, true);
        view.setBigUint64(at + 8, address, true);
        view.setBigUint64(at + 48, sectors | (sectors << 16n) | kinds, true);
        view.setBigUint64(at + 80, block.bp.birth, true);
        view.setBigUint64(at + 88, 1n, true);
      }
      return content;
    };
    const as = lower === 1 ? 'as content' : 'as indirect block';
    attacks.push({
      name: `an indirect block whose pointers lead to itself ${as}`,
      changes: new Map([[block, circle]]),
    });
  }
  return attacks;
}

function onDnodes(pool: LyingPool): Attack[] {
  const attacks: Attack[] = [];
  const objsets = pool.blocks.filter(({ bp }) => bp.type === OBJECT_TYPE.objset);
  const byte = (field: number, value: number) => (view: DataView) => view.setUint8(field, value);
  const lies: [string, (view: DataView, order: boolean) => void][] = [
    ['2^48 blocks of dnodes', (view, order) => view.setBigUint64(16, 2n ** 48n, order)],
    ['2^64 - 1 blocks of dnodes', (view, order) => view.setBigUint64(16, 2n ** 64n - 1n, order)],
    ['255 levels', byte(2, 255)],
    ['12 levels', byte(2, 12)],
    ['no levels', byte(2, 0)],
    ['indirect blocks of 2^0 bytes', byte(1, 0)],
    ['indirect blocks of 2^63 bytes', byte(1, 63)],
    ['255 pointers', byte(3, 255)],
    ['blocks of no bytes', (view) => view.setUint16(8, 0)],
    ['blocks of 32 MiB', (view) => view.setUint16(8, 0xffff)],
    ['256 slots', byte(12, 255)],
  ];
  const [mos, dataset] = [objsets[0], objsets.at(-1)];
  for (const [name, lie] of lies) {
    if (mos !== undefined) attacks.push({ name: `dnodes of the MOS: ${name}`, changes: edited(mos, lie) });
    if (dataset !== undefined) attacks.push({ name: `dnodes of a dataset: ${name}`, changes: edited(dataset, lie) });
  }
  return attacks;
}

function onBonuses(pool: LyingPool): Attack[] {
  const lengths: [string, number, readonly number[]][] = [
    // Words: length of a space map, ends of the history, pointers and lists of a bpobj.
    ['space map', SPACE_MAP_BONUS, [1]],
    ['history', HISTORY_BONUS, [0, 1, 2, 3]],
    ['bpobj', BPOBJ_BONUS, [0, 5]],
  ];
  return lengths.flatMap(([name, type, words]) => {
    const [slot] = slots(pool, withBonus(type)).slice(-1);
    if (slot === undefined) return [];
    return words.flatMap((word) =>
      [2n ** 48n, 2n ** 64n - 1n].map((value) => ({
        name: `${name}: word ${word} of its head is ${value}`,
        changes: edited(slot.block, (view, order) =>
          view.setBigUint64(bonusAt(view, slot.at) + word * 8, value, order),
        ),
      })),
    );
  });
}

function onZaps(pool: LyingPool): Attack[] {
  const startsWith = (word: bigint) => (block: TreeBlock) =>
    block.bp.level === 0 &&
    block.bp.type !== OBJECT_TYPE.dnode &&
    viewOf(block.content).getBigUint64(0, block.bp.littleEndian) === word;
  const header = pool.blocks.find(startsWith(ZAP_HEADER));
  const leaf = pool.blocks.find(startsWith(ZAP_LEAF));
  const attacks: Attack[] = [];
  const table = { block: 16, blocks: 24, shift: 32, next: 40 } as const;
  if (header !== undefined) {
    for (const [field, at] of Object.entries(table)) {
      for (const value of [1n, 2n ** 60n]) {
        const name = `pointer table of a ZAP: ${field} is ${value}`;
        attacks.push({ name, changes: edited(header, (view, order) => view.setBigUint64(at, value, order)) });
      }
    }
    attacks.push({
      name: 'a table of 2^60 blocks with 2^48 pointers',
      changes: edited(header, (view, order) => {
        for (const [at, value] of [
          [16, 0n],
          [24, 2n ** 60n],
          [32, 48n],
        ] as const)
          view.setBigUint64(at, value, order);
      }),
    });
    attacks.push({
      name: 'each pointer of a table names another leaf',
      changes: edited(header, (view, order) => {
        for (let at = view.byteLength / 2; at < view.byteLength; at += 8)
          view.setBigUint64(at, 2n ** 40n + BigInt(at), order);
      }),
    });
  }
  if (leaf !== undefined) {
    attacks.push({
      name: 'chains of chunks that loop, of lengths that never end',
      changes: edited(leaf, (view, order) => {
        const from = 48 + view.byteLength / 16;
        for (let at = from, i = 0; at + 24 <= view.byteLength; at += 24, i++) {
          const type = view.getUint8(at);
          if (type === 251) view.setUint16(at + 22, i, order);
          if (type === 252) for (const length of [6, 10]) view.setUint16(at + length, 0xffff, order);
        }
      }),
    });
    attacks.push({
      name: 'every chunk is an entry',
      changes: edited(leaf, (view, order) => {
        for (let at = 48 + view.byteLength / 16; at + 24 <= view.byteLength; at += 24) {
          view.setUint16(at, 0xfc01);
          for (const field of [4, 8]) view.setUint16(at + field, 0, order);
          for (const field of [6, 10]) view.setUint16(at + field, 0x1000, order);
        }
      }),
    });
  }
  return attacks;
}

function onDatasets(pool: LyingPool): Attack[] {
  const attacks: Attack[] = [];
  const idOf = ({ block, at }: Slot): bigint =>
    BigInt(block.blockId * (block.content.length / DNODE_SLOT) + at / DNODE_SLOT);
  const word = (slot: Slot, index: number, value: bigint): Map<TreeBlock, Change> =>
    edited(slot.block, (view, order) => view.setBigUint64(bonusAt(view, slot.at) + index * 8, value, order));
  for (const slot of slots(pool, withBonus(OBJECT_TYPE.dslDataset)).slice(0, 2)) {
    const id = idOf(slot);
    attacks.push({ name: `dataset ${id} is its own previous snapshot`, changes: word(slot, 1, id) });
    attacks.push({ name: `dataset ${id} is its own next snapshot`, changes: word(slot, 3, id) });
    attacks.push({ name: `dataset ${id} has itself for a deadlist`, changes: word(slot, 8, id) });
  }
  const directories = slots(pool, withBonus(OBJECT_TYPE.dslDir));
  for (const slot of directories.slice(0, 2)) {
    const id = idOf(slot);
    attacks.push({ name: `directory ${id} is its own parent`, changes: word(slot, 2, id) });
    attacks.push({ name: `directory ${id} has itself for a dataset`, changes: word(slot, 1, id) });
  }
  // Names below a directory that lead up again.
  const used = ({ bp, content }: TreeBlock): boolean => bp.type === 13 && bp.level === 0 && content[64 + 14] !== 0;
  for (const map of pool.blocks.filter(used).slice(0, 3)) {
    for (const directory of directories.slice(-1)) {
      attacks.push({
        name: `names below a directory lead to directory ${idOf(directory)}`,
        changes: edited(map, (view, order) => {
          for (let at = 64; at + 64 <= view.byteLength; at += 64) {
            if (view.getUint8(at + 14) !== 0) view.setBigUint64(at, idOf(directory), order);
          }
        }),
      });
    }
  }
  return attacks;
}

/** Blocks of 512 bytes that say they are 16 MiB. */
function onSizes(pool: LyingPool): Attack[] {
  const attacks: Attack[] = [];
  const small = slots(pool, (view, at) => {
    const props = view.getBigUint64(at + DNODE_CORE_SIZE + 48, true);
    return (
      view.getUint8(at + 2) === 1 &&
      ((props >> 16n) & 0xffffn) === 0n &&
      props >> 63n === 1n &&
      (props & (1n << 39n)) === 0n
    );
  });
  for (const [compression, kind] of COMPRESSION_KINDS.entries()) {
    // All levels of gzip are read alike.
    if (/^gzip-[^6]/.test(kind)) continue;
    for (const slot of small.slice(0, 1)) {
      attacks.push({
        name: `512 bytes of ${kind} are 16 MiB`,
        changes: edited(slot.block, (view, order) => {
          const at = slot.at + DNODE_CORE_SIZE + 48;
          const props = view.getBigUint64(at, order) & ~0x7f_0000_ffffn;
          view.setBigUint64(at, props | 32767n | (BigInt(compression) << 32n), order);
          view.setUint16(slot.at + 8, 32768, order);
        }),
      });
    }
  }
  return attacks;
}

function onConfig(pool: LyingPool): Attack[] {
  const config = pool.blocks.find(({ bp }) => bp.type === OBJECT_TYPE.packedNvlist && bp.level === 0);
  const [slot] = slots(pool, (view, at) => view.getUint8(at) === OBJECT_TYPE.packedNvlist);
  if (config === undefined || slot === undefined) return [];
  const nested = (depth: number): ReadonlyMap<TreeBlock, Change> => {
    let list: Parameters<typeof encodeXdr>[0] = { pairs: [] };
    for (let i = 0; i < depth; i++) list = { pairs: [pair('vdev_tree', 'nvlist', list)] };
    const bytes = new Uint8Array(config.content.length);
    const encoded = encodeXdr(list);
    bytes.set(encoded.subarray(0, bytes.length));
    const length = BigInt(Math.min(encoded.length, bytes.length));
    const head = edited(slot.block, (view, order) => view.setBigUint64(bonusAt(view, slot.at), length, order));
    return new Map([...head, [config, bytes]]);
  };
  return [
    ...[30, 200].map((depth) => ({ name: `a config nested ${depth} deep`, changes: nested(depth) })),
    { name: 'a config of zeros', changes: new Map([[config, new Uint8Array(config.content.length)]]) },
    { name: 'a config of ones', changes: new Map([[config, new Uint8Array(config.content.length).fill(255)]]) },
  ];
}
