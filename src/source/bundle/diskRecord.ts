import { type ByteSource, SourceError } from '../source.ts';
import { KeptRanges } from './keptRanges.ts';

/** A piece of a disk in the stream of kept bytes. */
interface KeptRun {
  readonly offset: number;
  readonly length: number;
  readonly position: number;
}

/** A run as the table of a bundle has it, but for the disk. */
export interface TableRun {
  readonly error: number;
  readonly offset: bigint;
  readonly length: bigint;
  readonly position: bigint;
}

/** What a record does with bytes and errors: both are given a number. */
export interface RecordSink {
  /** @returns where the bytes stand in the stream of kept bytes */
  readonly keep: (bytes: Uint8Array) => number;
  /** Nothing that is read now is kept. */
  readonly ignores: () => boolean;
  readonly numberOf: (error: SourceError) => number;
  /** Waits until there is room for more. */
  readonly settled: () => Promise<void>;
}

/** A wrong argument of the caller says nothing of the disk. */
const OF_THE_CALLER: ReadonlySet<string> = new Set(['source-short', 'source-closed']);

/**
 * Notes what is read of one disk, each byte once. Until it is accepted it waits in memory: a file of a directory may turn
 * out to be none of the pool's, and then nothing of it is kept.
 */
export class DiskRecord {
  readonly #sink: RecordSink;
  readonly #ranges = new KeptRanges();
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  readonly #positions: number[] = [];
  readonly #failed: { readonly offset: number; readonly length: number; readonly error: SourceError }[] = [];
  #waiting: { readonly offset: number; readonly bytes: Uint8Array }[] | null = [];
  /** With what the device went away; null while it answers. */
  gone: SourceError | null = null;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  accept(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const { offset, bytes } of waiting) this.#keep(offset, bytes);
  }

  /** The same bytes and errors as `source`, noted. */
  of(source: ByteSource): ByteSource {
    return {
      name: source.name,
      size: source.size,
      selection: { lacks: () => false, searched: source },
      read: async (offset, length, signal, into) => {
        if (this.#sink.ignores()) return source.read(offset, length, signal, into);
        try {
          const bytes = await source.read(offset, length, signal, into);
          this.#note(offset, bytes);
          await this.#sink.settled();
          return bytes;
        } catch (error) {
          if (error instanceof SourceError && !OF_THE_CALLER.has(error.code)) this.#fail(offset, length, error);
          throw error;
        }
      },
    };
  }

  #note(offset: number, bytes: Uint8Array): void {
    if (this.#waiting === null) this.#keep(offset, bytes);
    // The caller may use the memory for the next read.
    else this.#waiting.push({ offset, bytes: bytes.slice() });
  }

  #keep(offset: number, bytes: Uint8Array): void {
    for (const { start, end } of [...this.#ranges.gaps(offset, offset + bytes.length)]) {
      this.#addRun(start, end - start, this.#sink.keep(bytes.subarray(start - offset, end - offset)));
    }
    this.#ranges.add(offset, offset + bytes.length);
  }

  #addRun(offset: number, length: number, position: number): void {
    const last = this.#offsets.length - 1;
    const before = this.#lengths[last] ?? 0;
    if (last >= 0 && this.#offsets[last] === offset - before && this.#positions[last] === position - before) {
      this.#lengths[last] = before + length;
      return;
    }
    this.#offsets.push(offset);
    this.#lengths.push(length);
    this.#positions.push(position);
  }

  #fail(offset: number, length: number, error: SourceError): void {
    if (error.gone) this.gone ??= error;
    this.#failed.push({ offset, length, error });
  }

  /** By offset, without overlap. What was read after all is no error: a smaller read may pass where a larger one failed. */
  *runs(): Generator<TableRun> {
    const failed = this.#failedRuns();
    let next = 0;
    for (const { offset, length, position } of this.#sorted()) {
      for (; (failed[next]?.offset ?? Number.POSITIVE_INFINITY) < offset; next++) yield tableRun(failed[next]);
      yield { error: 0, offset: BigInt(offset), length: BigInt(length), position: BigInt(position) };
    }
    for (; next < failed.length; next++) yield tableRun(failed[next]);
  }

  *#sorted(): Generator<KeptRun> {
    const order = Uint32Array.from(this.#offsets.keys()).sort(
      (a, b) => (this.#offsets[a] ?? 0) - (this.#offsets[b] ?? 0),
    );
    for (const i of order) {
      const [offset = 0, length = 0, position = 0] = [this.#offsets[i], this.#lengths[i], this.#positions[i]];
      yield { offset, length, position };
    }
  }

  #failedRuns(): readonly FailedRun[] {
    const runs: FailedRun[] = [];
    // The last reads of a place were the smallest.
    for (const { offset, length, error } of this.#failed.reverse()) {
      for (const { start, end } of [...this.#ranges.gaps(offset, offset + length)]) {
        runs.push({ offset: start, length: end - start, error: this.#sink.numberOf(error) + 1 });
        this.#ranges.add(start, end);
      }
    }
    return runs.sort((a, b) => a.offset - b.offset);
  }
}

interface FailedRun {
  readonly offset: number;
  readonly length: number;
  readonly error: number;
}

const tableRun = (run: FailedRun | undefined): TableRun => ({
  error: run?.error ?? 0,
  offset: BigInt(run?.offset ?? 0),
  length: BigInt(run?.length ?? 0),
  position: 0n,
});
