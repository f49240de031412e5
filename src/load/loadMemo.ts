import { LimitError, ZfsUberError } from '../bytes/errors.ts';
import type { BlockCache } from '../dataset/blockCache.ts';
import type { BlockRange, DmuObject, ObjectBlock } from '../dataset/object.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { SpentBound } from '../traverse/spentBound.ts';
import { BLOCK_COST, costLimit } from '../traverse/walkBudget.ts';
import { ObjectMemo } from './objectMemo.ts';
import { Passes } from './passes.ts';

/** Answers that are kept; an object that falls out is read again. */
const CAPACITY = 16384;
/** Bytes of values that are kept. */
const VALUE_BYTES = 64 * 1024 * 1024;
/** Bytes of space maps and their logs that are added up: some seconds of work. */
const SPACE_BYTES = 256 * 1024 * 1024;
/** The same of one space map, and of all logs of one txg: they are in memory while they are added up. */
const ONE_MAP_BYTES = 8 * 1024 * 1024;
const LOGS_BYTES = 32 * 1024 * 1024;
const WORDS_A_BYTE = 4;
/** What keeping anything costs besides its value: mostly the dnode. */
const LEAST_BYTES = 1024;

/** Gives what it stands for without a promise once that is there: most of what is asked for is. */
class Kept<T> {
  readonly dnode: Uint8Array;
  readonly bytes: number;
  value: Promise<T> | T;

  constructor(dnode: Uint8Array, value: Promise<T> | T, bytes: number) {
    this.dnode = dnode.slice();
    this.bytes = bytes;
    this.value = value;
    if (value instanceof Promise) {
      value.then(
        (found) => {
          this.value = found;
        },
        // Who asks meets it.
        () => undefined,
      );
    }
  }
}

/**
 * Remembers by the bytes of its dnode that the content of an object reads, or why not, and what was made of it:
 * successive txgs share almost all objects, and an object whose dnode did not change did not change.
 *
 * Only for the same {@link BlockCache}: a txg at which the pool had other devices may lack what this one has.
 */
export class LoadMemo {
  /** What was made of several objects. */
  readonly objects = new ObjectMemo();
  readonly passes = new Passes(this.objects);
  readonly #contents = new Map<string, Kept<ZfsUberError | null>>();
  readonly #values = new Map<string, Kept<unknown>>();
  readonly #once = new WeakMap<object, unknown>();
  readonly #numbers = new WeakMap<object, number>();
  /** What keys of an object end with. */
  readonly #sums = new WeakMap<DmuObject, string>();
  #lastNumber = 0;
  #valueBytes = 0;
  #cost = 0;
  #maxCost = Number.POSITIVE_INFINITY;
  #forgot = 0;
  #spaceBytes = 0;
  #spaceSpent: number | null = null;

  /** Bounds for which something is found out anew. */
  get spent(): readonly SpentBound[] {
    const objects = this.#forgot === 0 ? [] : [{ what: 'objects', most: CAPACITY } as const];
    const space = this.#spaceSpent === null ? [] : [{ what: 'space maps', most: this.#spaceSpent } as const];
    return [...this.objects.spent, ...objects, ...space];
  }

  /** Whether a space map of so many bytes, and what the logs have of it, is to be added up. */
  takeSpace(bytes: number): boolean {
    if (!this.#spares(bytes, ONE_MAP_BYTES)) return false;
    this.#spaceBytes += bytes;
    return this.#spares(this.#spaceBytes, SPACE_BYTES);
  }

  /** Whether logs of so many bytes, all of one txg, are to be laid over the space maps. */
  takesLogs(bytes: number): boolean {
    return this.#spares(bytes, LOGS_BYTES);
  }

  /** Words of bits that may be looked at for it: a byte of a map is worth four, as it takes as long. */
  get workLeft(): number {
    return Math.max(SPACE_BYTES - this.#spaceBytes, 0) * WORDS_A_BYTE;
  }

  spendWork(words: number): void {
    this.#spaceBytes += Math.ceil(words / WORDS_A_BYTE);
    this.#spares(this.#spaceBytes, SPACE_BYTES);
  }

  #spares(bytes: number, most: number): boolean {
    if (bytes <= most) return true;
    this.#spaceSpent ??= most;
    return false;
  }

  /** From here on reading whole objects ends with a LimitError where it gets out of all proportion. */
  limitTo(devices: readonly DeviceSurvey[]): void {
    this.#maxCost = costLimit(devices.reduce((sum, { source }) => sum + source.size, 0));
  }

  /**
   * Reads all content of the object, or its first `length` bytes.
   *
   * @throws what DmuObject.blocks throws, each time it is asked
   */
  readWhole(object: DmuObject, length?: bigint): Promise<void> | void {
    const key = this.#keyOf(`${length ?? ''}`, object);
    const known = this.#contents.get(key);
    if (known !== undefined && isSame(known.dnode, object.dnode.bytes)) {
      return known.value instanceof Promise ? known.value.then(throwIt) : throwIt(known.value);
    }
    const answer = this.#contentOf(object, length);
    this.#contents.set(key, new Kept(object.dnode.bytes, answer, 0));
    for (const oldest of this.#contents.keys()) {
      if (this.#contents.size <= CAPACITY) break;
      this.#forgot++;
      this.#contents.delete(oldest);
    }
    return answer instanceof Promise ? answer.then(throwIt) : throwIt(answer);
  }

  /**
   * `make` once for each different dnode, as long as there is room. The signal of one who asks must not reach it: what
   * one candidate gave up another would find undone.
   *
   * @param kind of value: keeps apart what is made of one dnode
   * @param size of the value in bytes, about
   * @param make its value is shared, so it is never changed
   */
  of<T>(kind: string, object: DmuObject, size: number, make: () => Promise<T> | T): Promise<T> | T {
    const key = this.#keyOf(kind, object);
    const known = this.#values.get(key);
    // The kind says of which type the value is, so what is kept under it is what `make` gave.
    if (known !== undefined && isSame(known.dnode, object.dnode.bytes)) return known.value as Promise<T> | T;
    const value = make();
    const bytes = size + LEAST_BYTES;
    this.#valueBytes += bytes - (known?.bytes ?? 0);
    this.#values.set(key, new Kept<unknown>(object.dnode.bytes, value, bytes));
    for (const [oldest, each] of this.#values) {
      if (this.#valueBytes <= VALUE_BYTES) break;
      this.#forgot++;
      this.#values.delete(oldest);
      this.#valueBytes -= each.bytes;
    }
    return value;
  }

  /** `make` once for `owner`, of whose kind only one kind of value is ever made. */
  once<T>(owner: object, make: () => T): T {
    const known = this.#once.get(owner);
    if (known !== undefined) return known as T;
    const value = make();
    this.#once.set(owner, value);
    return value;
  }

  /** Tells one thing from another in a kind of value. */
  numberOf(thing: object): number {
    const known = this.#numbers.get(thing);
    if (known !== undefined) return known;
    this.#numbers.set(thing, ++this.#lastNumber);
    return this.#lastNumber;
  }

  /** The signal is not passed on: what one candidate gave up another would find unread. */
  #contentOf(object: DmuObject, length: bigint | undefined): Promise<ZfsUberError | null> | ZfsUberError | null {
    try {
      const size = BigInt(object.dnode.check().dataBlockSize);
      const range = length === undefined ? {} : { to: (length + size - 1n) / size };
      const ready = object.wordBlocksAtHand(range);
      if (ready === null) return this.#readContent(object, range);
      for (const block of ready) this.#spend(object, block);
      return null;
    } catch (error) {
      if (error instanceof ZfsUberError) return error;
      throw error;
    }
  }

  async #readContent(object: DmuObject, range: BlockRange): Promise<ZfsUberError | null> {
    try {
      for await (const block of object.wordBlocks(range)) this.#spend(object, block);
      return null;
    } catch (error) {
      if (error instanceof ZfsUberError) return error;
      throw error;
    }
  }

  /** Reading is all that is wanted. @throws LimitError when it gets out of all proportion */
  #spend({ dnode, place }: DmuObject, { bytes }: ObjectBlock): void {
    this.#cost += Math.max(bytes.length, dnode.dataBlockSize) + BLOCK_COST;
    if (this.#cost > this.#maxCost) throw new LimitError('objects larger than the devices', place);
  }

  /** Others may have the same, so what is found under it is compared. */
  #keyOf(kind: string, object: DmuObject): string {
    const known = this.#sums.get(object);
    if (known !== undefined) return kind + known;
    const { cache, dnode } = object;
    const sum = ` ${this.numberOf(cache)} ${dnode.littleEndian} ${sumOf(dnode.bytes)}`;
    this.#sums.set(object, sum);
    return kind + sum;
  }
}

function throwIt(error: ZfsUberError | null): void {
  if (error !== null) throw error;
}

/** Depends on all of the bytes, whose number is a multiple of 8. */
function sumOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let [a, b] = [0x9e3779b1, 0x85ebca6b];
  for (let at = 0; at < bytes.length; at += 8) {
    a = Math.imul(a ^ view.getUint32(at, true), 0x85ebca6b);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ view.getUint32(at + 4, true), 0xc2b2ae35);
    b = (b << 17) | (b >>> 15);
  }
  return (a >>> 0) * 2 ** 20 + (b >>> 12);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
