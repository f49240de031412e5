import type { NvList, NvValue } from '../format/nvlist.ts';

/**
 * An nvlist as JSON holds it: 64-bit integers decimal strings, bytes hexadecimal strings, a double that is no number
 * its name. A name that repeats in one list goes on as `name#2`, `name#3`.
 */
export type JsonValue = string | number | boolean | readonly JsonValue[] | JsonNvList;
export interface JsonNvList {
  readonly [name: string]: JsonValue;
}

/** A real label nests 6 deep or so: pool, vdev tree, children of children. The decoder has a bound of its own. */
const MAX_DEPTH = 64;
const TOO_DEEP = '(nested too deep)';

/** Loses nothing but the type names and, below 64 levels, the content. */
export function nvlistJson(list: NvList, depth = 0): JsonNvList {
  // By entries, never by assignment: a name of the image may be `__proto__`.
  const seen = new Map<string, number>();
  return Object.fromEntries(
    list.pairs.map((pair) => {
      const count = (seen.get(pair.name) ?? 0) + 1;
      seen.set(pair.name, count);
      return [count === 1 ? pair.name : `${pair.name}#${count}`, valueJson(pair.value, depth + 1)];
    }),
  );
}

function valueJson(value: NvValue, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return TOO_DEEP;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return hexText(value);
  if (isList(value)) return nvlistJson(value, depth);
  return value.map((each: NvValue) => valueJson(each, depth + 1));
}

const isList = (value: object): value is NvList => 'pairs' in value;

const DIGITS = new TextEncoder().encode('0123456789abcdef');

/** Two lower-case digits a byte. */
export function hexText(bytes: Uint8Array): string {
  const text = new Uint8Array(bytes.length * 2);
  for (const [at, byte] of bytes.entries()) {
    text[2 * at] = DIGITS[byte >> 4] ?? 0;
    text[2 * at + 1] = DIGITS[byte & 15] ?? 0;
  }
  return new TextDecoder().decode(text);
}

/** The bytes that `hexText` gives the text of. */
export function bytesOfHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/** One value somewhere in an nvlist, by the way to it: `vdev_tree.children[0].path`. */
export interface Leaf {
  readonly key: string;
  readonly value: string | number | boolean | null;
}

/** Every value that is no list, in order; null where a bonus has nothing. An empty list or array is left out. */
export function* leaves(value: JsonValue | null, key = ''): Generator<Leaf> {
  if (value === null || typeof value !== 'object') yield { key, value };
  else if (isArray(value)) for (const [index, each] of value.entries()) yield* leaves(each, `${key}[${index}]`);
  else for (const [name, each] of Object.entries(value)) yield* leaves(each, key === '' ? name : `${key}.${name}`);
}

const isArray = (value: JsonNvList | readonly JsonValue[]): value is readonly JsonValue[] => Array.isArray(value);
