import { resolve } from 'node:path';
import type { ZfsUberError } from '../bytes/errors.ts';
import type { BundleWriter, DiskFacts, RecordedDisk } from '../source/bundle/bundleWriter.ts';
import { ChunkCache } from '../source/chunkCache.ts';
import type { Siblings } from '../source/images/siblings.ts';
import type { AnswersKept, ByteSource } from '../source/source.ts';
import { deviceIdentity } from './blockDevice.ts';
import { FILE_HOST } from './fileHost.ts';
import type { FileSource } from './fileSource.ts';
import { NAMED, type Target } from './target.ts';

/** A file or device of which all that is read goes into a bundle. */
export interface RecordedFile {
  readonly file: FileSource;
  /**
   * Something of it is a source. Without it nothing that was read of it is kept.
   *
   * @param partitions as the system has them; null where it was not asked
   */
  accept(partitions: ReadonlyMap<number, number> | null): void;
}

/** Files beside an image of which all that is read goes into a bundle. */
export interface RecordedSiblings extends Siblings {
  accept(): void;
}

/** Hands to a bundle what is read of the sources, by the names that they were opened by. */
export class SourceRecorder {
  readonly #writer: BundleWriter;
  readonly #identity: boolean;
  /** Below the bundle: what is read ahead of need is not kept. */
  readonly #cache = new ChunkCache();

  /** @param identity ask what the maker of each device has written on it */
  constructor(writer: BundleWriter, identity: boolean) {
    this.#writer = writer;
    this.#identity = identity;
  }

  /** Takes what is said of blocks, where their bytes are not kept. */
  get answers(): AnswersKept | null {
    return this.#writer.answers;
  }

  /** @param order of the target among all */
  async record(order: number, target: Target, file: FileSource): Promise<RecordedFile> {
    const { size, block, sectorSize, disk: id, diskOffset: offset } = file;
    const asked = this.#identity && block;
    const identity = asked ? await deviceIdentity(FILE_HOST, id.replace(/^block /, '')) : null;
    const facts = { ...named(target), size, block, sectorSize, id, offset, identity };
    const { source, accept } = this.#writer.addDisk(order, facts, this.#cache.of(file));
    return {
      file: { ...file, ...source },
      accept: (partitions) => accept(partitions === null ? null : [...partitions]),
    };
  }

  /** The same siblings, of which what is read is kept too once the image is accepted. */
  siblings(order: number, target: Target, siblings: Siblings): RecordedSiblings {
    const recorded = new Map<ByteSource, RecordedDisk>();
    const record = (source: ByteSource): ByteSource => {
      const known = recorded.get(source);
      if (known !== undefined) return known.source;
      const { name: path, size } = source;
      const own = named({ ...NAMED, path });
      const facts = { ...own, besides: target.path, ...UNKNOWN, size, id: path };
      const disk = this.#writer.addDisk(order, facts, this.#cache.of(source));
      recorded.set(source, disk);
      return disk.source;
    };
    const through = (inner: Siblings): Siblings => ({
      async find(name) {
        const found = await inner.find(name);
        return found === null ? null : { source: record(found.source), siblings: through(found.siblings) };
      },
    });
    return {
      ...through(siblings),
      accept: () => {
        for (const { accept } of recorded.values()) accept(null);
      },
    };
  }

  fail(order: number, target: Target, error: ZfsUberError): void {
    this.#writer.addFailure(order, { ...named(target), ...UNKNOWN }, error);
  }
}

const UNKNOWN = { size: 0, block: false, sectorSize: null, id: '', offset: 0, identity: null } as const;

const named = ({
  path,
  reached,
  slice,
  image,
  directory,
}: Target): Pick<DiskFacts, 'path' | 'absolutePath' | 'slice' | 'map' | 'snapshot' | 'directory' | 'besides'> => ({
  path,
  besides: null,
  absolutePath: reached === null ? resolve(path) : path,
  slice: slice === null ? null : { offset: slice.offset, length: slice.length },
  map: image?.map == null ? null : resolve(image.map),
  snapshot: image?.snapshot ?? null,
  directory,
});
