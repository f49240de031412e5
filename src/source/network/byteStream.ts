import { ConnectionError } from './connectionError.ts';

/** Both directions of a connection: a socket, or what stands for one in a test. */
export interface ByteStream {
  /**
   * What came next, at least one byte; null when the other side has ended.
   *
   * @throws ConnectionError when the connection breaks, or nothing came for long
   */
  receive(): Promise<Uint8Array | null>;
  /** @throws ConnectionError */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** Takes what comes on a stream by the number of bytes that are to come. */
export class StreamReader {
  readonly #stream: ByteStream;
  readonly #name: string;
  #rest: Uint8Array = new Uint8Array(0);

  /** @param name of the source, for errors */
  constructor(stream: ByteStream, name: string) {
    this.#stream = stream;
    this.#name = name;
  }

  /** Bytes that came, and nobody has taken. */
  get waiting(): number {
    return this.#rest.length;
  }

  /** @throws ConnectionError when the other side ends before */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    await this.into(bytes);
    return bytes;
  }

  /** Fills `bytes`. @throws ConnectionError when the other side ends before */
  async into(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#rest.length === 0) {
        const came = await this.#stream.receive();
        if (came === null) throw new ConnectionError('ECONNRESET', 'the server ended the connection', this.#name);
        this.#rest = came;
      }
      const part = this.#rest.subarray(0, bytes.length - at);
      bytes.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
  }
}
