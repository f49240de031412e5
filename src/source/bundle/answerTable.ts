import type { AnswersKept, StoredAnswer } from '../source.ts';

/** An entry of the table of answers, as a bundle has it. */
export interface TableAnswer {
  readonly key: Uint8Array;
  readonly position: bigint;
  readonly about: number;
  readonly content: number;
}

/** Keeps answers of blocks, each once, in a bundle that has no bytes of blocks. */
export class AnswerTable implements AnswersKept {
  readonly secret: Uint8Array;
  readonly #keep: (bytes: Uint8Array) => number;
  readonly #settled: () => Promise<void>;
  readonly #entries = new Map<string, Omit<TableAnswer, 'key'>>();
  #blocksUnderWay = 0;
  #closed = false;

  /** @param keep gives where the bytes stand @param settled waits until there is room for more */
  constructor(secret: Uint8Array, keep: (bytes: Uint8Array) => number, settled: () => Promise<void>) {
    this.secret = secret;
    this.#keep = keep;
    this.#settled = settled;
  }

  /** What is read of a disk now may be a block, of which no byte is kept. */
  get ignoresBytes(): boolean {
    return this.#closed || this.#blocksUnderWay > 0;
  }

  closeBytes(): void {
    this.#closed = true;
  }

  async unkept<T>(work: () => Promise<T>): Promise<T> {
    this.#blocksUnderWay++;
    try {
      return await work();
    } finally {
      this.#blocksUnderWay--;
    }
  }

  async keep(key: string, { about, content }: StoredAnswer): Promise<void> {
    if (this.#entries.has(key)) return;
    const text = new TextEncoder().encode(about);
    const position = BigInt(this.#keep(text));
    if (content !== null) this.#keep(content);
    this.#entries.set(key, { position, about: text.length, content: content === null ? 0 : content.length + 1 });
    await this.#settled();
  }

  /** By key. */
  *entries(): Generator<TableAnswer> {
    for (const key of [...this.#entries.keys()].sort()) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) yield { key: bytesOf(key), ...entry };
    }
  }
}

const bytesOf = (key: string): Uint8Array =>
  Uint8Array.from({ length: key.length / 2 }, (_, i) => Number.parseInt(key.slice(i * 2, i * 2 + 2), 16));
