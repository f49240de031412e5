import { Blkptr } from '../../src/format/blkptr.ts';
import { seal } from '../tools/labelImage.ts';
import type { Layout, LyingPool, Patch, TreeBlock } from '../tools/reseal.ts';
import type { Attack } from './attacks.ts';

/** A header, and what is left free behind it where sectors are larger. */
const HEADER = 512;
const ALIGNED = 4096;
const MEMBERS = 3;
const FLETCHER4 = 7n;
const OFF = 2n;

interface Pointer {
  /** Byte in the first top-level vdev. */
  readonly at: number;
  readonly gang: boolean;
  /** Bytes of the block, stored as they are. */
  readonly size: number;
  readonly type: number;
  readonly level: number;
  readonly birth: bigint;
  /** In a second copy, which is nowhere: what tells pointers apart. */
  readonly salt: number;
}

function pointer({ at, gang, size, type, level, birth, salt }: Pointer): Uint8Array {
  const bytes = new Uint8Array(Blkptr.SIZE);
  const view = new DataView(bytes.buffer);
  const sectors = BigInt(size / 512);
  const put = (word: number, value: bigint): void => view.setBigUint64(word * 8, value, true);
  put(0, gang ? BigInt(ALIGNED / 512) : sectors);
  put(1, BigInt(at / 512) | (gang ? 1n << 63n : 0n));
  if (salt > 0) {
    put(2, 1n);
    put(3, BigInt(salt));
  }
  const kinds = (2n << 32n) | ((gang ? FLETCHER4 : OFF) << 40n) | (BigInt(type) << 48n) | (BigInt(level) << 56n);
  put(6, (sectors - 1n) | ((sectors - 1n) << 16n) | kinds | (1n << 63n));
  put(10, birth);
  put(11, 1n);
  return bytes;
}

/** The header at byte `at`; its seal stands where a label's has its offset. Source: zio_checksum_gang_verifier */
function header(at: number, birth: bigint, members: readonly Uint8Array[]): Patch {
  const bytes = new Uint8Array(HEADER);
  for (const [i, member] of members.entries()) bytes.set(member, i * Blkptr.SIZE);
  seal(bytes, [0n, BigInt(at), birth, 0n]);
  return { at, bytes };
}

/** Blocks of pieces: a header that leads to itself, and few headers that make very many pieces. */
export function onGangs(pool: LyingPool): Attack[] {
  const indirect = pool.blocks.filter(({ bp, path }) => bp.level === 1 && path.includes('dataset')).at(-1);
  if (indirect === undefined || !indirect.bp.littleEndian) return [];
  const towers: [string, Tower][] = [
    ['gang headers of three pieces', { deep: 1 }],
    ['gang headers of three pieces, wherever a pointer of a tree leads', { deep: 1, everywhere: true }],
    ['9 gang headers of which each member is the next one', { deep: 9 }],
    ['364 gang headers of 729 pieces', { deep: 6, apart: true }],
    ['364 gang headers of 729 pieces, wherever a pointer of a tree leads', { deep: 6, apart: true, everywhere: true }],
  ];
  return [
    ...towers.map(([name, about]) => ({ name, changes: tower(indirect, about) })),
    { name: 'a gang header that is its own member', changes: loop(indirect) },
  ];
}

interface Tower {
  readonly deep: number;
  readonly apart?: boolean;
  readonly everywhere?: boolean;
}

/**
 * `deep` levels of headers, of which each member is a header again, and at the end a sector.
 *
 * @param apart each member another header; else each level has one
 */
function tower(indirect: TreeBlock, { deep, apart = false, everywhere = false }: Tower): Layout {
  return (place) => {
    const { type, birth } = indirect.bp;
    const about = { type, level: 0, birth, salt: 0 };
    const patches: Patch[] = [];
    const sector = place(ALIGNED);
    patches.push({ at: sector, bytes: new Uint8Array(HEADER) });
    const build = (level: number): Pointer => {
      if (level === 0) return { ...about, at: sector, size: HEADER, gang: false };
      const members = apart
        ? Array.from({ length: MEMBERS }, () => build(level - 1))
        : Array<Pointer>(MEMBERS).fill(build(level - 1));
      const at = place(ALIGNED);
      patches.push(header(at, birth, members.map(pointer)));
      return { ...about, at, size: HEADER * MEMBERS ** level, gang: true };
    };
    const top = build(deep);
    const content = indirect.content.slice();
    for (let to = 0; to < content.length; to += Blkptr.SIZE) {
      content.set(pointer({ ...top, salt: to + 1 }), to);
      if (!everywhere) break;
    }
    return { changes: new Map([[indirect, content]]), patches };
  };
}

function loop(indirect: TreeBlock): Layout {
  return (place) => {
    const { type, birth } = indirect.bp;
    const at = place(ALIGNED);
    const own = pointer({ at, size: HEADER, gang: true, type, level: 0, birth, salt: 0 });
    const content = indirect.content.slice();
    content.set(own);
    return { changes: new Map([[indirect, content]]), patches: [header(at, birth, [own])] };
  };
}
