import type { Digest } from '../source/bundle/frames.ts';
import type { BundledDisk } from '../source/bundle/manifest.ts';
import { type Bundle, openBundle } from '../source/bundle/openBundle.ts';
import { lastPart, type Siblings } from '../source/images/siblings.ts';
import { type AnswersGiven, type ByteSource, SourceError } from '../source/source.ts';
import type { FileSource } from './fileSource.ts';
import { NETWORK } from './sourceSpec.ts';
import type { Target } from './target.ts';

/** Where an entry comes from that a bundle stands for. */
export interface BundleOrigin {
  /** Path of the bundle, as given. */
  readonly path: string;
  /** Of the file or device, on the host where the bundle was made. */
  readonly absolutePath: string;
  /** Names of datasets, snapshots and files are not in it. */
  readonly withoutNames: boolean;
}

/** A disk of a bundle, to be opened as if it were there. */
export interface BundledTarget {
  readonly target: Target;
  readonly file: FileSource;
  /** Where partitions begin that the system had devices of, and their numbers; null where it was not asked. */
  readonly partitions: ReadonlyMap<number, number> | null;
  readonly origin: BundleOrigin;
  /** Of blocks, in a bundle without names. */
  readonly answers: AnswersGiven | null;
  /** Other files of the image that are in the bundle. */
  readonly siblings: BundledSiblings;
}

export interface BundledSiblings extends Siblings {
  /** Those that were asked for. */
  readonly found: readonly ByteSource[];
}

/**
 * The disks of a bundle.
 *
 * @param file of the bundle; who opened it closes it
 * @param newDigest default: our own
 * @throws FormatError when it was cut or changed; LimitError; SourceError
 */
export async function bundledTargets(
  file: FileSource,
  newDigest: (() => Digest) | undefined,
  signal?: AbortSignal,
): Promise<BundledTarget[]> {
  const bundle = await openBundle(file, { newDigest, signal });
  return bundle.manifest.disks.flatMap((disk, index) =>
    disk.besides === null ? [bundledTarget(file, bundle, disk, bundle.disks[index] ?? null)] : [],
  );
}

function bundledTarget(file: FileSource, bundle: Bundle, disk: BundledDisk, source: ByteSource | null): BundledTarget {
  const { path, slice, snapshot, directory, size, partitions } = disk;
  // Of an address the lines have another form, and what is read here was read with the map.
  const map = NETWORK.test(path) ? null : disk.map;
  const failed = disk.failure === null ? null : bundle.manifest.errors[disk.failure];
  const place = { source: path, offset: 0, path: [] };
  const nothing = new SourceError(failed?.code ?? 'UNKNOWN', failed?.message ?? 'it could not be opened', place);
  return {
    target: {
      path,
      reached: null,
      slice: slice === null ? null : { path, root: null, ...slice },
      image: map === null && snapshot === null ? null : { path, snapshot, map, shards: [] },
      directory,
      error: source === null ? nothing : null,
    },
    partitions: partitions === null ? null : new Map(partitions),
    origin: { path: file.name, absolutePath: disk.absolutePath, withoutNames: bundle.manifest.withoutNames },
    answers: bundle.answers,
    siblings: siblingsOf(bundle, path),
    file: {
      ...(source ?? { name: path, size, read: () => Promise.reject(nothing) }),
      origin: 'path',
      block: disk.block,
      sectorSize: disk.sectorSize,
      disk: `${file.disk} ${file.diskOffset} ${disk.id}`,
      diskOffset: disk.offset,
      close: async () => undefined,
    },
  };
}

/** Files in a chain of parents. */
const LONGEST_CHAIN = 64;

/** @param image path of the image that they belong to */
function siblingsOf({ manifest, disks }: Bundle, image: string): BundledSiblings {
  const files = new Map<string, ByteSource>();
  for (const [index, { path, besides }] of manifest.disks.entries()) {
    const source = disks[index] ?? null;
    if (besides === image && source !== null) files.set(lastPart(path), source);
  }
  const found = new Set<ByteSource>();
  const from = (chain: readonly string[]): Siblings => ({
    async find(name) {
      const base = lastPart(name);
      const source = files.get(base);
      // It was a chain of files, each once, where the bundle was made.
      if (source === undefined || chain.includes(base) || chain.length >= LONGEST_CHAIN) return null;
      found.add(source);
      return { source, siblings: from([...chain, base]) };
    },
  });
  return {
    ...from([]),
    get found() {
      return [...found];
    },
  };
}
