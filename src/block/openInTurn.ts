import { ZfsUberError } from '../bytes/errors.ts';
import type { CompressionKind } from '../format/compressionKinds.ts';
import { decompress, isPrepared } from './decompress.ts';
import { type Engine, OUTCOME, type SaltedChecksums, type StoredBlock } from './engine.ts';
import { checkBlocks, PAUSE_EVERY } from './spans.ts';
import { usedLength } from './usedLength.ts';

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
): Promise<Uint32Array> {
  checkBlocks(blocks, stored.length, content.length);
  const outcomes = new Uint32Array(blocks.length);
  let sincePause = 0;
  for (const [index, block] of blocks.entries()) {
    const bytes = stored.subarray(block.offset, block.offset + block.length);
    const words = wordsOf(block, bytes, work, salted);
    const sound = words?.every((word, i) => word === block.expected[i]) ?? false;
    outcomes[index] = sound ? unpack(block, bytes, content, work) : OUTCOME.wrong;
    sincePause += block.length + (block.content?.size ?? 0);
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
  const { compression, offset, length, size } = content;
  const room = memory.subarray(offset, offset + length);
  const whole = length < size ? new Uint8Array(size) : room.subarray(0, size);
  if (!fill(compression, bytes, whole, work)) return OUTCOME.sound;
  const used = usedLength(whole);
  if (used > length) return OUTCOME.sound;
  if (length < size) room.set(whole.subarray(0, length));
  return OUTCOME.unpacked + used;
}

/** @returns false where it is not done here: `whole` may hold anything */
function fill(compression: CompressionKind, bytes: Uint8Array, whole: Uint8Array, work: BlockWork): boolean {
  if (work.unpack(compression, bytes, whole)) return true;
  try {
    const unpacked = decompress(compression, bytes, whole.length, NOWHERE, whole);
    if (unpacked.buffer !== whole.buffer || unpacked.byteOffset !== whole.byteOffset) whole.set(unpacked);
    return true;
  } catch (error) {
    if (error instanceof ZfsUberError) return false;
    throw error;
  }
}
