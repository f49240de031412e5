import { RangeSet } from '../bytes/rangeSet.ts';
import { failingMedia, type MayFail } from '../source/failingMedia.ts';
import type { LeftOut } from '../source/images/ddrescue.ts';
import type { ByteSource, SourceError } from '../source/source.ts';

/** What is done about a device of which reads fail where nobody says. */
export const USUALLY: MayFail = 'never-twice';

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
  /** What is not asked for, by the map that says so. */
  readonly leftOut: ReadonlyMap<string, LeftOut>;
}

/** How files and devices that may fail are read. */
export class DeviceMedia {
  readonly #choice: DeviceMediaChoice;
  readonly #disks = new Map<string, ReadDisk & { readonly leftOut: Map<string, LeftOut> }>();

  constructor(choice: DeviceMediaChoice = {}) {
    this.#choice = choice;
  }

  /** What is done about a device of which reads fail. */
  get mayFail(): MayFail {
    return this.#choice.mayFail ?? USUALLY;
  }

  /** Those of which something could not be read. */
  get failed(): ReadDisk[] {
    return [...this.#disks.values()].filter(({ refused }) => refused.total > 0);
  }

  /** The same bytes. Two paths to one device share what failed. */
  reading(file: MeasuredFile): ByteSource {
    const { name, size, block } = file;
    const { onFirst } = this.#choice;
    const mayFail = block ? this.mayFail : 'around';
    const key = keyOf(file);
    const known = this.#disks.get(key) ?? { path: name, size, refused: new RangeSet(), leftOut: new Map() };
    this.#disks.set(key, known);
    return failingMedia(file, {
      mayFail,
      refused: known.refused,
      onFirst: (error) => (block ? onFirst?.(error, mayFail) : undefined),
    });
  }

  /** What of a file that is read so is not asked for: it belongs into the map of what could not be read. */
  leavingOut(file: MeasuredFile, leftOut: LeftOut): void {
    this.#disks.get(keyOf(file))?.leftOut.set(leftOut.map, leftOut);
  }
}

const keyOf = ({ disk, diskOffset }: MeasuredFile): string => `${disk} ${diskOffset}`;
