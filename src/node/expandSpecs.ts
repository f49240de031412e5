import { ZfsUberError } from '../bytes/errors.ts';
import { SourceError } from '../source/source.ts';
import { mapBounded } from './bounded.ts';
import { type FileHost, type FileStatus, systemError } from './fileHost.ts';
import { NETWORK, parseImageSpec, parseNetworkSuffix, parseSlice } from './sourceSpec.ts';
import { NAMED, noImages, type SourceSpec, type Target } from './target.ts';

/** Stats at a time: enough to hide the latency of a network file system. */
const CONCURRENT = 16;
/** Names taken of one directory. A pool has hundreds of disks, a mail folder a million files. */
const MAX_NAMES = 65536;

/**
 * What the texts on a command line stand for, in their order; a directory gives its files by name, hidden ones and
 * what is neither a file nor a block device left out.
 *
 * @param atATime directories that are open at a time
 * @returns one target a file; what cannot be found is a target with its error
 */
export async function expandSpecs(
  host: FileHost,
  specs: readonly SourceSpec[],
  atATime = CONCURRENT,
): Promise<Target[]> {
  const expanded = await mapBounded(specs, atATime, async (spec): Promise<readonly Target[]> => {
    if (typeof spec !== 'string') return [{ ...NAMED, path: spec.name, reached: spec }];
    return NETWORK.test(spec) ? networkTargets(spec) : expandSpec(host, spec);
  });
  return expanded.flat();
}

/** @throws UsageError when it is no address */
async function networkTargets(spec: string): Promise<Target[]> {
  const { parseNetworkSpec } = await import('./network/address.ts');
  const { address: text, slice, image } = parseNetworkSuffix(spec);
  const address = parseNetworkSpec(text);
  const { shown: path } = address;
  return [
    {
      ...NAMED,
      ...{ path, reached: address },
      slice: slice && { ...slice, path },
      image: image && { ...image, path },
    },
  ];
}

async function expandSpec(host: FileHost, spec: string): Promise<Target[]> {
  const target: Target = { ...NAMED, path: spec };
  try {
    const status = await statOf(host, spec);
    if (status instanceof SourceError) {
      // A file whose name ends like that was not found, so the text may be a slice, or say more of an image.
      const image = parseImageSpec(spec);
      if (image !== null && image.shards.length > 0) {
        const files = await expandSpec(host, image.path);
        return files.map((each) => ({ ...each, image: { ...(each.image ?? image), shards: image.shards } }));
      }
      const rest = image?.path ?? spec;
      const named = image === null ? status : await statOf(host, rest);
      if (!(named instanceof SourceError)) return [{ ...target, path: rest, image }];
      const slice = image === null || image.map !== null ? parseSlice(rest) : null;
      if (slice === null) return [{ ...target, path: rest, image, error: named }];
      const whole = await statOf(host, slice.path);
      return [{ ...target, path: slice.path, slice, image, error: whole instanceof SourceError ? whole : null }];
    }
    return status.isDirectory() ? await listDirectory(host, spec) : [target];
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return [{ ...target, error }];
  }
}

async function listDirectory(host: FileHost, directory: string): Promise<Target[]> {
  const place = { source: directory, offset: 0, path: [] };
  const names = await host.list(directory).catch((error: unknown) => Promise.reject(systemError(error, place)));
  const shown = names
    .filter((name) => !name.startsWith('.'))
    .sort()
    .slice(0, MAX_NAMES);
  const found = await mapBounded(shown, CONCURRENT, async (name): Promise<Target[]> => {
    const path = directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
    const status = await statOf(host, path);
    // A link that leads nowhere is no image; anything else that cannot be looked at may be one.
    if (status instanceof SourceError && status.code === 'ENOENT') return [];
    if (status instanceof SourceError) return [{ ...NAMED, path, directory, error: status }];
    if (!status.isFile() && !status.isBlockDevice()) return [];
    return [{ ...NAMED, path, directory }];
  });
  const targets = found.flat();
  if (targets.length > 0) return targets;
  // Said here because no file is left to say it of.
  return [{ ...NAMED, path: directory, error: noImages(directory) }];
}

/** @returns the error instead of throwing it: often it only means that the next reading of a text is to be tried */
async function statOf(host: FileHost, path: string): Promise<FileStatus | SourceError> {
  try {
    return await host.stat(path);
  } catch (error) {
    return systemError(error, { source: path, offset: 0, path: [] });
  }
}
