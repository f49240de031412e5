import type { Engine } from '../block/engine.ts';
import type { ZfsUberError } from '../bytes/errors.ts';
import { unlessStopped } from '../bytes/stopping.ts';
import {
  type ComparedHash,
  type ImageCheckDocument,
  type ImageCheckEntry,
  imageCheckEntry,
} from '../document/imageCheckDocument.ts';
import { documentError } from '../document/sourceEntry.ts';
import { newDigestOf } from '../node/digest.ts';
import type { HandlePool } from '../node/handlePool.ts';
import type { OpenedSource } from '../node/openedSource.ts';
import { openSources } from '../node/openSources.ts';
import { stoppedAt } from '../node/openTargets.ts';
import type { SourceSpec } from '../node/target.ts';
import type { KeptHashes } from '../source/images/imageFile.ts';
import { SourceError } from '../source/source.ts';
import { chooseEngine } from './host.ts';
import type { Progress } from './progress.ts';
import { toolInfo } from './toolInfo.ts';

export interface CheckImagesOptions {
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Through which files are opened. Default: the system. */
  readonly handles?: HandlePool | undefined;
  readonly engine?: Engine | undefined;
}

/** Bytes that are summed at a time. */
const CHUNK = 4 * 1024 * 1024;

/**
 * Reads whole disk images and says of each whether its bytes sum to the hashes that it keeps, as Expert Witness images do.
 *
 * @returns the document of `verify --image --json`
 * @throws UsageError when a path makes no sense
 */
export async function checkImages(
  sources: readonly SourceSpec[],
  options: CheckImagesOptions = {},
): Promise<ImageCheckDocument> {
  const { signal, handles, engine = chooseEngine() } = options;
  const opened = await openSources(sources, { ...(signal && { signal }), ...(handles && { pool: handles }) });
  try {
    // A disk with several vdevs is one image.
    const first = opened.filter((each, at) => {
      const { disk } = each;
      return disk === null || opened.findIndex((other) => other.disk?.id === disk.id) === at;
    });
    const images: ImageCheckEntry[] = [];
    for (const each of first) {
      images.push(
        await unlessStopped(
          signal,
          () => checkOne(each, options),
          () => failed(each, stoppedAt(each.path)),
        ),
      );
    }
    const stopped = signal?.aborted ?? false;
    return { schema: 'zfs-uber/image-check/1', tool: toolInfo(engine), stopped, images };
  } finally {
    for (const each of opened) await each.close();
  }
}

const failed = ({ path, madeOf, size }: OpenedSource, error: ZfsUberError | null): ImageCheckEntry =>
  imageCheckEntry({ path, madeOf, size, error: documentError(error) }, []);

async function checkOne(opened: OpenedSource, options: CheckImagesOptions): Promise<ImageCheckEntry> {
  const { path, madeOf, disk, error } = opened;
  const kept = disk?.kept ?? null;
  if (disk === null || kept === null) return failed(opened, error);
  const { size } = disk.source;
  const algorithms = (['md5', 'sha1'] as const).flatMap((algorithm) => {
    const hash = kept[algorithm];
    return hash === null ? [] : [{ algorithm, kept: hash }];
  });
  const digests = algorithms.map(({ algorithm }) => newDigestOf(algorithm));
  try {
    if (digests.length > 0) await sum(kept, size, digests, options);
    const compared = algorithms.map((each, at): ComparedHash => ({ ...each, computed: digests[at]?.digest() ?? null }));
    return imageCheckEntry({ path, madeOf, size, error: null }, compared);
  } catch (caught) {
    if (!(caught instanceof SourceError)) throw caught;
    const compared = algorithms.map((each): ComparedHash => ({ ...each, computed: null }));
    return imageCheckEntry({ path, madeOf, size, error: documentError(caught) }, compared);
  }
}

async function sum(
  { content }: KeptHashes,
  size: number,
  digests: readonly { update(bytes: Uint8Array): unknown }[],
  { progress, signal }: CheckImagesOptions,
): Promise<void> {
  for (let at = 0; at < size; at += CHUNK) {
    progress?.({ phase: 'summing images, MiB', done: Math.floor(at / 1048576), total: Math.floor(size / 1048576) });
    const bytes = await content.read(at, Math.min(CHUNK, size - at), signal);
    for (const digest of digests) digest.update(bytes);
  }
}
