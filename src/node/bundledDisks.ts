import { createHash } from 'node:crypto';
import type { Digest } from '../source/bundle/frames.ts';
import type { BundledDisk } from '../source/bundle/manifest.ts';
import { type Bundle, openBundle } from '../source/bundle/openBundle.ts';
import { type AnswersGiven, type ByteSource, SourceError } from '../source/source.ts';
import type { Target } from './expandSpecs.ts';
import type { FileSource } from './fileSource.ts';

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
}

export const newSha256 = (): Digest => createHash('sha256');

/**
 * The disks of a bundle.
 *
 * @param file of the bundle; who opened it closes it
 * @throws FormatError when it was cut or changed; LimitError; SourceError
 */
export async function bundledTargets(file: FileSource, signal?: AbortSignal): Promise<BundledTarget[]> {
  const bundle = await openBundle(file, { newDigest: newSha256, signal });
  return bundle.manifest.disks.map((disk, index) => bundledTarget(file, bundle, disk, bundle.disks[index] ?? null));
}

function bundledTarget(file: FileSource, bundle: Bundle, disk: BundledDisk, source: ByteSource | null): BundledTarget {
  const { path, slice, directory, size, partitions } = disk;
  const failed = disk.failure === null ? null : bundle.manifest.errors[disk.failure];
  const place = { source: path, offset: 0, path: [] };
  const nothing = new SourceError(failed?.code ?? 'UNKNOWN', failed?.message ?? 'it could not be opened', place);
  return {
    target: {
      path,
      reached: null,
      slice: slice === null ? null : { path, ...slice },
      image: null,
      directory,
      error: source === null ? nothing : null,
    },
    partitions: partitions === null ? null : new Map(partitions),
    origin: { path: file.name, absolutePath: disk.absolutePath, withoutNames: bundle.manifest.withoutNames },
    answers: bundle.answers,
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
