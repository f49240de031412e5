import type { ByteSource, SourceError } from './source.ts';

/** A range that was needed and could not be read. */
export interface FailedRead {
  /** Bytes of the source. */
  readonly offset: number;
  readonly length: number;
  /** The first that was met there. */
  readonly error: SourceError;
}

/** Ranges kept; a dying disk may have more. */
const MOST = 256;

/**
 * What of one source was needed and could not be read. Noted by who gives a range up, not by who reads: a large read
 * that fails is made again in pieces, and what lies between them nobody misses.
 */
export class FailedReads {
  readonly #ranges: FailedRead[] = [];
  #omitted = 0;
  #gone: SourceError | null = null;

  /** With one of a device that is gone, that is noted: where it was asked then says nothing of the bytes there. */
  note(offset: number, length: number, error: SourceError): void {
    if (error.gone) {
      this.#gone ??= error;
      return;
    }
    const end = offset + length;
    const touching = this.#ranges.filter(
      (each) => each.error.code === error.code && each.offset <= end && offset <= each.offset + each.length,
    );
    if (touching.length === 0 && this.#ranges.length >= MOST) {
      this.#omitted++;
      return;
    }
    const [first] = touching;
    const from = touching.reduce((least, each) => Math.min(least, each.offset), offset);
    const to = touching.reduce((most, each) => Math.max(most, each.offset + each.length), end);
    for (const each of touching) this.#ranges.splice(this.#ranges.indexOf(each), 1);
    this.#ranges.push({ offset: from, length: to - from, error: first?.error ?? error });
  }

  /** By offset; those that touch and failed alike are one. */
  get ranges(): readonly FailedRead[] {
    return [...this.#ranges].sort((a, b) => a.offset - b.offset);
  }

  /** Failures for which there was no room. */
  get omitted(): number {
    return this.#omitted;
  }

  /** With what the device went away; null while it answers. */
  get gone(): SourceError | null {
    return this.#gone;
  }

  get any(): boolean {
    return this.#gone !== null || this.#ranges.length > 0;
  }
}

/** The same bytes as `source`, with a place to note what of them is needed and given up. */
export const noting = (source: ByteSource): ByteSource & { readonly failures: FailedReads } => ({
  name: source.name,
  size: source.size,
  read: (...range) => source.read(...range),
  failures: new FailedReads(),
});
