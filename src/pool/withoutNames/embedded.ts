import { decompress, prepareCodec } from '../../block/decompress.ts';
import { packZle } from '../../block/packZle.ts';
import { ZfsUberError } from '../../bytes/errors.ts';
import { BLKPTR, EMBEDDED_WORDS } from '../../format/blkptr.layout.ts';
import type { Blkptr } from '../../format/blkptr.ts';
import { COMPRESSION_KINDS, compressionKind } from '../../format/compressionKinds.ts';

const ROOM = EMBEDDED_WORDS.length * 8;
const ZLE = BigInt(COMPRESSION_KINDS.indexOf('zle'));
/** Of the payload's size, in EMBEDDED_PROPS, and of the compression. */
const [SIZE_AT, COMPRESSION_AT, SEVEN_BITS] = [25n, 32n, 0x7fn];

/** Gives what is left of the content of a block, in ever less room; null where nothing is. */
export type Shorten = (content: Uint8Array, longest: number) => Uint8Array | null;

/** Bytes of a name, from as many as a micro ZAP has room for downwards. */
const LENGTHS = [49, 8, 4, 2, 1];

/**
 * The pointer with another payload: what `shorten` leaves of it, else zeros.
 *
 * @param bp embedded
 */
export async function embeddedWithoutNames(bp: Blkptr, shorten: Shorten): Promise<Uint8Array> {
  const content = await contentOf(bp);
  // Content that does not decode stays one.
  if (content === null) return withPayload(bp, new Uint8Array(0));
  for (const longest of LENGTHS) {
    const left = shorten(content, longest);
    const packed = left && packZle(left, ROOM);
    if (packed) return packedAnew(bp, packed);
  }
  const zeros = packZle(new Uint8Array(bp.lsize), ROOM);
  return zeros === null ? withPayload(bp, new Uint8Array(0)) : packedAnew(bp, zeros);
}

async function contentOf(bp: Blkptr): Promise<Uint8Array | null> {
  const kind = compressionKind(bp.compression);
  if (kind === null) return null;
  try {
    await prepareCodec(kind);
    return decompress(kind, bp.payload, bp.lsize, bp.place);
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}

function withPayload(bp: Blkptr, payload: Uint8Array): Uint8Array {
  const bytes = bp.bytes.slice();
  const view = new DataView(bytes.buffer);
  const whole = new Uint8Array(ROOM);
  whole.set(payload);
  const words = new DataView(whole.buffer);
  for (const [i, word] of EMBEDDED_WORDS.entries()) {
    view.setBigUint64(word * 8, words.getBigUint64(i * 8, true), bp.standsInLittleEndian);
  }
  return bytes;
}

/** @param payload a stream of zle, not empty */
function packedAnew(bp: Blkptr, payload: Uint8Array): Uint8Array {
  const bytes = withPayload(bp, payload);
  const view = new DataView(bytes.buffer);
  const at = BLKPTR.fields.props.offset;
  const plain =
    view.getBigUint64(at, bp.standsInLittleEndian) & ~(SEVEN_BITS << COMPRESSION_AT) & ~(SEVEN_BITS << SIZE_AT);
  const props = plain | (ZLE << COMPRESSION_AT) | (BigInt(payload.length - 1) << SIZE_AT);
  view.setBigUint64(at, props, bp.standsInLittleEndian);
  return bytes;
}
