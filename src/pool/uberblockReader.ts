import { UBERBLOCK } from '../format/uberblock.layout.ts';
import { decodeUberblock, type Uberblock } from '../format/uberblock.ts';
import type { LabelWindow } from './labelWindow.ts';

interface Known {
  readonly bytes: Uint8Array;
  readonly uberblock: Uberblock;
}

/**
 * Decodes the uberblocks of one device. The four labels mostly hold the same ones, so those are decoded once and the
 * copies are one object, with the place of the first: hundreds of disks times four rings times 128 slots stay small,
 * and what is worked out for one is known for all. Bytes are copied out of the labels: a view would keep all four in
 * memory for as long as the survey lives.
 */
export class UberblockReader {
  readonly #known = new Map<number, Known>();

  /**
   * @param slot a slot with the uberblock magic
   * @param offset of the slot in the source
   */
  decode(window: LabelWindow, index: number, offset: number, slot: Uint8Array): Uberblock {
    const known = this.#known.get(index);
    if (known !== undefined && startsWith(slot, known.bytes)) return known.uberblock;
    const place = { source: window.place.source, offset, path: [...window.place.path, `slot ${index}`] };
    const bytes = slot.slice(0, UBERBLOCK.size);
    const uberblock = decodeUberblock(bytes, place);
    this.#known.set(index, { bytes, uberblock });
    return uberblock;
  }
}

/** Both begin at a multiple of 4 in their buffer, and an uberblock is whole words. */
function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  const words = start.length >> 2;
  const x = new Int32Array(bytes.buffer, bytes.byteOffset, words);
  const y = new Int32Array(start.buffer, start.byteOffset, words);
  for (let i = 0; i < words; i++) if (x[i] !== y[i]) return false;
  return true;
}
