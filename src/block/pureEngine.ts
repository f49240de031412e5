import type { ChecksumWords } from '../bytes/errors.ts';
import type { Engine, EngineAlgorithm, Span } from './engine.ts';
import { fletcher2 } from './fletcher2.ts';
import { fletcher4 } from './fletcher4.ts';
import { markSectors } from './sectorMarks.ts';
import { sha256 } from './sha256.ts';
import { sha512 } from './sha512.ts';
import { checkSpans, PAUSE_EVERY } from './spans.ts';
import { usedLength } from './usedLength.ts';

/** Any of the four in TypeScript; an engine that lacks an algorithm borrows it here. */
export function pureChecksum(algorithm: EngineAlgorithm, bytes: Uint8Array, littleEndian: boolean): ChecksumWords {
  switch (algorithm) {
    case 'fletcher2':
      return fletcher2(bytes, littleEndian);
    case 'fletcher4':
      return fletcher4(bytes, littleEndian);
    case 'sha256':
      return sha256(bytes);
    case 'sha512':
      return sha512(bytes, littleEndian);
  }
}

export const pureSaltedChecksum: Engine['saltedChecksum'] = (algorithm, salted, bytes, littleEndian) =>
  salted.checksum(algorithm, bytes, littleEndian);

/** `openBlocks` of engines without threads. Loaded on first use: a run that looks at labels alone unpacks nothing. */
export function openBlocksInTurn(
  checksum: Engine['checksum'],
  pause: (() => Promise<void>) | null,
): Engine['openBlocks'] {
  const work = { checksum, saltedChecksum: pureSaltedChecksum, unpack: () => false };
  return async (blocks, stored, content, salted) => {
    const { openInTurn } = await import('./openInTurn.ts');
    return openInTurn(work, pause, blocks, stored, content, salted);
  };
}

/**
 * The batch of engines without threads: one span after the other on the caller's thread.
 *
 * @param pause awaited every 2 MiB, so that other work of the event loop gets its turn; null does all in one go. The
 *   platform's timers differ and are no part of this floor: Node gives `setImmediate`, a browser `setTimeout`.
 * @throws UsageError for a span outside `buffer`, before anything is summed
 */
export async function checksumInTurn(
  checksum: Engine['checksum'],
  pause: (() => Promise<void>) | null,
  algorithm: EngineAlgorithm,
  buffer: Uint8Array,
  spans: readonly Span[],
  littleEndian: boolean,
): Promise<BigUint64Array> {
  checkSpans(spans, buffer.length);
  const words = new BigUint64Array(spans.length * 4);
  let sincePause = 0;
  for (const [index, { offset, length }] of spans.entries()) {
    words.set(checksum(algorithm, buffer.subarray(offset, offset + length), littleEndian), index * 4);
    sincePause += length;
    if (pause !== null && sincePause >= PAUSE_EVERY) {
      sincePause = 0;
      await pause();
    }
  }
  return words;
}

/**
 * The engine that runs anywhere.
 *
 * @param passedOver why no faster one is used
 * @param pause as in `checksumInTurn`
 */
export const createPureEngine = (passedOver: string, pause: (() => Promise<void>) | null = null): Engine => ({
  info: { name: 'pure', passedOver },
  checksum: pureChecksum,
  checksumMany: (algorithm, buffer, spans, littleEndian) =>
    checksumInTurn(pureChecksum, pause, algorithm, buffer, spans, littleEndian),
  saltedChecksum: pureSaltedChecksum,
  markSectors,
  unpack: () => false,
  usedLength,
  openBlocks: openBlocksInTurn(pureChecksum, pause),
});

/** The reference: what it answers is right by definition of our tests. A batch does not pause. */
export const pureEngine: Engine = createPureEngine('no other engine was looked for');
