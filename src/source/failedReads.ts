import type { ByteSource, FailedRead, FailedReads, SourceError } from './source.ts';

/** Ranges kept; a dying disk may have more. */
const MOST = 256;

class NotedReads implements FailedReads {
  readonly #ranges: FailedRead[] = [];
  #omitted = 0;
  #gone: SourceError | null = null;

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

  get ranges(): readonly FailedRead[] {
    return [...this.#ranges].sort((a, b) => a.offset - b.offset);
  }

  get omitted(): number {
    return this.#omitted;
  }

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
  ...(source.selection && { selection: source.selection }),
  ...(source.runs && { runs: (...range) => source.runs?.(...range) ?? Promise.resolve([]) }),
  ...(source.answers && { answers: source.answers }),
  read: (...range) => source.read(...range),
  failures: new NotedReads(),
});
