import { copyFile, mkdir, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeLabels } from '../tools/forgeLabel.ts';
import { type LabelBytes, labelsOfFile } from '../tools/labelImage.ts';
import type { ToldSource } from '../tools/reseal.ts';

/** Images of one pool that may be written to, and made whole again. */
export class WorkingCopy {
  readonly paths: readonly string[];
  readonly #originals: readonly string[];
  readonly #labels: readonly LabelBytes[];
  readonly #dirty: { readonly offset: number; readonly length: number }[][];

  private constructor(originals: readonly string[], paths: readonly string[], labels: readonly LabelBytes[]) {
    this.#originals = originals;
    this.paths = paths;
    this.#labels = labels;
    this.#dirty = paths.map(() => []);
  }

  static async of(originals: readonly string[], folder: string): Promise<WorkingCopy> {
    await mkdir(folder, { recursive: true });
    const paths = originals.map((path) => join(folder, basename(path)));
    for (const [i, path] of originals.entries()) await copyFile(path, paths[i] ?? '');
    return new WorkingCopy(originals, paths, await Promise.all(originals.map(labelsOfFile)));
  }

  /** The labels of each image as they were. */
  get labels(): readonly LabelBytes[] {
    return this.#labels;
  }

  /** Writes what `sources`, in the order of the images, say other than the images. */
  async write(sources: readonly ToldSource[]): Promise<void> {
    for (const [i, source] of sources.entries()) {
      const file = await open(this.paths[i] ?? '', 'r+');
      try {
        for (const { offset, length } of source.changed) {
          await file.write(new Uint8Array(await source.read(offset, length)), 0, length, offset);
          this.#dirty[i]?.push({ offset, length });
        }
      } finally {
        await file.close();
      }
    }
  }

  async writeLabels(index: number, labels: LabelBytes): Promise<void> {
    const file = await open(this.paths[index] ?? '', 'r+');
    try {
      await writeLabels(file, labels);
    } finally {
      await file.close();
    }
  }

  /** Undoes all that was written. */
  async restore(): Promise<void> {
    for (const [i, dirty] of this.#dirty.entries()) {
      const [from, to] = [await open(this.#originals[i] ?? '', 'r'), await open(this.paths[i] ?? '', 'r+')];
      try {
        for (const { offset, length } of dirty.splice(0)) {
          const bytes = new Uint8Array(length);
          await from.read(bytes, 0, length, offset);
          await to.write(bytes, 0, length, offset);
        }
        const labels = this.#labels[i];
        if (labels !== undefined) await writeLabels(to, labels);
      } finally {
        await Promise.all([from.close(), to.close()]);
      }
    }
  }
}
