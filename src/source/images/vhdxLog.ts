import { type Decoded, read } from '../../bytes/struct.ts';
import { crc32c } from '../crc32.ts';
import type { ImageFile } from './imageFile.ts';
import { VHDX_DATA_SECTOR, VHDX_DESCRIPTOR, VHDX_LOG_ENTRY, VHDX_LOG_SECTOR, VHDX_SIGNATURE } from './vhdx.layout.ts';

/** What the log holds that the file has not: sectors of 4 KiB by their offset in the file, and ranges of zeros. */
export interface VhdxReplay {
  readonly sectors: ReadonlyMap<number, Uint8Array>;
  readonly zeros: readonly { readonly offset: number; readonly length: number }[];
  /** Bytes that the file has at least after the replay. */
  readonly size: number;
}

type Entry = Decoded<typeof VHDX_LOG_ENTRY.fields>;

interface SoundEntry {
  readonly at: number;
  readonly entry: Entry;
  readonly bytes: Uint8Array;
}

/** A log is 1 MiB in practice. */
const LONGEST_LOG = 64 * 1024 * 1024;

/**
 * Replays the log in memory: the file stays as it is. The valid sequence is the one with the highest numbers in which
 * entries follow each other without a gap, from the tail that the last one names.
 *
 * @returns null when the log is empty, or nothing in it is whole
 * Source: [MS-VHDX] 2.3
 */
export async function replayVhdxLog(
  file: ImageFile,
  log: { readonly offset: number; readonly length: number; readonly guid: Uint8Array },
): Promise<VhdxReplay | null> {
  if (log.length < VHDX_LOG_SECTOR || log.length > LONGEST_LOG || log.length % VHDX_LOG_SECTOR !== 0) return null;
  if (!file.has(log.offset, log.length)) return null;
  const bytes = await file.source.read(log.offset, log.length);
  const entries = soundEntries(bytes, log.guid, file);
  const sequence = activeSequence(entries, log.length);
  if (sequence.length === 0) return null;
  const sectors = new Map<number, Uint8Array>();
  const zeros: { offset: number; length: number }[] = [];
  for (const each of sequence) applyEntry(each, sectors, zeros, file);
  const size = Math.max(0, ...sequence.map(({ entry }) => Number(entry.lastOffset)));
  return { sectors, zeros, size };
}

/** By their place in the log. An entry may go round its end. */
function soundEntries(log: Uint8Array, guid: Uint8Array, file: ImageFile): Map<number, SoundEntry> {
  const found = new Map<number, SoundEntry>();
  for (let at = 0; at < log.length; at += VHDX_LOG_SECTOR) {
    const entry = read(VHDX_LOG_ENTRY, log.subarray(at), true, file.place(at, VHDX_LOG_ENTRY.name));
    const { signature, length, descriptors, tail, checksum } = entry;
    const whole =
      signature === VHDX_SIGNATURE.log &&
      length >= VHDX_LOG_SECTOR &&
      length <= log.length &&
      length % VHDX_LOG_SECTOR === 0 &&
      tail < log.length &&
      tail % VHDX_LOG_SECTOR === 0 &&
      entry.guid.every((byte, i) => byte === guid[i]) &&
      VHDX_LOG_ENTRY.size + descriptors * VHDX_DESCRIPTOR.size <= length;
    if (!whole) continue;
    const bytes = around(log, at, length);
    const summed = bytes.slice();
    summed.fill(0, 4, 8);
    if (crc32c(summed) === checksum) found.set(at, { at, entry, bytes });
  }
  return found;
}

function around(log: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length <= log.length) return log.subarray(at, at + length);
  const bytes = new Uint8Array(length);
  bytes.set(log.subarray(at));
  bytes.set(log.subarray(0, length - (log.length - at)), log.length - at);
  return bytes;
}

function activeSequence(entries: ReadonlyMap<number, SoundEntry>, logLength: number): SoundEntry[] {
  const heads = [...entries.values()].sort((a, b) => (a.entry.sequence < b.entry.sequence ? 1 : -1));
  for (const head of heads) {
    const sequence: SoundEntry[] = [];
    let next = entries.get(head.entry.tail);
    while (next !== undefined && sequence.length <= entries.size) {
      const last = sequence.at(-1);
      if (last !== undefined && next.entry.sequence !== last.entry.sequence + 1n) break;
      sequence.push(next);
      if (next === head) return sequence;
      next = entries.get((next.at + next.entry.length) % logLength);
    }
  }
  return [];
}

function applyEntry(
  { entry, bytes }: SoundEntry,
  sectors: Map<number, Uint8Array>,
  zeros: { offset: number; length: number }[],
  file: ImageFile,
): void {
  let data =
    Math.ceil((VHDX_LOG_ENTRY.size + entry.descriptors * VHDX_DESCRIPTOR.size) / VHDX_LOG_SECTOR) * VHDX_LOG_SECTOR;
  for (let i = 0; i < entry.descriptors; i++) {
    const at = VHDX_LOG_ENTRY.size + i * VHDX_DESCRIPTOR.size;
    const { signature, trailing, leading, offset } = read(
      VHDX_DESCRIPTOR,
      bytes.subarray(at),
      true,
      file.place(at, VHDX_DESCRIPTOR.name),
    );
    const target = Number(offset);
    if (signature === VHDX_SIGNATURE.zero) {
      const length = Number(new DataView(leading.buffer, leading.byteOffset, 8).getBigUint64(0, true));
      for (const known of [...sectors.keys()]) if (known >= target && known < target + length) sectors.delete(known);
      zeros.push({ offset: target, length });
      continue;
    }
    if (signature !== VHDX_SIGNATURE.descriptor || data + VHDX_LOG_SECTOR > bytes.length) return;
    const sector = read(VHDX_DATA_SECTOR, bytes.subarray(data), true, file.place(data, VHDX_DATA_SECTOR.name));
    const whole = new Uint8Array(VHDX_LOG_SECTOR);
    whole.set(leading);
    whole.set(sector.data, leading.length);
    whole.set(trailing, VHDX_LOG_SECTOR - trailing.length);
    sectors.set(target, whole);
    data += VHDX_LOG_SECTOR;
  }
}
