import { dirname } from 'node:path';
import type { ProbedEnds } from '../source/probed.ts';
import { shownPartitions } from './blockDevice.ts';
import { newSha256 } from './digest.ts';
import { expandSpecs } from './expandSpecs.ts';
import { FILE_HOST, type FileHost } from './fileHost.ts';
import { openFileSource } from './fileSource.ts';
import { type HandlePool, handlePool } from './handlePool.ts';
import type { OpenedSource } from './openedSource.ts';
import { sourcesAtATime } from './openFiles.ts';
import { openTargets, type SourceHost } from './openTargets.ts';
import { openReached } from './reached.ts';
import type { SourceRecorder } from './recorder.ts';
import type { SourceSpec } from './target.ts';

export interface OpenOptions {
  readonly pool?: HandlePool;
  readonly signal?: AbortSignal;
  /** Takes all that is read of the sources. */
  readonly recorder?: SourceRecorder | undefined;
  /** Keeps the ends of the sources, for as long as who made it wants them. Default: while they are opened. */
  readonly ends?: ProbedEnds | undefined;
}

/** Files probed at a time: a disk that turns takes some 20 ms, and all of them can. */
const CONCURRENT = 64;

/**
 * Opens what was named: devices, images, `path@OFFSET+LENGTH`, directories of images, addresses on a network; and what was
 * handed in as bytes. A disk with partitions gives
 * those that look like vdevs, and the whole disk where it does too. What is named twice is opened once.
 *
 * In a directory, files without any trace of ZFS that are too small to be a vdev are passed over in silence.
 *
 * @returns in the order of `specs`, files of a directory by name; a thing that cannot be opened, or had no turn before
 *   `options.signal` was aborted, is an entry with its error and does not keep the others away
 */
export async function openSources(specs: readonly SourceSpec[], options: OpenOptions = {}): Promise<OpenedSource[]> {
  const host = hostOf(options.pool ?? handlePool(FILE_HOST));
  try {
    return await openTargets(await expandSpecs(host.pool.host, specs, host.atATime(specs.length)), host, options);
  } catch (error) {
    await host.pool.releaseAll();
    throw error;
  }
}

/** A link in the folder of an image may have come with the image. */
async function staysInFolder({ real }: FileHost, path: string): Promise<boolean> {
  if (real === undefined) return true;
  const [file, folder] = [await real(path).catch(() => null), await real(dirname(path)).catch(() => null)];
  return file !== null && dirname(file) === folder;
}

const hostOf = (pool: HandlePool): SourceHost & { readonly pool: HandlePool } => ({
  pool,
  // There is always room for one, and to ask the system takes longer than to open it.
  atATime: (targets) => (targets < 2 ? 1 : Math.min(CONCURRENT, sourcesAtATime())),
  open: ({ path, reached }) => (reached === null ? openFileSource(path, pool) : openReached(reached)),
  async beside({ path, reached }, byUser) {
    if (reached !== null) return openReached(reached);
    const status = await pool.host.stat(path).catch(() => null);
    const mayBe = status?.isFile() || (byUser && status?.isBlockDevice());
    if (!mayBe || !(byUser || (await staysInFolder(pool.host, path)))) return null;
    return openFileSource(path, pool);
  },
  shardsIn: async (path, folders) => (await import('./shardFolders.ts')).shardsIn(pool.host, path, folders),
  shownPartitions: (disk) => shownPartitions(pool.host, disk),
  lasting: (file) => pool.media.reading(file).read,
  leavingOut: (file, leftOut) => pool.media.leavingOut(file, leftOut),
  isFile: (path) =>
    pool.host.stat(path).then(
      (status) => status.isFile(),
      () => false,
    ),
  // The module is loaded when it is first needed, which on most sources it never is.
  sha256: (bytes) => process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest(),
  newDigest: newSha256,
});
