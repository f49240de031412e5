import { type Extent, mappedSource } from './images/mapped.ts';
import type { LogicalVolume, VolumePart } from './lvm.ts';
import type { ByteSource } from './source.ts';

/**
 * A logical volume whose parts lie on these physical volumes. What lies on another, or in no one piece, was never read.
 *
 * @param disks by the id of the physical volume, each beginning where that does
 * @returns null where parts overlap, or there is none
 */
export function joinedVolume(
  name: string,
  { parts }: LogicalVolume,
  disks: ReadonlyMap<string, ByteSource>,
): ByteSource | null {
  const inOrder = [...parts].sort((a, b) => a.at - b.at);
  let size = 0;
  for (const { at, length } of inOrder) {
    if (at < size) return null;
    size = at + length;
  }
  if (size === 0) return null;
  return mappedSource(name, { size, extentAt: async (offset) => extentAt(inOrder, disks, offset) });
}

function extentAt(parts: readonly VolumePart[], disks: ReadonlyMap<string, ByteSource>, offset: number): Extent {
  const part = parts.find(({ at, length }) => offset < at + length);
  if (part === undefined) throw new RangeError(`${offset} is behind the volume`);
  const { at, on } = part;
  if (offset < at) return { kind: 'unread', why: 'the text of LVM lists nothing here', length: at - offset };
  const within = offset - at;
  const length = part.length - within;
  if (on === null) return { kind: 'unread', why: 'this part of the volume is in no one piece', length };
  const source = disks.get(on.disk);
  if (source === undefined) return { kind: 'unread', why: 'it lies on a physical volume that was not given', length };
  const there = Math.min(length, source.size - on.offset - within);
  if (there > 0) return { kind: 'data', source, at: on.offset + within, length: there };
  return { kind: 'unread', why: 'the physical volume ends before', length };
}
