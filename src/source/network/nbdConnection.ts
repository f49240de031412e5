import { encode } from '../../bytes/encode.ts';
import { type Decoded, type Field, type Layout, read } from '../../bytes/struct.ts';
import { SourceError, type SourceRun } from '../source.ts';
import type { ByteStream, StreamReader } from './byteStream.ts';
import { ConnectionError, wrongAnswer } from './connectionError.ts';
import {
  NBD_CHUNK,
  NBD_CHUNK_KIND,
  NBD_CHUNK_MAGIC,
  NBD_COMMAND,
  NBD_CONTEXT,
  NBD_DATA,
  NBD_DONE,
  NBD_ERROR,
  NBD_ERRORS,
  NBD_EXTENT,
  NBD_HOLE,
  NBD_REQUEST,
  NBD_REQUEST_MAGIC,
  NBD_SIMPLE_MAGIC,
  NBD_SIMPLE_REPLY,
  NBD_ZERO,
} from './nbd.layout.ts';
import type { NbdExport } from './nbdHandshake.ts';

/** What is sent beside data: lists of extents, words for people. */
const LONGEST_WORDS = 65536;
/** No server cuts a read into smaller pieces. */
const SMALLEST_PIECE = 512;
/** Milliseconds a request may take, however steadily its bytes come. */
const LONGEST_WAIT = 120_000;

interface Pending {
  readonly kind: 'read' | 'status';
  readonly offset: number;
  readonly length: number;
  /** Of a read. */
  readonly bytes: Uint8Array;
  /** What came, in the order it came: of a read what is filled, of a status what is known. */
  readonly parts: { readonly at: number; readonly length: number; readonly zero: boolean }[];
  readonly since: number;
  /** The first error that the server told of it. */
  error: SourceError | null;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * An export of which several requests may be under way: answers find theirs by the cookie. Whatever the server says that
 * was not asked for ends the connection.
 *
 * Source: NetworkBlockDevice/nbd, doc/proto.md, "Transmission phase"
 */
export class NbdConnection {
  readonly export: NbdExport;
  readonly #stream: ByteStream;
  readonly #reader: StreamReader;
  readonly #name: string;
  readonly #pending = new Map<bigint, Pending>();
  #cookie = 0n;
  #receiving = false;
  #broken: SourceError | null = null;

  constructor(opened: NbdExport & { readonly stream: ByteStream; readonly reader: StreamReader }, name: string) {
    this.export = opened;
    this.#stream = opened.stream;
    this.#reader = opened.reader;
    this.#name = name;
  }

  /**
   * @param bytes as many as the request has are filled
   * @throws ConnectionError; SourceError with what the server says of these bytes
   */
  async read(offset: number, bytes: Uint8Array): Promise<void> {
    const { parts } = await this.#ask('read', offset, bytes.length, bytes);
    const ordered = parts.map(({ at, length }) => ({ at, length })).sort((a, b) => a.at - b.at);
    let [end, pieces] = [offset, 0];
    for (const { at, length } of ordered) {
      if (at !== end) break;
      end += length;
      pieces++;
    }
    if (pieces < parts.length || end !== offset + bytes.length) {
      throw this.#break(wrongAnswer(this.#name, `all of ${bytes.length} bytes once`, `a gap or bytes twice at ${end}`));
    }
  }

  /** What the server has stored of the range; what it does not say is data. */
  async runs(offset: number, length: number): Promise<SourceRun[]> {
    const { parts } = await this.#ask('status', offset, length, new Uint8Array(0));
    return parts.map(({ at, length: count, zero }) => ({ kind: zero ? 'zero' : 'data', offset: at, length: count }));
  }

  close(): void {
    if (this.#broken === null) {
      const goodbye = {
        magic: NBD_REQUEST_MAGIC,
        flags: 0,
        type: NBD_COMMAND.disconnect,
        cookie: 0n,
        offset: 0n,
        length: 0,
      };
      // Nobody waits for an answer: there is none.
      this.#stream.send(encode(NBD_REQUEST, goodbye, false)).catch(() => undefined);
    }
    this.#break(new SourceError('source-closed', 'it was closed', { source: this.#name, offset: 0, path: [] }));
  }

  async #ask(kind: Pending['kind'], offset: number, length: number, bytes: Uint8Array): Promise<Pending> {
    if (this.#broken !== null) throw this.#broken;
    const cookie = ++this.#cookie;
    const type = kind === 'read' ? NBD_COMMAND.read : NBD_COMMAND.blockStatus;
    const request = { magic: NBD_REQUEST_MAGIC, flags: 0, type, cookie, offset: BigInt(offset), length };
    return new Promise<Pending>((resolve, reject) => {
      const pending: Pending = {
        kind,
        offset,
        length,
        bytes,
        parts: [],
        since: Date.now(),
        error: null,
        resolve: () => resolve(pending),
        reject,
      };
      this.#pending.set(cookie, pending);
      this.#stream.send(encode(NBD_REQUEST, request, false)).catch((error: unknown) => this.#end(error));
      if (!this.#receiving) void this.#receive();
    });
  }

  /** Reads answers as long as any is due. */
  async #receive(): Promise<void> {
    this.#receiving = true;
    try {
      while (this.#pending.size > 0) {
        await this.#reply();
        const [oldest] = this.#pending.values();
        if (oldest !== undefined && Date.now() - oldest.since > LONGEST_WAIT) {
          throw new ConnectionError('ETIMEDOUT', `no whole answer in ${LONGEST_WAIT / 1000} s`, this.#name);
        }
      }
    } catch (error) {
      this.#end(error);
    } finally {
      this.#receiving = false;
    }
  }

  /** Fails all that is under way: with what is wrong with the connection, or with a mistake of ours. */
  #end(error: unknown): void {
    if (error instanceof SourceError) this.#break(error);
    else for (const pending of this.#take()) pending.reject(error);
  }

  #break(error: SourceError): SourceError {
    this.#broken ??= error;
    for (const pending of this.#take()) pending.reject(this.#broken);
    this.#stream.close();
    return error;
  }

  #take(): Pending[] {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    return all;
  }

  async #reply(): Promise<void> {
    const head = await this.#reader.exactly(NBD_SIMPLE_REPLY.size);
    const { magic } = this.#decoded(NBD_SIMPLE_REPLY, head);
    if (magic === NBD_SIMPLE_MAGIC) return this.#simple(this.#decoded(NBD_SIMPLE_REPLY, head));
    if (magic !== NBD_CHUNK_MAGIC || !this.export.structured) {
      throw wrongAnswer(this.#name, 'the answer to a request', `0x${magic.toString(16)}`);
    }
    const rest = await this.#reader.exactly(NBD_CHUNK.size - head.length);
    const whole = new Uint8Array(NBD_CHUNK.size);
    whole.set(head);
    whole.set(rest, head.length);
    await this.#chunk(this.#decoded(NBD_CHUNK, whole));
  }

  async #simple({ error, cookie }: Decoded<(typeof NBD_SIMPLE_REPLY)['fields']>): Promise<void> {
    const pending = this.#due(cookie);
    if (error !== 0) pending.error = this.#errorOf(pending, error, pending.offset, '');
    else if (this.export.structured || pending.kind !== 'read') {
      throw wrongAnswer(this.#name, 'an answer in chunks', 'a simple one');
    } else {
      await this.#reader.into(pending.bytes);
      pending.parts.push({ at: pending.offset, length: pending.length, zero: false });
    }
    this.#settle(cookie, pending);
  }

  async #chunk({ flags, type, cookie, length }: Decoded<(typeof NBD_CHUNK)['fields']>): Promise<void> {
    const pending = this.#due(cookie);
    const { data, hole, none, blockStatus, error, errorAt } = NBD_CHUNK_KIND;
    if (type === data) await this.#data(pending, length);
    else if (type === hole) await this.#hole(pending, length);
    else if (type === blockStatus) await this.#status(pending, length);
    else if (type === error || type === errorAt) await this.#error(pending, length, type === errorAt);
    else if (type !== none || length !== 0) {
      throw wrongAnswer(this.#name, 'a kind of chunk that was agreed on', `${type} of ${length} bytes`);
    }
    if ((flags & NBD_DONE) !== 0) this.#settle(cookie, pending);
    else if (type === none || pending.parts.length > pending.length / SMALLEST_PIECE + 16) {
      throw wrongAnswer(this.#name, `the end of the answer to ${pending.length} bytes`, 'more pieces');
    }
  }

  async #data(pending: Pending, length: number): Promise<void> {
    const { offset } = await this.#structure(NBD_DATA, length, pending, 'read');
    const at = this.#within(pending, offset, length - NBD_DATA.size);
    await this.#reader.into(pending.bytes.subarray(at, at + length - NBD_DATA.size));
    pending.parts.push({ at: pending.offset + at, length: length - NBD_DATA.size, zero: false });
  }

  async #hole(pending: Pending, length: number): Promise<void> {
    const { offset, length: count } = await this.#structure(NBD_HOLE, length, pending, 'read');
    if (length !== NBD_HOLE.size) throw wrongAnswer(this.#name, `a hole of ${NBD_HOLE.size} bytes`, length);
    const at = this.#within(pending, offset, count);
    pending.bytes.fill(0, at, at + count);
    pending.parts.push({ at: pending.offset + at, length: count, zero: true });
  }

  async #status(pending: Pending, length: number): Promise<void> {
    const { context } = await this.#structure(NBD_CONTEXT, length, pending, 'status');
    if (length > LONGEST_WORDS || (length - NBD_CONTEXT.size) % NBD_EXTENT.size !== 0) {
      throw wrongAnswer(this.#name, `a list of extents of up to ${LONGEST_WORDS} bytes`, length);
    }
    const bytes = await this.#reader.exactly(length - NBD_CONTEXT.size);
    if (context !== this.export.allocation) throw wrongAnswer(this.#name, 'the context that was agreed on', context);
    let at = pending.offset + pending.parts.reduce((sum, part) => sum + part.length, 0);
    const end = pending.offset + pending.length;
    for (let i = 0; i < bytes.length && at < end; i += NBD_EXTENT.size) {
      const { length: count, flags } = this.#decoded(NBD_EXTENT, bytes.subarray(i, i + NBD_EXTENT.size));
      if (count === 0) throw wrongAnswer(this.#name, 'an extent of some bytes', 0);
      // The last one may go on behind what was asked for.
      const part = Math.min(count, end - at);
      pending.parts.push({ at, length: part, zero: (flags & NBD_ZERO) !== 0 });
      at += part;
    }
  }

  async #error(pending: Pending, length: number, hasOffset: boolean): Promise<void> {
    if (length > LONGEST_WORDS) throw wrongAnswer(this.#name, `an error of up to ${LONGEST_WORDS} bytes`, length);
    const { error, length: said } = await this.#structure(NBD_ERROR, length, pending, pending.kind);
    const rest = await this.#reader.exactly(length - NBD_ERROR.size);
    const behind = rest.subarray(said);
    const wanted = hasOffset ? NBD_DATA.size : 0;
    if (error === 0 || behind.length !== wanted)
      throw wrongAnswer(this.#name, 'an error with its words', `${length} bytes`);
    const at = hasOffset ? Number(this.#decoded(NBD_DATA, behind).offset) : pending.offset;
    const words = new TextDecoder().decode(rest.subarray(0, said));
    pending.error ??= this.#errorOf(pending, error, at, words);
  }

  #errorOf({ offset, length }: Pending, number: number, at: number, words: string): SourceError {
    const code = NBD_ERRORS[number] ?? 'EIO';
    // Going down, the server answers nothing any more: another connection may find the next one.
    if (code === 'ESHUTDOWN') return new ConnectionError(code, 'the server is shutting down', this.#name);
    const place = { source: this.#name, offset: at >= offset && at < offset + length ? at : offset, path: [] };
    return new SourceError(
      code,
      `${code}: the server could not read these bytes${words === '' ? '' : ` (${words})`}`,
      place,
    );
  }

  #settle(cookie: bigint, pending: Pending): void {
    this.#pending.delete(cookie);
    if (pending.error === null) pending.resolve();
    else pending.reject(pending.error);
  }

  #due(cookie: bigint): Pending {
    const pending = this.#pending.get(cookie);
    if (pending === undefined) throw wrongAnswer(this.#name, 'the cookie of a request', `0x${cookie.toString(16)}`);
    return pending;
  }

  /** @returns where in the request it begins */
  #within(pending: Pending, offset: bigint, length: number): number {
    const at = Number(offset) - pending.offset;
    if (at >= 0 && length > 0 && at + length <= pending.length) return at;
    throw wrongAnswer(this.#name, `bytes of ${pending.offset}+${pending.length}`, `${offset}+${length}`);
  }

  /** The head of what a chunk of `length` bytes holds. */
  async #structure<F extends Record<string, Field<unknown>>>(
    table: Layout<F>,
    length: number,
    pending: Pending,
    kind: Pending['kind'],
  ): Promise<Decoded<F>> {
    if (pending.kind !== kind || length < table.size || length > pending.length + LONGEST_WORDS) {
      throw wrongAnswer(
        this.#name,
        `${table.name} for a ${pending.kind} of ${pending.length} bytes`,
        `${length} bytes`,
      );
    }
    return this.#decoded(table, await this.#reader.exactly(table.size));
  }

  #decoded<F extends Record<string, Field<unknown>>>(table: Layout<F>, bytes: Uint8Array): Decoded<F> {
    return read(table, bytes, false, { source: this.#name, offset: 0, path: [table.name] });
  }
}
