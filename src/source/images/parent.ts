import { FormatError, UnsupportedError, type ZfsUberError } from '../../bytes/errors.ts';
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
  /** That it is missing, or cannot be read, and what its own reader says. */
  readonly troubles: readonly ZfsUberError[];
}

/** @param format what the image says of it; null where it says nothing */
export async function openParent(
  file: ImageFile,
  folder: ImageFolder,
  name: string,
  format: string | null,
): Promise<Parent> {
  const inParent = `it lies in the parent of the image, ${printable(name)}`;
  const why = `${inParent}, which was not given and is not in the same folder`;
  try {
    const found = await folder.disk(name, format);
    if (found !== null) return { disk: found.disk, why, troubles: found.troubles };
  } catch (error) {
    // The parts that the image has of its own are there all the same.
    const refused =
      error instanceof UnsupportedError || (error instanceof FormatError && error.code !== 'format-nesting');
    if (!refused) throw error;
    return { disk: null, why: `${inParent}, which cannot be read`, troubles: [error] };
  }
  const message = `it shows changes to ${printable(name)}: give that file too, or put it into the same folder`;
  return { disk: null, why, troubles: [file.lacks(message)] };
}

/** The bytes of the parent at the same offset; zeros behind its end. */
export function parentExtent({ disk, why }: Parent, offset: number, length: number): Extent {
  if (disk === null) return { kind: 'unread', why, length };
  if (offset >= disk.size) return { kind: 'zero', length };
  return { kind: 'data', source: disk, at: offset, length: Math.min(length, disk.size - offset) };
}
