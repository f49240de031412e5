import { ZfsUberError } from '../bytes/errors.ts';
import { beginsAsMap, parseDdrescueMap, type RescuedRange, rescued } from '../source/images/ddrescue.ts';
import { parseShard, shardBytes, sharded } from '../source/images/shards.ts';
import { lastPart, type Siblings } from '../source/images/siblings.ts';
import { isFirstPiece, joined, nextPiece } from '../source/images/splitRaw.ts';
import { type ByteSource, SourceError } from '../source/source.ts';
import { findVdevTrace } from '../source/vdevTrace.ts';
import type { FileSource } from './fileSource.ts';

export interface ComposedFile extends FileSource {
  /** Paths of the further pieces. */
  readonly pieces: readonly string[];
  /** Bytes of a shard of GlusterFS, where the pieces are such, each called after its number; null otherwise. */
  readonly shardBytes: number | null;
}

/** Pieces of a split image. */
const MOST_PIECES = 4096;
/** A map has some 20 bytes a range. */
const LONGEST_MAP = 32 * 1024 * 1024;
/** Its comments and the first line of it. */
const MAP_HEAD = 64 * 1024;

/**
 * The file with what belongs to it from beside it: the further pieces of a split image, and the map that says what of it
 * ddrescue had read.
 *
 * @param map as the user named it; null to look for one
 * @param shards names of the further shards, where the file is the first; then no map is looked for
 * @throws SourceError when the map that was named is not there, or is none; FormatError when it contradicts itself
 */
export async function composed(
  file: FileSource,
  siblings: Siblings,
  map: string | null,
  shards: readonly string[],
): Promise<ComposedFile> {
  if (shards.length > 0) return withShards(file, siblings, shards);
  if (file.block && map === null) return { ...file, pieces: [], shardBytes: null };
  const whole = await withPieces(file, siblings);
  if (map !== null) {
    const found = await siblings.find(map);
    const ranges = found === null ? null : await rangesOf(found.source);
    if (ranges !== null) return { ...whole, ...viewOf(rescued(whole, file.block ? onDevice(ranges) : ranges)) };
    throw new SourceError('not-a-map', `${map}: this is no map of ddrescue`, {
      source: file.name,
      offset: 0,
      path: [],
    });
  }
  for (const name of mapNames(file.name)) {
    const ranges = await siblings
      .find(name)
      .then((found) => (found === null ? null : rangesOf(found.source)))
      .catch(passOver);
    if (ranges !== null) return { ...whole, ...viewOf(rescued(whole, ranges)) };
  }
  return whole;
}

/** The device itself is there, and no copy of it: what nobody has tried can be. */
const onDevice = (ranges: readonly RescuedRange[]): RescuedRange[] =>
  ranges.map((range) => (range.status === '?' ? { ...range, status: '+' } : range));

const viewOf = ({ size, read, runs }: ByteSource): Pick<ByteSource, 'size' | 'read' | 'runs'> => ({
  size,
  read,
  ...(runs && { runs }),
});

/** What lies beside an image under a name that a map might have says nothing when it is none. */
function passOver(error: unknown): null {
  if (error instanceof ZfsUberError) return null;
  throw error;
}

/** The names that ddrescue's manual and people use. */
function mapNames(path: string): string[] {
  const name = lastPart(path);
  const stem = name.replace(/\.[^.]+$/, '');
  return [`${name}.map`, `${stem}.map`, `${name}.mapfile`, `${stem}.mapfile`, `${name}.log`, `${stem}.log`].filter(
    (each) => each !== name,
  );
}

async function rangesOf(source: ByteSource): Promise<ReturnType<typeof parseDdrescueMap>> {
  if (source.size > LONGEST_MAP) return null;
  const textOf = async (length: number): Promise<string> => new TextDecoder().decode(await source.read(0, length));
  if (!beginsAsMap(await textOf(Math.min(MAP_HEAD, source.size)))) return null;
  return parseDdrescueMap(await textOf(source.size), source.name);
}

/** A file that has the last labels of a vdev has all of it. */
async function withShards(file: FileSource, siblings: Siblings, names: readonly string[]): Promise<ComposedFile> {
  const shards = new Map<number, ByteSource>();
  if ((await findVdevTrace(file)).labels.length > 2) return { ...file, pieces: [], shardBytes: null };
  for (const name of names) {
    const found = await siblings.find(name);
    const number = parseShard(name)?.number;
    if (found !== null && number !== undefined) shards.set(number, found.source);
  }
  const whole = shards.size === 0 ? null : sharded(file, shards);
  if (whole === null) return { ...file, pieces: [], shardBytes: null };
  const pieces = [...shards].sort(([a], [b]) => a - b).map(([, { name }]) => name);
  return { ...file, ...viewOf(whole), pieces, shardBytes: shardBytes([file, ...shards.values()]) };
}

/** A file that could be a further piece and has labels of its own is a disk of its own. */
async function withPieces(file: FileSource, siblings: Siblings): Promise<ComposedFile> {
  if (!isFirstPiece(file.name)) return { ...file, pieces: [], shardBytes: null };
  const pieces: ByteSource[] = [file];
  for (
    let name = nextPiece(lastPart(file.name));
    name !== null && pieces.length < MOST_PIECES;
    name = nextPiece(name)
  ) {
    const found = await siblings.find(name);
    if (found === null) break;
    if (pieces.length === 1 && (await findVdevTrace(found.source)).labels.length > 0) break;
    pieces.push(found.source);
  }
  if (pieces.length === 1) return { ...file, pieces: [], shardBytes: null };
  return {
    ...file,
    ...viewOf(joined(file.name, pieces)),
    pieces: pieces.slice(1).map(({ name }) => name),
    shardBytes: null,
  };
}
