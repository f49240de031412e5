import { Blkptr } from '../format/blkptr.ts';
import type { Child } from './children.ts';

/** Pointers that share one piece of memory, which goes when the last of them was followed: of a short walk fewer. */
const TOGETHER = { first: 16, most: 512 };

/**
 * Copies of the pointers that wait to be followed: the block that they stand in is lent, and its memory soon holds
 * another.
 */
export class KeptPointers {
  #view = new DataView(new ArrayBuffer(0));
  #used = 0;
  #together = TOGETHER.first;

  /** `child` with a pointer that stays as it is. */
  keep(child: Child): Child {
    if (this.#used === this.#view.byteLength) {
      this.#view = new DataView(new ArrayBuffer(this.#together * Blkptr.SIZE));
      this.#used = 0;
      this.#together = Math.min(this.#together * 2, TOGETHER.most);
    }
    const [view, at] = [this.#view, this.#used];
    this.#used += Blkptr.SIZE;
    for (let word = 0; word < Blkptr.SIZE; word += 4) view.setUint32(at + word, child.view.getUint32(child.at + word));
    return { ...child, view, at };
  }
}
