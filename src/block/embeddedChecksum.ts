import { ChecksumError, type ChecksumWords, FormatError, type ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { TRAILER, TRAILER_MAGIC } from '../format/label.layout.ts';
import type { Engine, Span } from './engine.ts';

const CHECKSUM_AT = TRAILER.fields.checksum.offset;
const CHECKSUM_SIZE = TRAILER.fields.checksum.size;

/** Bytes that end in their own checksum. */
export interface EmbeddedUnit {
  /** The whole unit with its 40-byte trailer at the end; not changed. */
  readonly bytes: Uint8Array;
  /** What stands in place of the checksum while it is computed: binds the unit to where it lies. */
  readonly verifier: ChecksumWords;
}

/** What the checksum of a unit says. Words are in the order ZFS prints them. */
export type EmbeddedChecksum =
  /** The trailer's magic is there in neither byte order: `magic` is what stands in its place, read as little-endian. */
  | { readonly state: 'no-trailer'; readonly magic: bigint }
  | { readonly state: 'good'; readonly littleEndian: boolean }
  | {
      readonly state: 'wrong';
      readonly littleEndian: boolean;
      readonly stored: ChecksumWords;
      readonly computed: ChecksumWords;
    };

/** Thousands of slots are good, and there is nothing more to say of each. */
const GOOD = {
  little: { state: 'good', littleEndian: true },
  big: { state: 'good', littleEndian: false },
} as const;

/**
 * The verifier of a label region or an uberblock slot: a copy of it anywhere else fails.
 *
 * @param offset byte offset of the unit in the device
 * Source: module/zfs/zio_checksum.c, zio_checksum_label_verifier
 */
export const labelVerifier = (offset: number): ChecksumWords => [BigInt(offset), 0n, 0n, 0n];

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Byte order of the unit's writer by its trailer; null when there is no trailer. */
export function trailerByteOrder(bytes: Uint8Array): 'little' | 'big' | null {
  if (bytes.length < TRAILER.size) return null;
  const view = viewOf(bytes);
  const at = bytes.length - TRAILER.size;
  if (view.getUint8(at) === 0x11 && view.getBigUint64(at, true) === TRAILER_MAGIC) return 'little';
  return view.getUint8(at) === 0x02 && view.getBigUint64(at, false) === TRAILER_MAGIC ? 'big' : null;
}

/** What the four labels of a device come to. Larger batches get a buffer of their own. */
const SCRATCH = 1024 * 1024;
/** Batches that are summed at a time: more would wait for the processors all the same, with a megabyte each. */
const AT_ONCE = 4;
/** Buffers between two uses: fresh memory costs more than what is done in it, and would wait for the collector. */
const idle: Uint8Array[] = [];
let underWay = 0;
const waiting: (() => void)[] = [];

async function inScratch<T>(size: number, work: (scratch: Uint8Array) => Promise<T>): Promise<T> {
  if (size > SCRATCH) return work(new Uint8Array(size));
  while (underWay >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  underWay++;
  const scratch = idle.pop() ?? new Uint8Array(SCRATCH);
  try {
    return await work(scratch);
  } finally {
    idle.push(scratch);
    underWay--;
    waiting.shift()?.();
  }
}

/**
 * Verifies units that carry their own SHA-256, all in one batch of the engine: slots are small, and the call costs more
 * than the sum.
 *
 * @returns one answer a unit, in their order
 * Source: module/zfs/zio_checksum.c, zio_checksum_error_impl
 */
export async function verifyEmbedded(engine: Engine, units: readonly EmbeddedUnit[]): Promise<EmbeddedChecksum[]> {
  const orders = units.map(({ bytes }) => trailerByteOrder(bytes));
  const spans: Span[] = [];
  let size = 0;
  for (let i = 0; i < units.length; i++) {
    const length = units[i]?.bytes.length ?? 0;
    if (orders[i] === null) continue;
    spans.push({ offset: size, length });
    size += length;
  }
  const computed =
    spans.length === 0
      ? new BigUint64Array(0)
      : await inScratch(size, (scratch) => {
          prepare(scratch, units, orders);
          return engine.checksumMany('sha256', scratch, spans, false);
        });
  let span = 0;
  return units.map(({ bytes }, i) => {
    const order = orders[i] ?? null;
    const trailer = bytes.length - TRAILER.size;
    if (order === null) {
      return { state: 'no-trailer', magic: trailer < 0 ? 0n : viewOf(bytes).getBigUint64(trailer, true) };
    }
    return compare(bytes, trailer + CHECKSUM_AT, order === 'little', computed, span++ * 4);
  });
}

/** Lays the units that have a trailer one after the other, each with its verifier in place of its checksum. */
function prepare(scratch: Uint8Array, units: readonly EmbeddedUnit[], orders: readonly ('little' | 'big' | null)[]) {
  const view = viewOf(scratch);
  let at = 0;
  for (let i = 0; i < units.length; i++) {
    const unit = units[i];
    const order = orders[i] ?? null;
    if (unit === undefined || order === null) continue;
    scratch.set(unit.bytes, at);
    at += unit.bytes.length;
    for (let word = 0; word < 4; word++) {
      view.setBigUint64(at - CHECKSUM_SIZE + word * 8, unit.verifier[word] ?? 0n, order === 'little');
    }
  }
}

function compare(bytes: Uint8Array, at: number, littleEndian: boolean, computed: BigUint64Array, from: number) {
  const view = viewOf(bytes);
  const stored = (w: number) => view.getBigUint64(at + w * 8, littleEndian);
  const own = (w: number) => computed[from + w] ?? 0n;
  if (stored(0) === own(0) && stored(1) === own(1) && stored(2) === own(2) && stored(3) === own(3)) {
    return littleEndian ? GOOD.little : GOOD.big;
  }
  return {
    state: 'wrong' as const,
    littleEndian,
    stored: [stored(0), stored(1), stored(2), stored(3)] as const,
    computed: [own(0), own(1), own(2), own(3)] as const,
  };
}

/**
 * The error that a failed verification stands for; null for a good one.
 *
 * @param place of the unit's first byte
 * @param size bytes of the unit
 */
export function embeddedTrouble(check: EmbeddedChecksum, place: Place, size: number): ZfsUberError | null {
  if (check.state === 'good') return null;
  const trailer = { ...place, offset: place.offset + size - TRAILER.size };
  if (check.state === 'wrong') return new ChecksumError('embedded sha256', check.stored, check.computed, place);
  const expected = `0x${TRAILER_MAGIC.toString(16)} in either byte order`;
  return new FormatError('format-magic', 'checksum trailer magic', expected, `0x${check.magic.toString(16)}`, trailer);
}
