import type { Blkptr } from '../../src/format/blkptr.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { listBlocks } from './blockList.ts';
import type { OpenedSources } from './openSources.ts';

const engine = chooseEngine();

/** A raidz or dRAID, and how many of its devices may be lost. */
export interface Redundant {
  readonly top: number;
  readonly type: string;
  readonly parity: number;
  /** Guids of the devices that are there. */
  readonly leaves: readonly bigint[];
  /** How many more may be lost. */
  readonly spareParity: number;
}

/** The top-level vdevs with parity. */
export function redundantTops(root: VdevNode): Redundant[] {
  return root.children.flatMap(({ config, children }, top) => {
    const { type, nparity } = config;
    if ((type !== 'raidz' && type !== 'draid') || nparity === null) return [];
    const leaves = children.flatMap((child) => (child.device === null ? [] : [child.config.guid]));
    const missing = children.filter((child) => child.children.length === 0 && child.device === null).length;
    return [{ top, type, parity: nparity, leaves, spareParity: nparity - missing }];
  });
}

/** All ways to take `size` of `items`. */
export function* subsets<T>(items: readonly T[], size: number): Generator<T[]> {
  if (size === 0) yield [];
  for (const [i, item] of items.entries()) {
    if (size > 0) for (const rest of subsets(items.slice(i + 1), size - 1)) yield [item, ...rest];
  }
}

/** Other bytes than were written, wherever there is room for blocks: of zeros too. */
export function garbled(source: ByteSource): ByteSource {
  return {
    name: source.name,
    size: source.size,
    async read(offset, length, signal) {
      const bytes = new Uint8Array(await source.read(offset, length, signal));
      for (let i = 0; i < length; i++) {
        const at = offset + i;
        if (at >= 512 * 1024 && at < source.size - 512 * 1024) bytes[i] = (bytes[i] ?? 0) ^ (0x5a + (at & 3));
      }
      return bytes;
    },
  };
}

/** The tree with some devices gone, or with other bytes on them. */
function changed(node: VdevNode, guids: ReadonlySet<bigint>, how: 'missing' | 'garbled'): VdevNode {
  const device =
    node.device === null || !guids.has(node.config.guid)
      ? node.device
      : how === 'missing'
        ? null
        : { ...node.device, source: garbled(node.device.source) };
  return { ...node, device, children: node.children.map((child) => changed(child, guids, how)) };
}

/** How reading went. */
export interface Losses {
  readonly read: number;
  readonly lost: readonly UnavailableBlockError[];
  /** Names of vdevs whose copy or column was wrong. */
  readonly wrong: ReadonlySet<string>;
}

/** Reads all `blocks` of a pool of which some devices are missing or garbled. */
export async function readWithout(
  { root, choice }: OpenedSources,
  blocks: readonly Blkptr[],
  guids: readonly bigint[],
  how: 'missing' | 'garbled',
): Promise<Losses> {
  const reader = openBlockReader(changed(root, new Set(guids), how), { engine, ...choice });
  const lost: UnavailableBlockError[] = [];
  const wrong = new Set<string>();
  let read = 0;
  for (const bp of blocks) {
    try {
      const { attempts } = await reader.verify(bp);
      read++;
      for (const { outcome, vdev } of attempts) if (outcome === 'wrong') wrong.add(vdev);
    } catch (error) {
      if (!(error instanceof UnavailableBlockError)) throw error;
      lost.push(error);
    }
  }
  return { read, lost, wrong };
}

/** Blocks that lie on one top-level vdev alone and of which every copy and all parity is as it should be; `limit` of them. */
export async function soundBlocks(
  { view, root, choice }: OpenedSources,
  top: number,
  limit: number,
): Promise<Blkptr[]> {
  const reader = openBlockReader(root, { engine, ...choice, scrub: true });
  const blocks: Blkptr[] = [];
  for await (const { bp, level } of listBlocks(view, { onTrouble: () => {} })) {
    if (level === -2 || bp.dvas.length === 0 || !bp.dvas.every(({ vdev }) => vdev === top)) continue;
    try {
      const { attempts } = await reader.verify(bp);
      if (attempts.every(({ outcome }) => outcome !== 'wrong')) blocks.push(bp);
    } catch (error) {
      if (!(error instanceof UnavailableBlockError)) throw error;
    }
  }
  const step = Math.max(1, Math.ceil(blocks.length / limit));
  return blocks.filter((_, i) => i % step === 0);
}
