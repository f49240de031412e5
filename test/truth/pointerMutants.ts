import { Blkptr } from '../../src/format/blkptr.ts';
import { DNODE_CORE_SIZE, DNODE_SLOT } from '../../src/format/dnode.layout.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import type { LyingPool, TreeBlock } from '../tools/reseal.ts';

/** The 16 words of a block pointer. */
export type Words = bigint[];

/** One thing that is written into a pointer. */
export interface Mutant {
  readonly name: string;
  readonly change: (words: Words) => void;
}

/** A pointer, by where it stands. */
export interface Target {
  readonly name: string;
  readonly parent: TreeBlock;
  readonly at: number;
}

const PROPS = 6;
const EMBEDDED = 1n << 39n;

function bits(words: Words, word: number, from: number, length: number, value: bigint): void {
  const mask = ((1n << BigInt(length)) - 1n) << BigInt(from);
  words[word] = ((words[word] ?? 0n) & ~mask) | ((value << BigInt(from)) & mask);
}

const props = (name: string, from: number, length: number, values: readonly number[]): Mutant[] =>
  values.map((value) => ({
    name: `${name} ${value}`,
    change: (words) => bits(words, PROPS, from, length, BigInt(value)),
  }));

const dva = (name: string, i: number, word0: bigint, word1: bigint): Mutant => ({
  name,
  change: (words) => {
    words[i * 2] = word0;
    words[i * 2 + 1] = word1;
  },
});

const embedded = (name: string, kind: bigint, psize: bigint, lsize: bigint): Mutant => ({
  name,
  change: (words) => {
    const kinds = (words[PROPS] ?? 0n) & ~0xff7f00ffffffffn & ~(0xffn << 40n);
    words[PROPS] = kinds | (2n << 32n) | (kind << 40n) | (psize << 25n) | lsize | EMBEDDED;
  },
});

const ORDINARY = 8n;

/** Every rule that OpenZFS has for a block pointer, at both sides of it, and what only reading the block shows. */
export const MUTANTS: readonly Mutant[] = [
  { name: 'as it is', change: () => {} },
  ...props('type', 48, 8, [54, 127, 0x80 | 10, 0xbf]),
  ...props('compression', 32, 7, [17, 127]),
  ...props('compression', 32, 7, [0, 1, 4]),
  ...props('checksum', 40, 8, [15, 16, 255]),
  ...props('checksum', 40, 8, [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]),
  ...props('lsize', 0, 16, [32768, 65535]),
  ...props('psize', 16, 16, [32768, 65535]),
  { name: 'first address without size', change: (words) => bits(words, 0, 0, 24, 0n) },
  { name: 'no address but the gang bit', change: (words) => dva('', 0, 0n, 1n << 63n).change(words) },
  { name: 'a vdev that there is not', change: (words) => bits(words, 0, 32, 24, 77n) },
  { name: 'the highest vdev', change: (words) => bits(words, 0, 32, 24, 0xffffffn) },
  { name: 'bits of the first word that say nothing', change: (words) => bits(words, 0, 24, 8, 0xffn) },
  { name: 'upper bits of the first word', change: (words) => bits(words, 0, 56, 8, 0xffn) },
  { name: 'an offset far away', change: (words) => bits(words, 1, 0, 63, 2n ** 40n) },
  { name: 'an offset whose bits are lost', change: (words) => bits(words, 1, 55, 8, 0x55n) },
  { name: 'an offset whose end 64 bits do not hold', change: (words) => bits(words, 1, 0, 63, 2n ** 55n - 1n) },
  { name: 'an asize beyond the vdev', change: (words) => bits(words, 0, 0, 24, 0xffffffn) },
  { name: 'an asize too small', change: (words) => bits(words, 0, 0, 24, 1n) },
  { name: 'gang', change: (words) => bits(words, 1, 63, 1, 1n) },
  {
    name: 'gang and an asize beyond the vdev',
    change: (words) => {
      bits(words, 1, 63, 1, 1n);
      bits(words, 0, 0, 24, 0xffffffn);
    },
  },
  {
    name: 'gang far away',
    change: (words) => {
      bits(words, 1, 63, 1, 1n);
      bits(words, 1, 0, 63, 2n ** 40n);
    },
  },
  dva('a second address on a vdev that there is not', 1, (77n << 32n) | ORDINARY, 0n),
  dva('a second address far away', 1, ORDINARY, 2n ** 40n),
  dva('a third address far away', 2, ORDINARY, 2n ** 40n),
  dva('a second address that leads elsewhere', 1, ORDINARY, 64n),
  {
    name: 'a second address without size, and a third that leads elsewhere',
    change: (words) => {
      dva('', 1, 0n, 0n).change(words);
      dva('', 2, ORDINARY, 64n).change(words);
    },
  },
  {
    name: 'a second address without size far away, and a third',
    change: (words) => {
      dva('', 1, 0n, 2n ** 40n).change(words);
      dva('', 2, ORDINARY, 64n).change(words);
    },
  },
  {
    name: 'the first address wrong, the second right',
    change: (words) => {
      const [word0 = 0n, word1 = 0n] = words;
      dva('', 1, word0, word1).change(words);
      dva('', 0, word0, 64n).change(words);
    },
  },
  {
    name: 'the first address wrong, the second without size, the third right',
    change: (words) => {
      const [word0 = 0n, word1 = 0n] = words;
      dva('', 2, word0, word1).change(words);
      dva('', 1, 0n, 0n).change(words);
      dva('', 0, word0, 64n).change(words);
    },
  },
  {
    name: 'the first address wrong, the second right but for its size',
    change: (words) => {
      const [word0 = 0n, word1 = 0n] = words;
      dva('', 2, word0, 64n).change(words);
      dva('', 1, word0 & ~0xffffffn, word1).change(words);
      dva('', 0, word0, 64n).change(words);
    },
  },
  embedded('embedded of kind 3', 3n, 50n, 100n),
  embedded('embedded of kind 255', 255n, 50n, 100n),
  embedded('embedded, 113 bytes', 0n, 112n, 112n),
  embedded('embedded, 128 bytes', 0n, 127n, 127n),
  embedded('embedded, more than 16 MiB', 0n, 50n, 2n ** 24n),
  embedded('redacted', 2n, 50n, 100n),
  embedded('redacted, more than 16 MiB', 2n, 50n, 2n ** 25n - 1n),
  {
    name: 'born in txg 0',
    change: (words) => {
      words[10] = 0n;
    },
  },
  {
    name: 'born in the far future',
    change: (words) => {
      words[10] = 2n ** 40n;
    },
  },
  {
    name: 'a hole',
    change: (words) => {
      words.fill(0n);
    },
  },
  {
    name: 'a hole with a birth and a type that there is not',
    change: (words) => {
      words[0] = 0n;
      words[1] = 0n;
      bits(words, PROPS, 48, 8, 60n);
    },
  },
  {
    name: 'a hole with a birth and a compression that there is not',
    change: (words) => {
      words[0] = 0n;
      words[1] = 0n;
      bits(words, PROPS, 32, 7, 99n);
    },
  },
  {
    name: 'a hole with a birth and more than 16 MiB',
    change: (words) => {
      words[0] = 0n;
      words[1] = 0n;
      bits(words, PROPS, 0, 16, 40000n);
    },
  },
  {
    name: 'a hole with a birth, a checksum and a physical size that there are not',
    change: (words) => {
      words[0] = 0n;
      words[1] = 0n;
      bits(words, PROPS, 40, 8, 99n);
      bits(words, PROPS, 16, 16, 40000n);
    },
  },
  {
    name: 'a hole but for its second address',
    change: (words) => {
      words[0] = 0n;
      words[1] = 0n;
      words[2] = (77n << 32n) | ORDINARY;
    },
  },
];

/** What is older than a snapshot is not visited below what is newer. */
const newestFirst = (a: TreeBlock, b: TreeBlock): number =>
  a.bp.birth > b.bp.birth ? -1 : a.bp.birth < b.bp.birth ? 1 : 0;

/** Pointers of every role, one of each that the pool has. */
export function targetsOf(pool: LyingPool): Target[] {
  const { blocks } = pool;
  const child = (name: string, match: (block: TreeBlock) => boolean): Target[] => {
    const found = blocks
      .filter((block) => block.parent !== null && match(block))
      .sort(newestFirst)
      .at(0);
    return found?.parent == null ? [] : [{ name, parent: found.parent, at: found.at }];
  };
  const inMos = ({ path }: TreeBlock): boolean => !path.includes('> dataset');
  const content = ({ bp, path }: TreeBlock): boolean =>
    bp.level === 0 &&
    ![OBJECT_TYPE.dnode, OBJECT_TYPE.objset].some((type) => type === bp.type) &&
    path.includes('object');
  const data = [...blocks].sort(newestFirst).flatMap((block): Target[] => {
    const at = dataPointerIn(block);
    return at === null ? [] : [{ name: 'data', parent: block, at }];
  });
  return [
    ...child('MOS object', (block) => inMos(block) && content(block) && block.path.endsWith('object 1')),
    ...child('MOS space map', (block) => inMos(block) && block.bp.type === OBJECT_TYPE.spaceMap),
    ...child('MOS dnodes', (block) => inMos(block) && block.bp.type === OBJECT_TYPE.dnode && block.bp.level === 0),
    ...child('MOS indirect', (block) => inMos(block) && block.bp.level > 0),
    ...child('object set', ({ path }) => path.endsWith('> dataset')),
    ...child('dnodes', (block) => !inMos(block) && block.bp.type === OBJECT_TYPE.dnode && block.bp.level === 0),
    ...child('dataset object', (block) => !inMos(block) && content(block)),
    ...child('indirect', (block) => !inMos(block) && block.bp.level > 0 && block.bp.type === OBJECT_TYPE.plainFile),
    ...data.slice(0, 1),
  ];
}

/** Where in a block of dnodes or pointers the first block of a file's content is pointed to. */
function dataPointerIn({ bp, content }: TreeBlock): number | null {
  const isData = (at: number): boolean => {
    const pointer = new Blkptr(content.subarray(at, at + Blkptr.SIZE), bp.littleEndian, bp.place);
    return !pointer.hole && !pointer.embedded && pointer.level === 0 && pointer.type === OBJECT_TYPE.plainFile;
  };
  if (bp.level > 0) {
    for (let at = 0; at < content.length; at += Blkptr.SIZE) if (isData(at)) return at;
  } else if (bp.type === OBJECT_TYPE.dnode) {
    for (let at = 0; at < content.length; at += DNODE_SLOT)
      if (isData(at + DNODE_CORE_SIZE)) return at + DNODE_CORE_SIZE;
  }
  return null;
}

/** What the block that holds the pointer has to say for the mutant to stand there. */
export function mutated({ parent, at }: Target, { change }: Mutant): Uint8Array {
  const content = parent.content.slice();
  const view = new DataView(content.buffer, content.byteOffset + at, 128);
  const { littleEndian } = parent.bp;
  const words = Array.from({ length: 16 }, (_, word) => view.getBigUint64(word * 8, littleEndian));
  change(words);
  for (const [word, value] of words.entries()) view.setBigUint64(word * 8, value, littleEndian);
  return content;
}
