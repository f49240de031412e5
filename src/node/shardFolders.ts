import { dirname } from 'node:path';
import { parseShard } from '../source/images/shards.ts';
import { lastPart } from '../source/images/siblings.ts';
import { SourceError } from '../source/source.ts';
import { mapBounded } from './bounded.ts';
import type { FileShards } from './composed.ts';
import { type FileHost, type FileStatus, systemError } from './fileHost.ts';

/** Files that are looked at at a time. */
const CONCURRENT = 16;
/** Where a brick keeps shards, below its root. */
const SHARD_FOLDER = '.shard';
/** Source: GlusterFS, xlators/features/shard, option shard-block-size: 4 MB to 4 TB */
const SIZES = { least: 4n << 20n, most: 4n << 40n };

/** By the id of the file they are of: path by number. */
type Families = Map<string, Map<number, string>>;

/**
 * Which files in the folders of bricks are the further shards of a file on one of them. A brick has each file of it twice, as
 * itself and as `.glusterfs/xx/yy/GFID`, which says whose shards are whose without an attribute that only root can read.
 *
 * @param folders `.shard` of each brick, or the bricks
 * @returns null where none is of it: it is no longer than a shard, or lies in none
 * @throws SourceError when a folder cannot be listed, when two bricks have the same shard, of which one may be stale, and
 *   when nothing says which shards are its
 * Source: GlusterFS, xlators/features/shard/src/shard.c; xlators/storage/posix/src/posix-handle.h
 */
export async function shardsIn(host: FileHost, path: string, folders: readonly string[]): Promise<FileShards | null> {
  const place = { source: path, offset: 0, path: ['shards'] };
  const bricks: { readonly folder: string; readonly names: readonly string[] }[] = [];
  for (const folder of folders) bricks.push(await listShards(host, folder));
  const families: Families = new Map();
  for (const { folder, names } of bricks) {
    for (const name of names) {
      const shard = parseShard(name);
      if (shard === null) continue;
      const family = families.get(shard.id) ?? new Map<number, string>();
      families.set(shard.id, family);
      const other = family.get(shard.number);
      if (other !== undefined) {
        const message = `${other} and ${folder}/${name} are the same shard, and one of two replicas may be stale: give the folders of one`;
        throw new SourceError('not-shards', message, place);
      }
      family.set(shard.number, `${folder}/${name}`);
    }
  }
  const id = await idOf(
    host,
    path,
    families,
    bricks.map(({ folder }) => dirname(folder)),
  );
  if (id === null) {
    if (families.size === 0) return null;
    const message = `there are shards of ${families.size} files, and neither a link in .glusterfs nor trusted.gfid says which are of this one: give its shards themselves`;
    throw new SourceError('not-shards', message, place);
  }
  const family = [...(families.get(id) ?? [])].sort(([a], [b]) => a - b);
  if (family.length === 0) return null;
  return {
    files: family.map(([, file]) => file),
    globs: bricks.flatMap(({ folder, names }) =>
      names.some((name) => parseShard(name)?.id === id) ? [`${folder}/${id}`] : [],
    ),
    sizes: await sizesOf(host, path, family.at(-1)),
  };
}

async function listShards(host: FileHost, given: string) {
  const bare = given.replace(/(?<=.)\/+$/, '');
  const list = (folder: string) =>
    host.list(folder).catch((error: unknown) => {
      throw systemError(error, { source: folder, offset: 0, path: [] });
    });
  const names = await list(bare);
  if (!names.includes(SHARD_FOLDER)) return { folder: bare, names };
  const folder = `${bare}/${SHARD_FOLDER}`;
  return { folder, names: await list(folder) };
}

/** Null where nothing says it, and there is more than one to choose from. */
async function idOf(
  host: FileHost,
  path: string,
  families: Families,
  roots: readonly string[],
): Promise<string | null> {
  const own = await host.stat(path).catch(() => null);
  if (own === null) return null;
  const isIt = (status: FileStatus | null): boolean => status?.dev === own.dev && status.ino === own.ino;
  const links = await mapBounded([...families.keys()], CONCURRENT, async (id) => {
    for (const root of roots) {
      const link = `${root}/.glusterfs/${id.slice(0, 2)}/${id.slice(2, 4)}/${id}`;
      if (isIt(await host.stat(link).catch(() => null))) return [id];
    }
    return [];
  });
  const [linked] = links.flat();
  if (linked !== undefined) return linked;
  // Its name, where it was given as that link.
  const name = lastPart(path);
  if (families.has(name)) return name;
  const told = await attribute(host, path, 'trusted.gfid');
  const hex = told?.slice(0, 32).match(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/);
  if (hex) return hex.slice(1).join('-');
  return families.size === 1 ? ([...families.keys()][0] ?? null) : null;
}

/**
 * Null where the attributes cannot be had, or cannot be true.
 *
 * Source: GlusterFS, xlators/features/shard/src/shard.h: 64-bit big-endian; of the file the first of four
 */
async function sizesOf(host: FileHost, path: string, [number, last] = [0, path]): Promise<FileShards['sizes']> {
  const each = wordOf(await attribute(host, path, 'trusted.glusterfs.shard.block-size'));
  const whole = wordOf(await attribute(host, path, 'trusted.glusterfs.shard.file-size'));
  if (each === null || each < SIZES.least || each > SIZES.most) return null;
  const { size: rest } = await host.stat(last);
  const size = whole === null || whole <= each ? BigInt(number) * each + rest : whole;
  return size <= BigInt(Number.MAX_SAFE_INTEGER) ? { each: Number(each), whole: Number(size) } : null;
}

const wordOf = (hex: string | null): bigint | null =>
  hex !== null && hex.length >= 16 ? BigInt(`0x${hex.slice(0, 16)}`) : null;

/** In hexadecimal. Node has no call for it. Source: getfattr(1) */
async function attribute(host: FileHost, path: string, name: string): Promise<string | null> {
  const told = await host.ask?.('getfattr', '--absolute-names', '-e', 'hex', '-n', name, '--', path);
  const [, hex = null] = /=0x((?:[0-9a-f]{2})+)\s*$/m.exec(told ?? '') ?? [];
  return hex;
}
