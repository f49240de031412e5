import { UnsupportedError } from '../../bytes/errors.ts';
import { printable } from '../../bytes/printable.ts';
import type { ImageFormat } from '../containers.layout.ts';
import type { ByteSource } from '../source.ts';
import { openEwf } from './ewf.ts';
import type { OpenedImage } from './imageFile.ts';
import { openQcow2 } from './qcow2.ts';
import type { ImageFolder, Siblings } from './siblings.ts';
import { openVdi } from './vdi.ts';
import { openVhd } from './vhd.ts';
import { openVhdx } from './vhdx.ts';
import { openVmdk } from './vmdk.ts';

/** What the format of a file is by its first and last bytes; null for a raw disk. */
export type FormatOf = (source: ByteSource) => Promise<ImageFormat | null>;

export interface ImageOptions {
  readonly siblings: Siblings;
  /** Of an internal snapshot; null for the present state. */
  readonly snapshot: string | null;
  readonly formatOf: FormatOf;
}

/**
 * The disk inside an image, whatever else it needs taken from beside it.
 *
 * @throws FormatError, UnsupportedError as the reader of the format says
 */
export async function openImage(
  source: ByteSource,
  format: ImageFormat,
  { siblings, snapshot, formatOf }: ImageOptions,
): Promise<OpenedImage> {
  const folder = folderOf(siblings, formatOf);
  if (snapshot !== null && format !== 'qcow2') throw noSnapshots(source, format);
  switch (format) {
    case 'qcow2':
      return openQcow2(source, folder, snapshot);
    case 'vmdk':
      return openVmdk(source, folder);
    case 'vdi':
      return openVdi(source, folder);
    case 'vhd':
      return openVhd(source, folder);
    case 'vhdx':
      return openVhdx(source, folder);
    case 'ewf':
      return openEwf(source, folder);
  }
}

function folderOf(siblings: Siblings, formatOf: FormatOf): ImageFolder {
  return {
    file: async (name) => (await siblings.find(name))?.source ?? null,
    async disk(name, named) {
      const found = await siblings.find(name);
      if (found === null) return null;
      const format = named === null ? await formatOf(found.source) : statedFormat(found.source, named);
      if (format === null) return { disk: found.source, troubles: [] };
      const options = { siblings: found.siblings, snapshot: null, formatOf };
      return openImage(found.source, format, options);
    },
  };
}

/** Those that QEMU has no other name for. */
const STATED: Readonly<Record<string, ImageFormat | null>> = {
  ...{ raw: null, file: null, host_device: null },
  ...{ qcow2: 'qcow2', vmdk: 'vmdk', vdi: 'vdi', vpc: 'vhd', vhdx: 'vhdx' },
};

/** @throws UnsupportedError for one that is not read here */
function statedFormat(source: ByteSource, named: string): ImageFormat | null {
  const format = STATED[named];
  if (format !== undefined && Object.hasOwn(STATED, named)) return format;
  const message = `an image says that this is of the format ${printable(named)}, which is not read here`;
  throw new UnsupportedError(message, { source: source.name, offset: 0, path: [] });
}

function noSnapshots(source: ByteSource, format: ImageFormat): UnsupportedError {
  const message = `only qcow2 images have internal snapshots, and this is of the kind ${format}`;
  return new UnsupportedError(message, { source: source.name, offset: 0, path: [] });
}
