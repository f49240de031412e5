import { FormatError, LimitError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';

/** What ZFS itself allows in user space. Source: module/nvpair/nvpair.c, nvpair_max_recursion. */
const MAX_DEPTH = 100;

/**
 * A reading position in the bytes of an nvlist that never passes their end, and knows which pair it is in.
 *
 * Places are made only when something is wrong: a label has some fifty pairs, a scan thousands of labels.
 */
export class NvCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #place: Place;
  readonly #path: string[] = [];
  readonly #names = new Map<string, string>();
  readonly #littleEndian: boolean;
  /** Offset of the next byte. */
  at: number;
  /** Bytes of all texts read so far, without what ends or pads them. */
  textBytes = 0;
  /** Where the first value of each name stands, of the pairs of the outermost list that are one uint64. */
  readonly places = new Map<string, number>();
  #refusal: FormatError | null = null;
  #depth = 0;

  /** @param at where to start */
  constructor(bytes: Uint8Array, at: number, littleEndian: boolean, place: Place) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
    this.#place = place;
    this.at = at;
  }

  get remaining(): number {
    return this.#bytes.length - this.at;
  }

  /** The place of byte `at` in the list and pair being read. */
  place(at = this.at): Place {
    const { source, offset, path } = this.#place;
    return { source, offset: offset + at, path: [...path, ...this.#path] };
  }

  /**
   * Steps over `count` bytes.
   *
   * @returns where they begin
   * @throws FormatError `format-bounds` when there are fewer
   */
  take(count: number, what: string): number {
    const at = this.at;
    if (count > this.remaining) throw this.outOfBounds(what, count);
    this.at = at + count;
    return at;
  }

  /** `count` things of at least `size` bytes each must still fit, or the claim is refused before memory is taken for it. */
  demand(count: number, size: number, what: string): void {
    if (count * size > this.remaining) throw this.outOfBounds(what, count * size);
  }

  outOfBounds(what: string, wanted: number): FormatError {
    return new FormatError('format-bounds', what, `at most ${this.remaining} bytes`, `${wanted}`, this.place());
  }

  wrong(what: string, expected: string, found: string, at = this.at): FormatError {
    return new FormatError('format-value', what, expected, found, this.place(at));
  }

  /** What OpenZFS refuses the whole list for though it can be read on; null when nothing was met. */
  get refusal(): FormatError | null {
    return this.#refusal;
  }

  /** Notes what OpenZFS would refuse the list for. The first one stands. */
  refuse(what: string, expected: string, found: string, at = this.at): void {
    this.#refusal ??= this.wrong(what, expected, found, at);
  }

  /** OpenZFS knows no other type, and its kernel no floating point. */
  refuseType(number: number, at: number): void {
    this.refuse('pair type', 'one that the kernel module knows', `${number}`, at);
  }

  i8(what: string): number {
    return this.#view.getInt8(this.take(1, what));
  }
  u8(what: string): number {
    return this.#view.getUint8(this.take(1, what));
  }
  i16(what: string): number {
    return this.#view.getInt16(this.take(2, what), this.#littleEndian);
  }
  u16(what: string): number {
    return this.#view.getUint16(this.take(2, what), this.#littleEndian);
  }
  i32(what: string): number {
    return this.#view.getInt32(this.take(4, what), this.#littleEndian);
  }
  u32(what: string): number {
    return this.#view.getUint32(this.take(4, what), this.#littleEndian);
  }
  i64(what: string): bigint {
    return this.#view.getBigInt64(this.take(8, what), this.#littleEndian);
  }
  u64(what: string): bigint {
    return this.#view.getBigUint64(this.take(8, what), this.#littleEndian);
  }
  f64(what: string): number {
    return this.#view.getFloat64(this.take(8, what), this.#littleEndian);
  }

  /** Four bytes, of which OpenZFS takes 0 and 1. */
  boolean(): boolean {
    const value = this.u32('boolean');
    if (value > 1) this.refuse('boolean', '0 or 1', `${value}`, this.at - 4);
    return value !== 0;
  }

  /** The next `count` bytes in a buffer of their own: a view would keep the whole label in memory. */
  copy(count: number, what: string): Uint8Array {
    const at = this.take(count, what);
    return this.#bytes.slice(at, at + count);
  }

  /** The next `count` bytes as text. */
  text(count: number, what: string): string {
    const at = this.take(count, what);
    this.textBytes += count;
    return decodeText(this.#bytes.subarray(at, at + count));
  }

  /** Steps over `count` bytes of padding, which OpenZFS wants to be zeros. */
  padding(count: number, what: string): void {
    const at = this.take(count, what);
    const odd = this.#bytes.subarray(at, at + count).findIndex((byte) => byte !== 0);
    if (odd !== -1) this.refuse(what, 'zeros', `${this.#bytes[at + odd]}`, at + odd);
  }

  /** Text up to a NUL, which is stepped over; it has to come within `limit` bytes. */
  textToNul(limit: number, what: string): string {
    const from = this.at;
    const nul = this.#bytes.subarray(from, from + Math.min(limit, this.remaining)).indexOf(0);
    if (nul === -1) throw this.wrong(what, `a NUL within ${Math.min(limit, this.remaining)} bytes`, 'none');
    const text = this.text(nul, what);
    this.at++;
    return text;
  }

  /**
   * Errors are about pair `name` from here on, until `leavePair`.
   *
   * @returns the same text, one for all pairs of that name: a tree of a thousand vdevs has each name a thousand times
   */
  enterPair(name: string): string {
    const known = this.#names.get(name) ?? name;
    this.#names.set(known, known);
    this.#path.push(known);
    return known;
  }
  leavePair(): void {
    this.#path.pop();
  }

  /** A uint64 of that name comes next. */
  notePlace(name: string): void {
    if (this.#depth === 1 && !this.places.has(name)) this.places.set(name, this.at);
  }

  /** @throws LimitError when lists are nested deeper than ZFS itself goes */
  enterList(): void {
    this.#depth++;
    if (this.#depth > MAX_DEPTH)
      throw new LimitError(`nvlist is nested more than ${MAX_DEPTH} deep`, this.#shortPlace());
  }
  leaveList(): void {
    this.#depth--;
  }

  /** A hundred names of a hostile list tell a person less than the first few. */
  #shortPlace(): Place {
    const { source, offset, path } = this.#place;
    return { source, offset: offset + this.at, path: [...path, ...this.#path.slice(0, 3), '...'] };
  }
}

const utf8 = new TextDecoder('utf-8');
const REPLACEMENT = '\ufffd';

/** UTF-8 where it is that, else a character a byte: a damaged name is still shown. Control characters stay. */
export function decodeText(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  return text.includes(REPLACEMENT) ? Array.from(bytes, (byte) => String.fromCharCode(byte)).join('') : text;
}
