import type { ZfsUberError } from '../../bytes/errors.ts';
import { printable } from '../../bytes/printable.ts';
import type { ByteSource } from '../source.ts';
import type { ImageFile } from './imageFile.ts';
import type { Extent } from './mapped.ts';
import type { ImageFolder } from './siblings.ts';

/** What an image shows where it has nothing of its own. */
export interface Parent {
  /** Null where the file of it was not given. */
  readonly disk: ByteSource | null;
  /** What a read says then. */
  readonly why: string;
  readonly trouble: ZfsUberError | null;
}

/** @param format what the image says of it; null where it says nothing */
export async function openParent(
  file: ImageFile,
  folder: ImageFolder,
  name: string,
  format: string | null,
): Promise<Parent> {
  const disk = await folder.disk(name, format);
  const why = `it lies in the parent of the image, ${printable(name)}, which was not given and is not in the same folder`;
  if (disk !== null) return { disk, why, trouble: null };
  const message = `it shows changes to ${printable(name)}: give that file too, or put it into the same folder`;
  return { disk, why, trouble: file.unsupported(message) };
}

/** The bytes of the parent at the same offset; zeros behind its end. */
export function parentExtent({ disk, why }: Parent, offset: number, length: number): Extent {
  if (disk === null) return { kind: 'unread', why, length };
  if (offset >= disk.size) return { kind: 'zero', length };
  return { kind: 'data', source: disk, at: offset, length: Math.min(length, disk.size - offset) };
}
