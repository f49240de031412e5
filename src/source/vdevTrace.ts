import { type ByteSource, SourceError } from './source.ts';
import { LABEL_BYTES, SLOTS_AT, TRAILER_MAGIC, TRAILERS_AT, UBERBLOCK_MAGIC } from './vdevTrace.layout.ts';

/** What speaks for a source being a vdev, seen by a few bytes in each label. */
export interface VdevTrace {
  /** Where the labels begin in which a magic was seen: byte offsets in the source, ascending. */
  readonly labels: readonly number[];
  /** A place could not be read, so that nothing seen does not mean nothing there. */
  readonly unreadable: boolean;
}

/**
 * Where the four labels begin; fewer on a source too short for them.
 * Source: module/zfs/vdev_label.c, vdev_label_offset
 */
export function labelPlaces(size: number): readonly number[] {
  const end = size - (size % LABEL_BYTES);
  const places = new Set([0, LABEL_BYTES, end - 2 * LABEL_BYTES, end - LABEL_BYTES]);
  return [...places].filter((place) => place >= 0 && place < size).sort((a, b) => a - b);
}

/**
 * Looks for the magics of labels: 16 bytes of each, 64 more of each where those say nothing. Checks no checksum, so
 * it can be wrong both ways: what it finds is a reason to look, what it does not find is none to deny.
 */
export async function findVdevTrace(source: ByteSource, signal?: AbortSignal): Promise<VdevTrace> {
  const places = labelPlaces(source.size);
  const trailers = await look(source, places, TRAILERS_AT, TRAILER_MAGIC, signal);
  if (trailers.labels.length > 0) return trailers;
  const slots = await look(source, places, SLOTS_AT, UBERBLOCK_MAGIC, signal);
  return { labels: slots.labels, unreadable: trailers.unreadable || slots.unreadable };
}

async function look(
  source: ByteSource,
  places: readonly number[],
  offsets: readonly number[],
  magic: bigint,
  signal?: AbortSignal,
): Promise<VdevTrace> {
  const labels: number[] = [];
  let unreadable = false;
  for (const place of places) {
    const inside = offsets.filter((offset) => place + offset + 8 <= source.size);
    const seen = await Promise.all(inside.map((offset) => carries(source, place + offset, magic, signal)));
    if (seen.includes('magic')) labels.push(place);
    unreadable ||= seen.includes('unreadable');
  }
  return { labels, unreadable };
}

async function carries(source: ByteSource, offset: number, magic: bigint, signal?: AbortSignal) {
  try {
    const bytes = await source.read(offset, 8, signal);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    return view.getBigUint64(0, true) === magic || view.getBigUint64(0, false) === magic ? 'magic' : 'nothing';
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return 'unreadable';
  }
}
