import type { Span } from '../block/engine.ts';
import { FormatError, ZfsUberError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { LABEL_SIZE, LABELS } from '../format/label.layout.ts';
import { alignedSize, labelOffset } from '../format/label.ts';
import { readAround } from '../source/readAround.ts';
import type { ByteSource } from '../source/source.ts';

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

/**
 * Reads the four labels: 512 KiB in front, 512 KiB at the end, each byte once. On a source too small for four, the
 * places of labels 2 and 3 would be those of 0 and 1: they are absent then, not the same bytes told twice.
 *
 * @param spare memory that the windows may lie in
 */
export async function readLabelWindows(
  source: ByteSource,
  signal?: AbortSignal,
  spare?: LabelMemory,
): Promise<LabelWindow[]> {
  const aligned = alignedSize(source.size);
  const back = aligned >= 2 * HALF ? HALF : 0;
  const halves = [
    await readHalf(source, 0, Math.min(HALF, source.size), signal, spare?.front),
    await readHalf(source, aligned - HALF, back, signal, spare?.back),
  ];
  return Array.from({ length: LABELS }, (_, index) => {
    const offset = Math.max(labelOffset(aligned, index), 0);
    const place = { source: source.name, offset, path: [`label ${index}`] };
    const half = halves[index >> 1];
    const from = (index & 1) * LABEL_SIZE;
    if (half === undefined || half.bytes.length <= from) {
      return { index, place, bytes: new Uint8Array(0), unreadable: [], troubles: [] };
    }
    const bytes = half.bytes.subarray(from, from + LABEL_SIZE);
    const unreadable: Span[] = [];
    const troubles: ZfsUberError[] = [];
    for (const [i, span] of half.unreadable.entries()) {
      const start = Math.max(span.offset - offset, 0);
      const end = Math.min(span.offset + span.length - offset, bytes.length);
      const trouble = half.troubles[i];
      if (start >= end || trouble === undefined) continue;
      unreadable.push({ offset: start, length: end - start });
      troubles.push(trouble);
    }
    return { index, place, bytes, unreadable, troubles };
  });
}

interface Half {
  readonly bytes: Uint8Array;
  readonly unreadable: readonly Span[];
  readonly troubles: readonly ZfsUberError[];
}

async function readHalf(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
  into?: Uint8Array,
): Promise<Half> {
  if (length === 0) return { bytes: new Uint8Array(0), unreadable: [], troubles: [] };
  try {
    const read = await readAround(source, offset, length, signal, into);
    // Zeros are looked for four bytes at a time.
    return read.bytes.byteOffset % 4 === 0 ? read : { ...read, bytes: read.bytes.slice() };
  } catch (error) {
    // A source that shrank while it was open: nothing of this half can be had.
    if (!(error instanceof ZfsUberError)) throw error;
    return { bytes: new Uint8Array(length), unreadable: [{ offset, length }], troubles: [error] };
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
    if (((words[i] ?? 0) | (words[i + 1] ?? 0) | (words[i + 2] ?? 0) | (words[i + 3] ?? 0)) !== 0) return false;
  }
  return true;
}
