import type { Place } from '../bytes/place.ts';
import { type ByteSource, SourceError } from '../source/source.ts';
import type { Attempt } from './blockRead.ts';
import type { BlockTask, Fetched, VdevLayout } from './vdevLayout.ts';

/** Two labels and the boot area stand before the allocatable space. Source: include/sys/fs/zfs.h, VDEV_LABEL_START_SIZE */
export const LABEL_START = 4 * 1024 * 1024;
/** Part of that between the labels and the allocatable space. Source: include/sys/vdev_impl.h, VDEV_BOOT_SIZE */
export const BOOT_AREA = 3.5 * 1024 * 1024;

/**
 * A disk or file.
 *
 * A source that ends before the range is `absent` there, like a device that is not: nothing can be said of its bytes.
 * An offset down to -{@link BOOT_AREA} is in the boot area, where an expansion of a raidz keeps its scratch copy.
 */
export class LeafLayout implements VdevLayout {
  readonly name: string;
  readonly copies = 1;
  readonly #source: ByteSource;
  readonly #path: readonly string[];

  constructor(name: string, source: ByteSource) {
    this.name = name;
    this.#source = source;
    this.#path = [name];
  }

  place(offset: number): Place {
    return { source: this.#source.name, offset: offset + LABEL_START, path: this.#path };
  }

  lacks(offset: number, size: number): boolean {
    return this.#source.selection?.lacks(offset + LABEL_START, size) ?? false;
  }

  async fetch(offset: number, size: number, signal?: AbortSignal): Promise<Uint8Array | Attempt> {
    const at = offset + LABEL_START;
    if (at < LABEL_START - BOOT_AREA || at + size > this.#source.size) {
      const place = this.place(offset);
      const message = `wanted ${at}+${size} of ${this.#source.size} bytes`;
      return { place, vdev: this.name, outcome: 'absent', error: new SourceError('source-short', message, place) };
    }
    try {
      return await this.#source.read(at, size, signal);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.#source.failures?.note(at, size, error);
      return { place: this.place(offset), vdev: this.name, outcome: 'unreadable', error };
    }
  }

  async fetchAll(offset: number, size: number, signal?: AbortSignal): Promise<readonly (Fetched | Attempt)[]> {
    const got = await this.fetch(offset, size, signal);
    return [got instanceof Uint8Array ? { bytes: got, vdev: this.name, place: this.place(offset) } : got];
  }

  async read(offset: number, size: number, task: BlockTask): Promise<Uint8Array | null> {
    const got = await this.fetch(offset, size, task.signal);
    if (!(got instanceof Uint8Array)) {
      task.attempts.push(got);
      return null;
    }
    const place = this.place(offset);
    if (task.check.matches(got, offset + LABEL_START)) {
      task.attempts.push({ place, vdev: this.name, outcome: 'good', error: null });
      return got;
    }
    task.attempts.push({ place, vdev: this.name, outcome: 'wrong', error: task.check.mismatch(place) });
    return null;
  }
}
