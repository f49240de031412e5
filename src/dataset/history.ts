import { FormatError, LimitError, ZfsUberError } from '../bytes/errors.ts';
import { inside } from '../bytes/place.ts';
import {
  decodeHistoryOffsets,
  describeHistoryRecord,
  type HistoryOffsets,
  type HistoryRecord,
} from '../format/history.ts';
import { decodeWholeNvlist } from '../format/nvlistStream.ts';
import type { WalkOptions } from './block.ts';
import { BONUS, decodeBonus } from './bonus.ts';
import type { Mos } from './mos.ts';
import type { DmuObject } from './object.ts';

/** Bytes of the length before each record: a little-endian word whatever the host. Source: module/zfs/spa_history.c. */
const LENGTH = 8;
/** Records hold one command line, or an ioctl with its lists. Source: include/sys/fs/zfs.h, HIS_MAX_RECORD_LEN, and room. */
const MAX_RECORD = 16n * 1024n * 1024n;
/** Bytes fetched at a time. */
const CHUNK = 256 * 1024;

/**
 * The pool's history, oldest first: those of its creation, then the ring. Streams; holds a chunk.
 *
 * A record that does not decode is trouble and the next follows; a length that cannot be right ends the list.
 *
 * @throws ZfsUberError at the first trouble, unless `options.onTrouble` takes it
 * Source: module/zfs/spa_history.c, spa_history_get
 */
export async function* readHistory(mos: Mos, options: WalkOptions = {}): AsyncGenerator<HistoryRecord> {
  const id = await mos.directory.integer('history', options.signal);
  if (id === null) return;
  const object = await mos.object(id, options.signal);
  const offsets = decodeBonus(object, BONUS.historyOffsets, decodeHistoryOffsets);
  const ring = new Ring(object, offsets, options.signal);
  yield* records(ring, 0n, offsets.createEnd, options);
  yield* records(ring, offsets.begin, offsets.end, options);
}

async function* records(ring: Ring, from: bigint, end: bigint, options: WalkOptions): AsyncGenerator<HistoryRecord> {
  const place = inside(ring.object.place, 'history');
  for (let at = from; at < end; ) {
    const room = end - at - BigInt(LENGTH);
    const head = room < 0n ? null : await ring.read(at, LENGTH);
    const length = head === null ? 0n : new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
    try {
      if (length === 0n || length > room) {
        const expected = `1 to ${room} bytes`;
        throw new FormatError('format-bounds', `history record at ${at}`, expected, `${length} bytes`, place);
      }
      if (length > MAX_RECORD) throw new LimitError(`history record of ${length} bytes`, place);
    } catch (error) {
      if (!(error instanceof ZfsUberError) || options.onTrouble === undefined) throw error;
      options.onTrouble(error);
      return;
    }
    at += BigInt(LENGTH);
    const bytes = await ring.read(at, Number(length));
    at += length;
    try {
      yield describeHistoryRecord(decodeWholeNvlist(bytes, place));
    } catch (error) {
      if (!(error instanceof ZfsUberError) || options.onTrouble === undefined) throw error;
      options.onTrouble(error);
    }
  }
}

/** The object by logical offset: what lies behind the physical end goes on behind the records of the creation. */
class Ring {
  readonly object: DmuObject;
  readonly #offsets: HistoryOffsets;
  readonly #signal: AbortSignal | undefined;
  #chunk: Uint8Array = new Uint8Array(0);
  #chunkAt = 0n;

  constructor(object: DmuObject, offsets: HistoryOffsets, signal: AbortSignal | undefined) {
    this.object = object;
    this.#offsets = offsets;
    this.#signal = signal;
  }

  async read(logical: bigint, length: number): Promise<Uint8Array> {
    const { createEnd, physicalEnd } = this.#offsets;
    const turn = physicalEnd - createEnd;
    const physical = logical < createEnd ? logical : ((logical - createEnd) % turn) + createEnd;
    const straight = physicalEnd - physical;
    if (BigInt(length) <= straight) return this.#physical(physical, length);
    const out = new Uint8Array(length);
    out.set(await this.#physical(physical, Number(straight)));
    // No record is longer than the ring: the offsets were checked.
    out.set(await this.#physical(createEnd, length - Number(straight)), Number(straight));
    return out;
  }

  async #physical(at: bigint, length: number): Promise<Uint8Array> {
    if (length > CHUNK) return this.object.read(at, length, this.#signal);
    if (at < this.#chunkAt || at + BigInt(length) > this.#chunkAt + BigInt(this.#chunk.length)) {
      this.#chunk = await this.object.read(at, CHUNK, this.#signal);
      this.#chunkAt = at;
    }
    const from = Number(at - this.#chunkAt);
    return this.#chunk.slice(from, from + length);
  }
}
