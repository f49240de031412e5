import { RangeSet } from '../bytes/rangeSet.ts';
import { failingMedia, type MayFail } from '../source/failingMedia.ts';
import type { ByteSource, SourceError } from '../source/source.ts';

export interface DeviceMediaChoice {
  /** What is done about a block device of which reads fail. Default: `never-twice`; files are read around. */
  readonly mayFail?: MayFail | undefined;
  /** Told of the first read of each device that fails. */
  readonly onFirst?: ((error: SourceError, mayFail: MayFail) => void) | undefined;
}

/** A file or device as it was opened. */
export interface MeasuredFile extends ByteSource {
  readonly block: boolean;
  /** The same for two paths that lead to the same bytes, of which `diskOffset` says where they begin. */
  readonly disk: string;
  readonly diskOffset: number;
}

/** A file or device that was read, and what of it could not be. */
export interface ReadDisk {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly refused: RangeSet;
}

/** How files and devices that may fail are read. */
export class DeviceMedia {
  readonly #choice: DeviceMediaChoice;
  readonly #disks = new Map<string, ReadDisk>();

  constructor(choice: DeviceMediaChoice = {}) {
    this.#choice = choice;
  }

  /** Those of which something could not be read. */
  get failed(): ReadDisk[] {
    return [...this.#disks.values()].filter(({ refused }) => refused.total > 0);
  }

  /** The same bytes. Two paths to one device share what failed. */
  reading(file: MeasuredFile): ByteSource {
    const { name, size, block, disk, diskOffset } = file;
    const { mayFail: wanted = 'never-twice', onFirst } = this.#choice;
    const mayFail = block ? wanted : 'around';
    const key = `${disk} ${diskOffset}`;
    const known = this.#disks.get(key) ?? { path: name, size, refused: new RangeSet() };
    this.#disks.set(key, known);
    return failingMedia(file, {
      mayFail,
      refused: known.refused,
      onFirst: (error) => (block ? onFirst?.(error, mayFail) : undefined),
    });
  }
}
