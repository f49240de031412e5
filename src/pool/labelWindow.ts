import type { Span } from '../block/engine.ts';
import { FormatError, type ZfsUberError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { LABEL_REGIONS, LABEL_SIZE, LABELS } from '../format/label.layout.ts';
import { alignedSize, labelOffset } from '../format/label.ts';
import { readAround } from '../source/readAround.ts';
import { type ByteSource, SourceError } from '../source/source.ts';

/** The bytes of one label as far as the source has them. */
export interface LabelWindow {
  readonly index: number;
  /** Of the label's first byte. */
  readonly place: Place;
  /** From the label's start; shorter than a label where the source ends first, empty where it has no such label. */
  readonly bytes: Uint8Array;
  /** Of these bytes, by offset in the label; they read as zeros. */
  readonly unreadable: readonly Span[];
  /** Why, one each. */
  readonly troubles: readonly ZfsUberError[];
}

const HALF = 2 * LABEL_SIZE;

/** Room for the four labels of a device. */
export interface LabelMemory {
  readonly front: Uint8Array;
  readonly back: Uint8Array;
}

/** Devices under survey at a time; more would be memory for nothing. */
const MAX_IDLE = 8;
/** Between two uses: fresh memory costs more than to read into it, and a megabyte a device would wait for the collector. */
const idle: LabelMemory[] = [];

/** Runs `work` with memory that belongs to it until its promise settles: nothing of its result may be a view of it. */
export async function withLabelMemory<T>(work: (memory: LabelMemory) => Promise<T>): Promise<T> {
  const memory = idle.pop() ?? { front: new Uint8Array(HALF), back: new Uint8Array(HALF) };
  try {
    return await work(memory);
  } finally {
    if (idle.length < MAX_IDLE) idle.push(memory);
  }
}

export interface LabelReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Memory that the windows may lie in. */
  readonly spare?: LabelMemory;
  /** Also the boot environment block of each. */
  readonly bootEnvironments?: boolean;
}

const { bootEnvironment: BOOT, config: CONFIG, ring: RING } = LABEL_REGIONS;

/**
 * Reads config and ring of the four labels at once, each byte once, and nothing else of them: what stands before is as
 * unreadable as it may be. On a source too small for four, the places of labels 2 and 3 would be those of 0 and 1: they
 * are absent then, not the same bytes told twice.
 */
export async function readLabelWindows(
  source: ByteSource,
  { signal, spare, bootEnvironments = false }: LabelReadOptions = {},
): Promise<LabelWindow[]> {
  const aligned = alignedSize(source.size);
  const drafts = Array.from({ length: LABELS }, (_, index) => {
    const offset = Math.max(labelOffset(aligned, index), 0);
    const there = index < 2 || aligned >= 2 * HALF ? Math.min(LABEL_SIZE, Math.max(source.size - offset, 0)) : 0;
    const half = index < 2 ? spare?.front : spare?.back;
    const from = (index & 1) * LABEL_SIZE;
    const bytes = half?.subarray(from, from + there) ?? new Uint8Array(there);
    return { index, place: { source: source.name, offset, path: [`label ${index}`] }, bytes, lost: new Lost() };
  });
  // All at once: those of one end lie side by side, and a disk that is told so goes to each end once.
  const read = await Promise.all(
    drafts.map(async ({ place, bytes, lost }) => {
      const boot = bootEnvironments ? clip(BOOT, bytes.length) : 0;
      if (boot > 0) await readRegion(source, place.offset, BOOT.offset, boot, bytes, lost, signal);
      const both = bytes.length - CONFIG.offset;
      return both <= 0 || readWhole(source, place.offset + CONFIG.offset, bytes.subarray(CONFIG.offset), signal);
    }),
  );
  // Those that are whole first: a dying drive may not come to the others.
  for (const [i, { place, bytes, lost }] of drafts.entries()) {
    if (read[i] === true) continue;
    for (const region of [CONFIG, RING]) {
      const length = clip(region, bytes.length);
      if (length > 0) await readRegion(source, place.offset, region.offset, length, bytes, lost, signal);
    }
  }
  return drafts.map(({ index, place, bytes, lost }) => ({
    index,
    place,
    bytes,
    unreadable: lost.spans,
    troubles: lost.troubles,
  }));
}

/** What of a label cannot be read: spans by offset in the label, and why. */
class Lost {
  readonly spans: Span[] = [];
  readonly troubles: ZfsUberError[] = [];
}

/** Bytes of a region of a label of which only `length` are there. */
const clip = ({ offset, size }: { readonly offset: number; readonly size: number }, length: number): number =>
  Math.max(0, Math.min(size, length - offset));

async function readWhole(
  source: ByteSource,
  offset: number,
  into: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const read = await source.read(offset, into.length, signal, into);
    if (read.buffer !== into.buffer || read.byteOffset !== into.byteOffset) into.set(read);
    return true;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return false;
  }
}

/** Reads the part `[at, at + length)` of the label that begins at `label`, and notes what of it is lost. */
async function readRegion(
  source: ByteSource,
  label: number,
  at: number,
  length: number,
  bytes: Uint8Array,
  lost: Lost,
  signal: AbortSignal | undefined,
): Promise<void> {
  const give = (offset: number, size: number, error: SourceError): void => {
    lost.spans.push({ offset: offset - label, length: size });
    lost.troubles.push(error);
    source.failures?.note(offset, size, error);
  };
  try {
    const read = await readAround(source, label + at, length, { signal, patience: Number.POSITIVE_INFINITY });
    bytes.set(read.bytes, at);
    for (const [i, span] of read.unreadable.entries()) {
      const trouble = read.troubles[i];
      if (trouble !== undefined) give(span.offset, span.length, trouble);
    }
  } catch (error) {
    // A source that shrank while it was open: nothing of this region can be had.
    if (!(error instanceof SourceError)) throw error;
    bytes.fill(0, at, at + length);
    give(label + at, length, error);
  }
}

/** A part of a label. */
export interface RegionWindow {
  readonly place: Place;
  /** As far as the source has it. */
  readonly bytes: Uint8Array;
  /** The source ends before the region does. */
  readonly cut: ZfsUberError | null;
  /** First read error in it. */
  readonly unreadable: ZfsUberError | null;
}

/** The part `[offset, offset + size)` of a label. */
export function regionOf(window: LabelWindow, name: string, offset: number, size: number): RegionWindow {
  const place = inside(window.place, name, offset);
  const bytes = window.bytes.subarray(offset, offset + size);
  const found = `${bytes.length} bytes`;
  const cut = bytes.length < size ? new FormatError('format-bounds', name, `${size} bytes`, found, place) : null;
  return { place, bytes, cut, unreadable: unreadableIn(window, offset, size) };
}

/** First read error in `[offset, offset + size)` of a label; null when all of it was read. */
export function unreadableIn(window: LabelWindow, offset: number, size: number): ZfsUberError | null {
  const hit = window.unreadable.findIndex((span) => span.offset < offset + size && offset < span.offset + span.length);
  return window.troubles[hit] ?? null;
}

/** True when all bytes are 0. Fast where `bytes` begins at a multiple of 4 in its buffer. */
export function isZero(bytes: Uint8Array): boolean {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes.length & ~15 : 0;
  if (!areZero(wordsOf(bytes.subarray(0, aligned)), 0, aligned >> 2)) return false;
  for (let i = aligned; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The whole words of `bytes`, which begins at a multiple of 4 in its buffer or is empty. */
export const wordsOf = (bytes: Uint8Array): Int32Array =>
  bytes.length < 4 ? new Int32Array(0) : new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);

/** True when words `from` to `to - 1`, a multiple of 4 of them, are 0. */
export function areZero(words: Int32Array, from: number, to: number): boolean {
  // Four words a test: empty slots are most of what a young pool's labels hold.
  for (let i = from; i < to; i += 4) {
    if (words[i] || words[i + 1] || words[i + 2] || words[i + 3]) return false;
  }
  return true;
}
