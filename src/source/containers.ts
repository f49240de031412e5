import { UnsupportedError } from '../bytes/errors.ts';
import { SIGNATURES, type Signature, VHD_FOOTER } from './containers.layout.ts';
import type { SourceEnds } from './ends.ts';
import { type ByteSource, slice } from './source.ts';

/** A file format that wraps a disk. */
export interface Container {
  readonly kind: Signature['kind'];
  /** Sectors of the disk can stand in the file as they are, so that magics of ZFS in it say nothing. */
  readonly holdsSectors: boolean;
  recognises(ends: SourceEnds): boolean;
  /**
   * The disk inside.
   *
   * @throws UnsupportedError when this library cannot read it; the message says what else to do
   */
  open(source: ByteSource): Promise<ByteSource>;
}

/** A fixed VHD is the disk itself and a footer of one sector behind it. */
const FIXED_VHD: Container = {
  kind: 'raw',
  holdsSectors: true,
  recognises({ tail }) {
    const footer = tail.subarray(-VHD_FOOTER.bytes);
    if (footer.length < VHD_FOOTER.bytes || !carries(footer, 0, VHD_FOOTER.magic)) return false;
    const view = new DataView(footer.buffer, footer.byteOffset, footer.length);
    return view.getUint32(VHD_FOOTER.diskTypeAt) === VHD_FOOTER.fixed;
  },
  async open(source) {
    return slice(source, 0, source.size - VHD_FOOTER.bytes);
  },
};

/** In the order they are asked. What none of them recognises is raw. */
const CONTAINERS: readonly Container[] = [...SIGNATURES.map(refused), FIXED_VHD];

/** The container by its magic; null for a raw disk. Says nothing about the rest of the file. */
export function recogniseContainer(ends: SourceEnds): Container | null {
  return CONTAINERS.find((container) => container.recognises(ends)) ?? null;
}

function refused({ kind, name, offset, magic, advice, holdsSectors }: Signature): Container {
  return {
    kind,
    holdsSectors,
    recognises: (ends) => carries(ends.head, offset, magic),
    async open(source) {
      const message = `this is ${name}: ${advice.replaceAll('{}', () => source.name)}`;
      throw new UnsupportedError(message, { source: source.name, offset, path: [] });
    },
  };
}

function carries(bytes: Uint8Array, offset: number, magic: string): boolean {
  if (offset + magic.length > bytes.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[offset + i] !== magic.charCodeAt(i)) return false;
  return true;
}
