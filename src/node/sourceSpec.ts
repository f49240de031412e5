import { UsageError } from '../bytes/errors.ts';

/** `path@OFFSET[+LENGTH][?root=BYTE]` taken apart. */
export interface SliceSpec {
  readonly path: string;
  /** Bytes. */
  readonly offset: number;
  /** Bytes; null for all up to the end. */
  readonly length: number | null;
  /** Byte of `path` where a root lies of which labels are to be made; null for those that are there. */
  readonly root: number | null;
}

/** `path#snapshot=NAME`, `path?map=FILE` or `path?shards=FOLDER` taken apart; `path?map=FILE` of a slice too. */
export interface ImageSpec {
  readonly path: string;
  /** Name or id of a snapshot inside the image. */
  readonly snapshot: string | null;
  /** Map of ddrescue that says what of the image was read. */
  readonly map: string | null;
  /** Folders of the bricks in which GlusterFS keeps the further shards of it. */
  readonly shards: readonly string[];
}

const SHARDS = '?shards=';

/** What is said of a file that lies in shards: each source with the folders behind it; an address of a network has none. */
export const inShards = (specs: readonly string[], folders: readonly string[]): string[] =>
  specs.map((spec) => (NETWORK.test(spec) ? spec : [spec, ...folders].join(SHARDS)));

/** Text that names a source on a network; a path that begins so is given as `./http:...`. */
export const NETWORK = /^(nbds?|nbds?\+unix|https?):\/\//i;

const IMAGE = /^(.+?)(?:#snapshot=(.+)|\?map=(.+))$/s;

/** @returns null when the text has no such ending and can only be a path */
export function parseImageSpec(text: string): ImageSpec | null {
  const [whole = '', ...shards] = text.split(SHARDS);
  if (whole !== '' && shards.length > 0) return { path: whole, snapshot: null, map: null, shards };
  const match = IMAGE.exec(text);
  if (match === null) return null;
  const [, path = '', snapshot = null, map = null] = match;
  return { path, snapshot, map, shards: [] };
}

/** An address taken apart from what is said of the disk there. */
export interface NetworkSuffix {
  readonly address: string;
  readonly slice: Omit<SliceSpec, 'path'> | null;
  readonly image: Omit<ImageSpec, 'path'> | null;
}

/**
 * `ADDRESS@OFFSET[+LENGTH]`, `ADDRESS#snapshot=NAME` or `ADDRESS#map=FILE`, that also of a slice: what follows `?` is for the server. What follows `@` in front of the path of an address is a host.
 *
 * @throws UsageError as `parseSlice`
 */
export function parseNetworkSuffix(text: string): NetworkSuffix {
  const [, named, snapshot = null, map = null] = /^(.+?)#(?:snapshot=(.+)|map=(.+))$/s.exec(text) ?? [];
  const image = named === undefined ? null : { snapshot, map, shards: [] };
  const address = named ?? text;
  const part = snapshot === null ? parseSlice(address) : null;
  if (part === null || !/^[^/]*\/\/[^/]*\//.test(part.path)) return { address, slice: null, image };
  return { address: part.path, slice: { offset: part.offset, length: part.length, root: part.root }, image };
}

const NUMBER = '(0[xX][0-9a-fA-F]+|[0-9]+)([KMGT]?)';
const SLICE = new RegExp(`^(.+)@${NUMBER}(?:\\+${NUMBER})?(?:\\?root=${NUMBER})?$`, 's');
const UNITS: Readonly<Record<string, bigint>> = { '': 1n, K: 1n << 10n, M: 1n << 20n, G: 1n << 30n, T: 1n << 40n };

/**
 * Numbers are decimal or `0x` hexadecimal, with K, M, G or T for powers of 1024.
 *
 * @returns null when the text has no such ending and can only be a path
 * @throws UsageError when a number is not below 2^53, or the length is 0
 */
export function parseSlice(text: string): SliceSpec | null {
  const match = SLICE.exec(text);
  if (match === null) return null;
  const [, path = '', offset = '', offsetUnit = '', length, lengthUnit = '', root, rootUnit = ''] = match;
  const bytes = length === undefined ? null : toBytes(text, length, lengthUnit);
  if (bytes === 0) throw new UsageError(`${text}: a length of 0 bytes holds nothing`);
  const begin = toBytes(text, offset, offsetUnit);
  const rootAt = root === undefined ? null : toBytes(text, root, rootUnit);
  if (rootAt !== null && (rootAt < begin || (bytes !== null && rootAt >= begin + bytes))) {
    throw new UsageError(`${text}: the root, at byte ${rootAt} of ${path}, does not lie in that part`);
  }
  return { path, offset: begin, length: bytes, root: rootAt };
}

function toBytes(text: string, number: string, unit: string): number {
  const bytes = BigInt(number) * (UNITS[unit] ?? 1n);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER))
    throw new UsageError(`${text}: ${number}${unit} is not below 2^53 bytes`);
  return Number(bytes);
}
