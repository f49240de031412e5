import { ZfsUberError } from '../bytes/errors.ts';
import { beginsAsMap, type LeftOut, parseDdrescueMap, type RescueMap, rescued } from '../source/images/ddrescue.ts';
import { measureShards, parseShard, type ShardSizes, type Shards, sharded } from '../source/images/shards.ts';
import { lastPart, type Siblings } from '../source/images/siblings.ts';
import { isFirstPiece, joined, nextPiece } from '../source/images/splitRaw.ts';
import { type ByteSource, SourceError } from '../source/source.ts';
import { findVdevTrace } from '../source/vdevTrace.ts';
import type { FileSource } from './fileSource.ts';

export interface ComposedFile extends FileSource {
  /** Paths of the further pieces. */
  readonly pieces: readonly string[];
  /** Null where it lies in no shards of GlusterFS. */
  readonly shards: FoundShards | null;
  /** Bytes of the disk where the file is a copy that ends before; null where it does not. */
  readonly grown: number | null;
  /** What a map leaves out; null without one. */
  readonly leftOut: LeftOut | null;
}

/** What a file or device is made of where it is all in one piece. */
export const IN_ONE_PIECE = { pieces: [], shards: null, grown: null, leftOut: null } as const;

/** The shards that a file lies in. */
export interface FoundShards extends ShardSizes {
  /** What the paths begin with of shards that were looked up in folders: the number follows; else empty, and pieces are shards. */
  readonly globs: readonly string[];
}

/** Which files are the further shards of one. */
export interface FileShards extends Pick<FoundShards, 'globs'> {
  /** Paths; or names, of files that were given. */
  readonly files: readonly string[];
  /** Null where GlusterFS does not tell them. */
  readonly sizes: ShardSizes | null;
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
 * @param shards the further shards, where the file is the first; then no map is looked for
 * @throws SourceError when the map that was named is not there, or is none; FormatError when it contradicts itself
 */
export async function composed(
  file: FileSource,
  siblings: Siblings,
  map: string | null,
  shards: FileShards | null,
): Promise<ComposedFile> {
  if (file.block && map === null) return { ...file, ...IN_ONE_PIECE };
  const whole = await (shards === null ? withPieces(file, siblings) : withShards(file, siblings, shards));
  if (map !== null) {
    const found = await siblings.find(map);
    const told = found === null ? null : await mapIn(found.source);
    if (told !== null) return mapped(whole, map, told);
    throw new SourceError('not-a-map', `${map}: this is no map of ddrescue`, {
      source: file.name,
      offset: 0,
      path: [],
    });
  }
  if (shards !== null) return whole;
  for (const name of mapNames(file.name)) {
    const told = await siblings
      .find(name)
      .then((found) => (found === null ? null : mapIn(found.source)))
      .catch(passOver);
    if (told !== null) return mapped(whole, name, told);
  }
  return whole;
}

/** A device itself is there, and no copy of it: what nobody has tried can be. */
function mapped(whole: ComposedFile, map: string, told: RescueMap): ComposedFile {
  const copy = rescued(whole, { map, of: whole.block ? 'reads' : told.of, ranges: told.ranges }, !whole.block);
  return { ...whole, ...viewOf(copy), grown: copy.size > whole.size ? copy.size : null, leftOut: copy.leftOut };
}

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

/** The names that ddrescue's manual and people use for the map of a copy, which lies beside it. */
export function mapNames(path: string): string[] {
  const name = lastPart(path);
  const stem = name.replace(/\.[^.]+$/, '');
  return [`${name}.map`, `${stem}.map`, `${name}.mapfile`, `${stem}.mapfile`, `${name}.log`, `${stem}.log`].filter(
    (each) => each !== name,
  );
}

async function mapIn(source: ByteSource): Promise<RescueMap | null> {
  if (source.size > LONGEST_MAP) return null;
  const textOf = async (length: number): Promise<string> => new TextDecoder().decode(await source.read(0, length));
  if (!beginsAsMap(await textOf(Math.min(MAP_HEAD, source.size)))) return null;
  return parseDdrescueMap(await textOf(source.size), source.name);
}

/** A file that has the last labels of a vdev has all of it. Shards are opened where something of them is read. */
async function withShards(file: FileSource, siblings: Siblings, given: FileShards): Promise<ComposedFile> {
  const alone = { ...file, ...IN_ONE_PIECE };
  if ((await findVdevTrace(file)).labels.length > 2) return alone;
  const files = new Map(given.files.map((each) => [parseShard(lastPart(each))?.number ?? 0, each]));
  const shards: Shards = {
    first: file,
    numbers: [...files.keys()].sort((a, b) => a - b),
    async open(number) {
      const name = files.get(number) ?? '';
      try {
        const found = await siblings.find(name);
        if (found !== null) return found.source;
      } catch (error) {
        if (error instanceof SourceError && error.code === 'source-empty') return null;
        throw error;
      }
      throw new SourceError('source-changed', `${name} is no file any more`, {
        source: file.name,
        offset: 0,
        path: [],
      });
    },
  };
  const sizes = given.sizes ?? (await measureShards(shards));
  if (sizes === null) return alone;
  const inGlobs = given.globs.length > 0;
  const pieces: string[] = [];
  for (const number of inGlobs ? [] : shards.numbers) {
    const shard = await shards.open(number);
    if (shard !== null) pieces.push(shard.name);
  }
  return {
    ...file,
    ...IN_ONE_PIECE,
    ...viewOf(sharded(shards, sizes)),
    pieces,
    shards: { ...sizes, globs: given.globs },
  };
}

/** A file that could be a further piece and has labels of its own is a disk of its own. */
async function withPieces(file: FileSource, siblings: Siblings): Promise<ComposedFile> {
  if (!isFirstPiece(file.name)) return { ...file, ...IN_ONE_PIECE };
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
  if (pieces.length === 1) return { ...file, ...IN_ONE_PIECE };
  return {
    ...file,
    ...IN_ONE_PIECE,
    ...viewOf(joined(file.name, pieces)),
    pieces: pieces.slice(1).map(({ name }) => name),
  };
}
