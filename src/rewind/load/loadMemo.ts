import { ZfsUberError } from '../../bytes/errors.ts';
import type { DmuObject } from '../../dataset/object.ts';

/** Answers that are kept; an object that falls out is read again. */
const CAPACITY = 16384;

/**
 * Remembers by the bytes of its dnode that the content of an object reads, or why not: successive txgs share almost all
 * objects, and an object whose dnode did not change did not change.
 */
export class LoadMemo {
  readonly #contents = new Map<string, Promise<ZfsUberError | null>>();
  readonly #values = new Map<string, Promise<unknown>>();

  /**
   * Reads all content of the object, or its first `length` bytes.
   *
   * @throws what DmuObject.blocks throws, each time it is asked
   */
  async readWhole(object: DmuObject, length?: bigint): Promise<void> {
    const key = `${length ?? ''} ${dnodeKey(object)}`;
    const error = await kept(this.#contents, key, () => contentOf(object, length));
    if (error !== null) throw error;
  }

  /**
   * `make` once for each different dnode.
   *
   * @param kind of value: keeps apart what is made of one dnode
   */
  async of<T>(kind: string, object: DmuObject, make: () => Promise<T>): Promise<T> {
    // The kind says of which type the value is, so what is kept under it is what `make` gave.
    return (await kept(this.#values, `${kind} ${dnodeKey(object)}`, make)) as T;
  }
}

/** The dnode's own bytes and the byte order, one character a byte. */
const dnodeKey = ({ dnode }: DmuObject): string =>
  `${dnode.littleEndian ? 'l' : 'b'}${String.fromCharCode(...dnode.bytes)}`;

function kept<T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  for (const oldest of map.keys()) {
    if (map.size <= CAPACITY) break;
    map.delete(oldest);
  }
  return made;
}

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
