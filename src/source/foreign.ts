import type { SourceEnds } from './ends.ts';
import { BACK_BYTES, FOREIGN, type ForeignKind, type ForeignLayout, FRONT_BYTES, MD_90_AT } from './foreign.layout.ts';
import { type ByteSource, SourceError } from './source.ts';

export type { ForeignKind } from './foreign.layout.ts';

/** A signature of something other than ZFS. */
export interface ForeignSignature {
  readonly kind: ForeignKind;
  /** For a sentence: `a LUKS header`. */
  readonly name: string;
  /** Byte of the source it was looked for in, as `wipefs` counts. */
  readonly offset: number;
}

/** A signature on a disk. */
export interface PlacedSignature extends ForeignSignature {
  /** Byte of the disk, as `wipefs` counts on that. */
  readonly offset: number;
  /** The disk or the part of it at whose front or end it stands: bytes of the disk. */
  readonly holder: { readonly start: number; readonly length: number };
}

/** Bytes of a source that were read, and where they begin. */
interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The longest magic with what is checked behind it. */
const SIGNATURE_BYTES = 512;

/**
 * Signatures of arrays, volumes, containers and file systems where their own tools look for them, and nowhere else. A piece
 * that cannot be read is passed over and not tried by the sector, which a failing disk pays for with seconds: whoever
 * reads it for its content tells of it.
 *
 * Reads 66 KiB at the front, 16 KiB at the end, and 512 bytes for md 0.90.
 *
 * @param ends of `source`, where they were read already
 * @returns in the order of the table
 */
export async function findForeign(
  source: ByteSource,
  ends: SourceEnds | null,
  signal?: AbortSignal,
): Promise<ForeignSignature[]> {
  const pieces: Piece[] = [];
  const add = async (from: number, to: number): Promise<void> => {
    const begin = Math.max(0, from);
    const length = Math.min(to, source.size) - begin;
    if (length <= 0) return;
    try {
      pieces.push({ offset: begin, bytes: await source.read(begin, length, signal) });
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
    }
  };
  const known = ends?.head.length ?? 0;
  if (ends !== null) pieces.push({ offset: 0, bytes: ends.head });
  await add(known, FRONT_BYTES);
  await add(source.size - BACK_BYTES, source.size);
  const md90 = placeOf(MD_90_AT, source.size);
  if (md90 < source.size - BACK_BYTES) await add(md90, md90 + SIGNATURE_BYTES);
  const found = FOREIGN.flatMap((layout) => {
    const offset = placeOf(layout.at, source.size);
    return isAt(layout, offset, pieces) ? [{ kind: layout.kind, name: layout.name, offset }] : [];
  });
  // The first of a kind says enough: LUKS2 has two headers, and two sector sizes may give the same place.
  return found.filter(({ kind }, i) => found.findIndex((other) => other.kind === kind) === i);
}

/** `found` of a part of a disk that begins at `start`. */
export const placed = (found: readonly ForeignSignature[], start: number, length: number): PlacedSignature[] =>
  found.map((each) => ({ ...each, offset: each.offset + start, holder: { start, length } }));

const placeOf = (at: ForeignLayout['at'], size: number): number =>
  typeof at === 'number' ? at : size - (size % at.align) - at.back;

function isAt({ magic, also = [], ownSector }: ForeignLayout, offset: number, pieces: readonly Piece[]): boolean {
  if (!carries(pieces, offset, magic)) return false;
  if (!also.every(([at, bytes]) => carries(pieces, offset + at, bytes))) return false;
  return ownSector === undefined || carries(pieces, offset + ownSector, littleEndian(Math.floor(offset / 512)));
}

function littleEndian(value: number): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return String.fromCharCode(...bytes);
}

/** Byte by byte, so that a magic may begin in one piece and end in the next. */
function carries(pieces: readonly Piece[], offset: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const at = offset + i;
    const piece = pieces.find((each) => each.offset <= at && at < each.offset + each.bytes.length);
    if (piece?.bytes[at - piece.offset] !== text.charCodeAt(i)) return false;
  }
  return true;
}
