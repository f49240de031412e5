import { UnsupportedError } from '../bytes/errors.ts';
import { SIGNATURES, type Signature } from './containers.layout.ts';
import { readEnds, type SourceEnds } from './ends.ts';
import type { OpenedImage } from './images/imageFile.ts';
import type { Siblings } from './images/siblings.ts';
import { VHD_FOOTER, VHD_TYPE } from './images/vhd.layout.ts';
import { type ByteSource, slice } from './source.ts';

/** A file format that wraps a disk. */
export interface Container {
  readonly kind: Signature['kind'];
  /** Sectors of the disk can stand in the file as they are, so that magics of ZFS in it say nothing. */
  readonly holdsSectors: boolean;
  /** The file begins with the disk, whose sectors are all in their places: what is sealed there says nothing against it. */
  readonly beginsWithDisk: boolean;
  recognises(ends: SourceEnds): boolean;
  /**
   * The disk inside.
   *
   * @throws UnsupportedError when this library cannot read it; the message says what else to do
   * @throws FormatError when its header contradicts itself
   */
  open(source: ByteSource, options: ContainerOptions): Promise<OpenedImage>;
}

export interface ContainerOptions {
  readonly siblings: Siblings;
  /** Name or id of an internal snapshot; null for the present state. */
  readonly snapshot: string | null;
}

/** A fixed VHD is the disk itself and a footer of one sector behind it, which says how long the disk is. */
const FIXED_VHD: Container = {
  kind: 'raw',
  holdsSectors: true,
  beginsWithDisk: true,
  recognises({ tail, tailOffset }) {
    const footer = tail.subarray(-VHD_FOOTER.size);
    if (footer.length < VHD_FOOTER.size || !carries(footer, 0, 'conectix')) return false;
    const { type, size: disk } = VHD_FOOTER.fields;
    const view = new DataView(footer.buffer, footer.byteOffset, footer.length);
    if (view.getUint32(type.offset) !== VHD_TYPE.fixed) return false;
    return view.getBigUint64(disk.offset) === BigInt(tailOffset + tail.length - VHD_FOOTER.size);
  },
  async open(source) {
    return { disk: { ...slice(source, 0, source.size - VHD_FOOTER.size), name: source.name }, troubles: [] };
  },
};

/** In the order they are asked. What none of them recognises is raw. */
const CONTAINERS: readonly Container[] = [...SIGNATURES.map(bySignature), FIXED_VHD];

/** The container by its magic; null for a raw disk. Says nothing about the rest of the file. */
export function recogniseContainer(ends: SourceEnds): Container | null {
  return CONTAINERS.find((container) => container.recognises(ends)) ?? null;
}

/** A parent is what its own first bytes say, where the image says nothing of it. */
async function formatOf(source: ByteSource): Promise<Signature['format']> {
  const { head } = await readEnds(source);
  return SIGNATURES.find(({ offset, magic }) => carries(head, offset, magic))?.format ?? null;
}

function bySignature({ kind, name, offset, magic, advice, format, holdsSectors }: Signature): Container {
  return {
    kind,
    holdsSectors,
    beginsWithDisk: false,
    recognises: ({ head, tail }) =>
      offset < 0 ? carries(tail, tail.length + offset, magic) : carries(head, offset, magic),
    async open(source, options) {
      if (format !== null) {
        // Most sources are no images: the readers of all formats wait until one is met.
        const { openImage } = await import('./images/openImage.ts');
        return openImage(source, format, { ...options, formatOf });
      }
      const message = `this is ${name}: ${(advice ?? '').replaceAll('{}', () => source.name)}`;
      throw new UnsupportedError(message, { source: source.name, offset, path: [] });
    },
  };
}

function carries(bytes: Uint8Array, offset: number, magic: string): boolean {
  if (offset < 0 || offset + magic.length > bytes.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[offset + i] !== magic.charCodeAt(i)) return false;
  return true;
}
