import { ZfsUberError } from '../../bytes/errors.ts';
import type { DmuObject } from '../../dataset/object.ts';

/** Answers that are kept; an object that falls out is read again. */
const CAPACITY = 16384;
/** Bytes of values that are kept. */
const VALUE_BYTES = 64 * 1024 * 1024;
/** What keeping anything costs besides its value: mostly the key. */
const LEAST_BYTES = 1024;

interface Value {
  readonly value: Promise<unknown>;
  readonly bytes: number;
}

/**
 * Remembers by the bytes of its dnode that the content of an object reads, or why not, and what was made of it:
 * successive txgs share almost all objects, and an object whose dnode did not change did not change.
 */
export class LoadMemo {
  readonly #contents = new Map<string, Promise<ZfsUberError | null>>();
  readonly #values = new Map<string, Value>();
  #valueBytes = 0;

  /**
   * Reads all content of the object, or its first `length` bytes.
   *
   * @throws what DmuObject.blocks throws, each time it is asked
   */
  async readWhole(object: DmuObject, length?: bigint): Promise<void> {
    const key = `${length ?? ''} ${dnodeKey(object)}`;
    const known = this.#contents.get(key);
    const answer = known ?? contentOf(object, length);
    if (known === undefined) {
      this.#contents.set(key, answer);
      for (const oldest of this.#contents.keys()) {
        if (this.#contents.size <= CAPACITY) break;
        this.#contents.delete(oldest);
      }
    }
    const error = await answer;
    if (error !== null) throw error;
  }

  /**
   * `make` once for each different dnode, as long as there is room.
   *
   * @param kind of value: keeps apart what is made of one dnode
   * @param size of the value in bytes, about
   */
  async of<T>(kind: string, object: DmuObject, size: number, make: () => Promise<T>): Promise<T> {
    const key = `${kind} ${dnodeKey(object)}`;
    const known = this.#values.get(key);
    // The kind says of which type the value is, so what is kept under it is what `make` gave.
    if (known !== undefined) return (await known.value) as T;
    const value = make();
    const bytes = size + LEAST_BYTES;
    this.#values.set(key, { value, bytes });
    this.#valueBytes += bytes;
    for (const [oldest, each] of this.#values) {
      if (this.#valueBytes <= VALUE_BYTES) break;
      this.#values.delete(oldest);
      this.#valueBytes -= each.bytes;
    }
    return value;
  }
}

/** The dnode's own bytes and the byte order, one character a byte. */
const dnodeKey = ({ dnode }: DmuObject): string =>
  `${dnode.littleEndian ? 'l' : 'b'}${String.fromCharCode(...dnode.bytes)}`;

/** The signal is not passed on: what one candidate gave up another would find unread. */
async function contentOf(object: DmuObject, length: bigint | undefined): Promise<ZfsUberError | null> {
  try {
    const size = BigInt(object.dnode.check().dataBlockSize);
    const range = length === undefined ? {} : { to: (length + size - 1n) / size };
    for await (const _ of object.blocks(range)) {
      // Reading is all that is wanted.
    }
    return null;
  } catch (error) {
    if (error instanceof ZfsUberError) return error;
    throw error;
  }
}
