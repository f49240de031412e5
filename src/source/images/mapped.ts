import { FormatError, UnsupportedError } from '../../bytes/errors.ts';
import { type ByteSource, MissingBytesError, NeverReadError, SourceError, type SourceRun } from '../source.ts';

/** Where the bytes of a disk are, from the offset that was asked for on. */
export type Extent = {
  /** Bytes for which this holds; at least 1. */
  readonly length: number;
} & (
  | { readonly kind: 'data'; readonly source: ByteSource; readonly at: number }
  | { readonly kind: 'zero' }
  /** Nobody knows what stood there. `why` says whose fault it is; `tried`: the disk was asked, and gave an error. */
  | { readonly kind: 'unread'; readonly why: string; readonly tried?: boolean }
  /** From byte `from` of what `unit` unpacks to. `key` is the same for the same unit. */
  | { readonly kind: 'packed'; readonly key: number; readonly from: number; readonly unit: () => Promise<Uint8Array> }
);

/** How an image file lays out the disk inside it. */
export interface DiskMap {
  /** Bytes of the disk. */
  readonly size: number;
  /**
   * @param offset below `size`
   * @param wanted bytes that are asked for: what lies behind them need not be looked at
   */
  extentAt(offset: number, wanted: number): Promise<Extent>;
}

/** Unpacked units that are kept: a label or a block lies in few of them. */
const UNITS = 32;
/** Extents read at a time. */
const IN_FLIGHT = 8;

/** The disk that `map` lays out. */
export function mappedSource(name: string, map: DiskMap): ByteSource {
  const units = new Map<number, Promise<Uint8Array>>();
  const unitOf = (extent: Extract<Extent, { kind: 'packed' }>): Promise<Uint8Array> => {
    const known = units.get(extent.key);
    const unit = known ?? extent.unit();
    units.delete(extent.key);
    units.set(extent.key, unit);
    for (const oldest of units.keys()) {
      if (units.size <= UNITS) break;
      units.delete(oldest);
    }
    return unit;
  };
  const check = (offset: number, length: number): void => {
    if (offset >= 0 && length >= 0 && offset + length <= map.size) return;
    const place = { source: name, offset, path: [] };
    throw new SourceError('source-short', `wanted ${offset}+${length} of ${map.size} bytes`, place);
  };
  return {
    name,
    size: map.size,
    async read(offset, length, signal, into) {
      check(offset, length);
      const extents: { readonly at: number; readonly extent: Extent }[] = [];
      for await (const each of extentsOf(map, offset, length, signal)) {
        if (each.extent.kind === 'unread') {
          const place = { source: name, offset: each.at, path: [] };
          const { why, length: rest, tried = false } = each.extent;
          throw new NeverReadError(why, place, each.at + rest, tried);
        }
        extents.push(each);
      }
      const spare = into !== undefined && into.length >= length;
      const out = spare ? into.subarray(0, length) : new Uint8Array(length);
      const fill = async ({ at, extent }: (typeof extents)[number]): Promise<void> => {
        const part = out.subarray(at - offset, at - offset + extent.length);
        if (extent.kind === 'data') part.set(await dataOf(name, at, extent, signal));
        else if (extent.kind === 'packed') part.set(await unpacked(name, at, extent, unitOf(extent)));
        else if (spare) part.fill(0);
      };
      for (let i = 0; i < extents.length; i += IN_FLIGHT) await Promise.all(extents.slice(i, i + IN_FLIGHT).map(fill));
      return out;
    },
    async runs(offset, length, signal) {
      check(offset, length);
      const runs: SourceRun[] = [];
      for await (const { at, extent } of extentsOf(map, offset, length, signal)) {
        for (const run of await runsOf(at, extent, signal)) addRun(runs, run);
      }
      return runs;
    },
  };
}

/** Those that touch and are of one kind are one. */
export function addRun(runs: SourceRun[], run: SourceRun): void {
  const last = runs.at(-1);
  if (last !== undefined && last.kind === run.kind && last.offset + last.length === run.offset) {
    runs[runs.length - 1] = { ...last, length: last.length + run.length };
  } else runs.push(run);
}

/** What the file behind an extent says of itself counts too: a sparse file, a parent of the same kind. */
async function runsOf(at: number, extent: Extent, signal?: AbortSignal): Promise<readonly SourceRun[]> {
  if (extent.kind === 'data' && extent.source.runs !== undefined) {
    const runs = await extent.source.runs(extent.at, extent.length, signal);
    return runs.map((run) => ({ ...run, offset: run.offset - extent.at + at }));
  }
  const kind = extent.kind === 'packed' ? 'data' : extent.kind;
  return [{ kind, offset: at, length: extent.length }];
}

/** A failure in the file is one of the disk, at the place of the disk. */
async function dataOf(
  name: string,
  at: number,
  { source, at: from, length }: Extract<Extent, { kind: 'data' }>,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await source.read(from, length, signal);
  } catch (error) {
    if (!(error instanceof MissingBytesError)) throw error;
    const place = { source: name, offset: at, path: [] };
    const until = error.until - from + at;
    if (error instanceof NeverReadError) throw new NeverReadError(error.said, place, until, error.tried);
    throw new MissingBytesError(error.said, place, until, error.code);
  }
}

/** A unit that does not unpack is lost as a whole, and what is in other units is not. */
async function unpacked(
  name: string,
  at: number,
  { from, length }: Extract<Extent, { kind: 'packed' }>,
  unit: Promise<Uint8Array>,
): Promise<Uint8Array> {
  try {
    return (await unit).subarray(from, from + length);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
    const place = { source: name, offset: at, path: [] };
    throw new MissingBytesError(`in the image: ${error.said}`, place, at + length, 'image-damaged');
  }
}

/** The extents that a range is in, cut to it; those that continue each other are one. */
async function* extentsOf(
  map: DiskMap,
  offset: number,
  length: number,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly at: number; readonly extent: Extent }> {
  const end = offset + length;
  let from = offset;
  let held: Extent | null = null;
  for (let at = offset; at < end; ) {
    signal?.throwIfAborted();
    const found = await map.extentAt(at, end - at);
    const extent: Extent = { ...found, length: Math.min(found.length, end - at) };
    if (held !== null && continues(held, extent)) held = longer(held, extent.length);
    else {
      if (held !== null) yield { at: from, extent: held };
      [from, held] = [at, extent];
    }
    at += extent.length;
  }
  if (held !== null) yield { at: from, extent: held };
}

const longer = (extent: Extent, by: number): Extent => ({ ...extent, length: extent.length + by });

function continues(before: Extent, next: Extent): boolean {
  if (before.kind === 'data') {
    return next.kind === 'data' && next.source === before.source && next.at === before.at + before.length;
  }
  if (before.kind === 'unread') return next.kind === 'unread' && next.why === before.why && next.tried === before.tried;
  return before.kind === 'zero' && next.kind === 'zero';
}
