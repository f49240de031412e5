import { LABEL_REGIONS, LABEL_SIZE, TRAILER } from '../format/label.layout.ts';
import { decodeLabelConfig } from '../format/labelConfig.ts';
import { decodeNvlist } from '../format/nvlistStream.ts';
import { UBERBLOCK, UBERBLOCK_MAGIC } from '../format/uberblock.layout.ts';
import { SealedUnit } from '../source/sealedUnit.ts';
import { impliedSize } from './vdevSize.ts';

const { config: CONFIG, ring: RING } = LABEL_REGIONS;
const SLOT_SIZES = [1024, 2048, 4096, 8192] as const;

/** A label's config met anywhere in a source. */
export interface MetConfig {
  /** Byte of the source where its label begins; can be negative when the label's first bytes are not there. */
  readonly label: number;
  readonly sealed: SealedUnit;
  /** Bytes the vdev has by its own word; null when it does not say. */
  readonly implied: number | null;
}

/**
 * The config of which a trailer's magic stands at `magic`, when what stands there can be one.
 *
 * @param offset of `bytes` in the source
 */
export function configAt(bytes: Uint8Array, magic: number, offset: number, source: string): MetConfig | null {
  const end = magic + TRAILER.size;
  const begin = end - CONFIG.size;
  if (begin < 0 || end > bytes.length || !isNvlistHead(bytes, begin)) return null;
  const unit = bytes.subarray(begin, end);
  const sealed = SealedUnit.of(unit);
  if (sealed === null) return null;
  const { nvlist } = decodeNvlist(unit, { source, offset: offset + begin, path: ['label'] });
  return { label: offset + begin - CONFIG.offset, sealed, implied: impliedSize(decodeLabelConfig(nvlist)) };
}

/**
 * Encoding (native or XDR), byte order, two zeros, version 0, and the flag of unique names in either byte order.
 * Source: module/nvpair/nvpair.c, nvs_header_t and nvs_operation
 */
function isNvlistHead(bytes: Uint8Array, at: number): boolean {
  if ((bytes[at] ?? 2) > 1 || (bytes[at + 1] ?? 2) > 1) return false;
  for (const i of [2, 3, 4, 5, 6, 7, 9, 10]) if (bytes[at + i] !== 0) return false;
  return (bytes[at + 8] ?? 0) + (bytes[at + 11] ?? 0) === 1;
}

/** Of a front label: where its config lies in the vdev, labels 0 and 1. */
export const FRONT_LABELS = [0, LABEL_SIZE] as const;

/** Whether the config was written for the label that begins at byte `label` of its vdev. */
export const isConfigOf = ({ sealed }: MetConfig, label: number): boolean => sealed.isFor(label + CONFIG.offset);

/** A slot of a ring met anywhere. */
export interface MetSlot {
  /** Byte of the source. */
  readonly at: number;
  readonly size: number;
  /** Of the uberblock in it. */
  readonly txg: bigint;
  readonly sealed: SealedUnit;
}

/** The slot of which a trailer's magic stands at `magic`, when an uberblock's magic stands where it would begin. */
export function slotAt(bytes: Uint8Array, magic: number, offset: number): MetSlot | null {
  const end = magic + TRAILER.size;
  for (const size of SLOT_SIZES) {
    const begin = end - size;
    if (begin < 0 || end > bytes.length) continue;
    // One of the magic's bytes first: views and 64-bit integers cost more than all else here.
    if (bytes[begin] !== 0x0c && bytes[begin + 7] !== 0x0c) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset + begin, UBERBLOCK.size);
    const littleEndian = view.getBigUint64(0, true) === UBERBLOCK_MAGIC;
    if (!littleEndian && view.getBigUint64(0, false) !== UBERBLOCK_MAGIC) continue;
    const sealed = SealedUnit.of(bytes.subarray(begin, end));
    const txg = view.getBigUint64(UBERBLOCK.fields.txg.offset, littleEndian);
    if (sealed !== null) return { at: offset + begin, size, txg, sealed };
  }
  return null;
}

/** Where the vdev of a slot begins in the source, if it is one of a front label; null when it is none. */
export function startBySlot({ at, size, sealed }: MetSlot): number | null {
  for (const label of FRONT_LABELS) {
    for (let slot = RING.offset; slot < RING.offset + RING.size; slot += size) {
      if (sealed.isFor(label + slot)) return at - label - slot;
    }
  }
  return null;
}
