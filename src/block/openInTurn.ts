import { ZfsUberError } from '../bytes/errors.ts';
import { decompress, isPrepared } from './decompress.ts';
import { type Engine, OUTCOME, type SaltedChecksums, type StoredBlock } from './engine.ts';
import { checkBlocks, PAUSE_EVERY } from './spans.ts';

/** What does the work on one block. */
export type BlockWork = Pick<Engine, 'checksum' | 'saltedChecksum' | 'unpack'>;

/**
 * What {@link Engine.openBlocks} does, one block after the other on the caller's thread.
 *
 * @param pause as in `checksumInTurn`
 */
export async function openInTurn(
  work: BlockWork,
  pause: (() => Promise<void>) | null,
  blocks: readonly StoredBlock[],
  stored: Uint8Array,
  content: Uint8Array,
  salted: SaltedChecksums | null,
): Promise<Uint8Array> {
  checkBlocks(blocks, stored.length, content.length);
  const outcomes = new Uint8Array(blocks.length);
  let sincePause = 0;
  for (const [index, block] of blocks.entries()) {
    const bytes = stored.subarray(block.offset, block.offset + block.length);
    const words = wordsOf(block, bytes, work, salted);
    const sound = words?.every((word, i) => word === block.expected[i]) ?? false;
    outcomes[index] = sound ? unpack(block, bytes, content, work) : OUTCOME.wrong;
    sincePause += block.length + (block.content?.length ?? 0);
    if (pause !== null && sincePause >= PAUSE_EVERY) {
      sincePause = 0;
      await pause();
    }
  }
  return outcomes;
}

function wordsOf(
  { algorithm, littleEndian }: StoredBlock,
  bytes: Uint8Array,
  work: BlockWork,
  salted: SaltedChecksums | null,
): ReturnType<Engine['checksum']> | null {
  switch (algorithm) {
    case 'skein':
    case 'edonr':
    case 'blake3':
      return salted && work.saltedChecksum(algorithm, salted, bytes, littleEndian);
    default:
      return work.checksum(algorithm, bytes, littleEndian);
  }
}

/** Anywhere: whoever asks again for what does not unpack is told where it stood. */
const NOWHERE = { source: '', offset: 0, path: [] };

function unpack({ content }: StoredBlock, bytes: Uint8Array, memory: Uint8Array, work: BlockWork): number {
  if (content === null || !isPrepared(content.compression)) return OUTCOME.sound;
  const room = memory.subarray(content.offset, content.offset + content.length);
  if (work.unpack(content.compression, bytes, room)) return OUTCOME.unpacked;
  try {
    const unpacked = decompress(content.compression, bytes, content.length, NOWHERE, room);
    if (unpacked.buffer !== room.buffer || unpacked.byteOffset !== room.byteOffset) room.set(unpacked);
    return OUTCOME.unpacked;
  } catch (error) {
    if (error instanceof ZfsUberError) return OUTCOME.sound;
    throw error;
  }
}
