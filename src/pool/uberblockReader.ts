import { UBERBLOCK } from '../format/uberblock.layout.ts';
import { decodeUberblock, type Uberblock } from '../format/uberblock.ts';
import { type LabelWindow, wordsOf } from './labelWindow.ts';

interface Known {
  /** Its bytes as words. */
  readonly words: Int32Array;
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
  /** Of the label that was read last. */
  #words: { readonly window: LabelWindow; readonly all: Int32Array } | null = null;

  /**
   * @param slot a slot with the uberblock magic
   * @param offset of the slot in the source
   */
  decode(window: LabelWindow, index: number, offset: number, slot: Uint8Array): Uberblock {
    if (this.#words?.window !== window) this.#words = { window, all: wordsOf(window.bytes) };
    const known = this.#known.get(index);
    const at = (offset - window.place.offset) >> 2;
    if (known !== undefined && standsAt(this.#words.all, at, known.words)) return known.uberblock;
    const place = { source: window.place.source, offset, path: [...window.place.path, `slot ${index}`] };
    const bytes = slot.slice(0, UBERBLOCK.size);
    const uberblock = decodeUberblock(bytes, place);
    this.#known.set(index, { words: wordsOf(bytes), uberblock });
    return uberblock;
  }
}

/** Whether `part` is what stands there in `words`: an uberblock is whole words. */
function standsAt(words: Int32Array, at: number, part: Int32Array): boolean {
  for (let i = 0; i < part.length; i++) if (words[at + i] !== part[i]) return false;
  return true;
}
