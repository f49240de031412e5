import { resolve } from 'node:path';
import type { ZfsUberError } from '../bytes/errors.ts';
import type { BundleWriter, DiskFacts } from '../source/bundle/bundleWriter.ts';
import { ChunkCache } from '../source/chunkCache.ts';
import type { AnswersKept } from '../source/source.ts';
import { deviceIdentity } from './blockDevice.ts';
import type { Target } from './expandSpecs.ts';
import type { FileHost } from './fileHost.ts';
import type { FileSource } from './fileSource.ts';

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
  async record(host: FileHost, order: number, target: Target, file: FileSource): Promise<RecordedFile> {
    const { size, block, sectorSize, disk: id, diskOffset: offset } = file;
    const asked = this.#identity && block;
    const identity = asked ? await deviceIdentity(host, id.replace(/^block /, '')) : null;
    const facts = { ...named(target), size, block, sectorSize, id, offset, identity };
    const { source, accept } = this.#writer.addDisk(order, facts, this.#cache.of(file));
    return {
      file: { ...file, ...source },
      accept: (partitions) => accept(partitions === null ? null : [...partitions]),
    };
  }

  fail(order: number, target: Target, error: ZfsUberError): void {
    const unknown = { size: 0, block: false, sectorSize: null, id: '', offset: 0, identity: null };
    this.#writer.addFailure(order, { ...named(target), ...unknown }, error);
  }
}

const named = ({
  path,
  reached,
  slice,
  directory,
}: Target): Pick<DiskFacts, 'path' | 'absolutePath' | 'slice' | 'directory'> => ({
  path,
  absolutePath: reached === null ? resolve(path) : path,
  slice: slice === null ? null : { offset: slice.offset, length: slice.length },
  directory,
});
