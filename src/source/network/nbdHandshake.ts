import { encode } from '../../bytes/encode.ts';
import { LimitError, UnsupportedError } from '../../bytes/errors.ts';
import { type Decoded, type Field, type Layout, read } from '../../bytes/struct.ts';
import { SourceError } from '../source.ts';
import { type ByteStream, StreamReader } from './byteStream.ts';
import { wrongAnswer } from './connectionError.ts';
import {
  NBD_CLIENT_FLAGS,
  NBD_CONTEXT,
  NBD_FIXED,
  NBD_GREETING,
  NBD_INFO,
  NBD_INFO_BLOCK_SIZE,
  NBD_INFO_EXPORT,
  NBD_MAGIC,
  NBD_NEWSTYLE,
  NBD_NO_ZEROES,
  NBD_OPTION,
  NBD_OPTION_KIND,
  NBD_OPTION_REPLY,
  NBD_OPTION_REPLY_MAGIC,
  NBD_REFUSALS,
  NBD_REFUSES,
  NBD_REPLY,
} from './nbd.layout.ts';

/** What a server says of an export. */
export interface NbdExport {
  /** Bytes. */
  readonly size: number;
  /** Requests begin and end on multiples of it. */
  readonly least: number;
  /** Bytes of a request at most. */
  readonly most: number;
  /** Reads are answered in chunks. */
  readonly structured: boolean;
  /** Number of the context `base:allocation`; null where the server has none. */
  readonly allocation: number | null;
}

/** Of one answer to an option: names and messages for people. */
const LONGEST_REPLY = 65536;
/** Answers to one option: one for each piece of information. */
const MOST_REPLIES = 256;
/** What a request may have where a server names no limit. */
const USUAL_MOST = 32 * 1024 * 1024;
const LARGEST_LEAST = 65536;
const CONTEXT = 'base:allocation';

interface Reply {
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * The part of the protocol up to the export, in its fixed newstyle form.
 *
 * Source: NetworkBlockDevice/nbd, doc/proto.md, "Fixed newstyle negotiation"
 */
export class NbdHandshake {
  readonly #name: string;
  #stream: ByteStream;
  #reader: StreamReader;

  private constructor(stream: ByteStream, name: string) {
    this.#name = name;
    this.#stream = stream;
    this.#reader = new StreamReader(stream, name);
  }

  /**
   * Hears the server's greeting and answers it.
   *
   * @param name of the source, for errors
   * @throws UnsupportedError for a server that has no options; ConnectionError
   */
  static async begin(stream: ByteStream, name: string): Promise<NbdHandshake> {
    const handshake = new NbdHandshake(stream, name);
    const { magic, style, flags } = await handshake.#structure(NBD_GREETING);
    if (magic !== NBD_MAGIC) throw wrongAnswer(name, 'the greeting of an NBD server', `0x${magic.toString(16)}`);
    if (style !== NBD_NEWSTYLE || (flags & NBD_FIXED) === 0) {
      throw new UnsupportedError(
        'the server speaks the old form of NBD, which has no options: use qemu-nbd or nbdkit',
        {
          source: name,
          offset: 0,
          path: [],
        },
      );
    }
    await stream.send(encode(NBD_CLIENT_FLAGS, { flags: flags & (NBD_FIXED | NBD_NO_ZEROES) }, false));
    return handshake;
  }

  /**
   * @param upgrade what makes of the connection one with TLS
   * @throws SourceError `refused` when the server has no TLS; what `upgrade` throws
   */
  async startTls(upgrade: () => Promise<ByteStream>): Promise<void> {
    await this.#stream.send(optionBytes(NBD_OPTION_KIND.startTls));
    const [last] = (await this.#replies(NBD_OPTION_KIND.startTls)).slice(-1);
    if (last?.type !== NBD_REPLY.ack) throw this.#refused(last, 'TLS');
    // Sent before the connection is safe, it could be anybody's.
    if (this.#reader.waiting > 0) throw wrongAnswer(this.#name, 'nothing before TLS', `${this.#reader.waiting} bytes`);
    this.#stream = await upgrade();
    this.#reader = new StreamReader(this.#stream, this.#name);
  }

  /**
   * Chooses the export; what follows on the stream are requests and their answers.
   *
   * @throws SourceError `refused` when the server does not give it; LimitError for 2^53 bytes or more; ConnectionError
   */
  async open(exportName: string): Promise<NbdExport & { readonly stream: ByteStream; readonly reader: StreamReader }> {
    const { structuredReply, setMetaContext, go } = NBD_OPTION_KIND;
    // All at once: a server answers in order, and each answer alone would cost a way there and back.
    const name = new TextEncoder().encode(exportName);
    await this.#stream.send(
      joined(
        optionBytes(structuredReply),
        optionBytes(setMetaContext, counted(name), word(1), counted(new TextEncoder().encode(CONTEXT))),
        optionBytes(go, counted(name), new Uint8Array([0, 1, 0, NBD_INFO.blockSize])),
      ),
    );
    const structured = (await this.#replies(structuredReply)).at(-1)?.type === NBD_REPLY.ack;
    const contexts = await this.#replies(setMetaContext);
    const chosen = contexts.find(({ type }) => type === NBD_REPLY.metaContext);
    const accepted = structured && contexts.at(-1)?.type === NBD_REPLY.ack;
    const allocation = accepted && chosen !== undefined ? this.#decoded(NBD_CONTEXT, chosen.data).context : null;
    const replies = await this.#replies(go);
    const last = replies.at(-1);
    if (last?.type !== NBD_REPLY.ack) throw this.#refused(last, `the export '${exportName}'`);
    const told = this.#told(replies);
    return { ...told, structured, allocation, stream: this.#stream, reader: this.#reader };
  }

  #told(replies: readonly Reply[]): Pick<NbdExport, 'size' | 'least' | 'most'> {
    let size: bigint | null = null;
    let [least, most] = [1, USUAL_MOST];
    for (const { type, data } of replies) {
      if (type !== NBD_REPLY.info || data.length < 2) continue;
      const kind = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
      if (kind === NBD_INFO.export) size = this.#decoded(NBD_INFO_EXPORT, data).size;
      if (kind === NBD_INFO.blockSize) ({ least, most } = this.#decoded(NBD_INFO_BLOCK_SIZE, data));
    }
    const place = { source: this.#name, offset: 0, path: [] };
    if (size === null) throw wrongAnswer(this.#name, 'the size of the export', 'none');
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new LimitError(`${size} bytes, and 2^53 are too many`, place);
    if (size === 0n) throw new SourceError('source-empty', 'it is empty: 0 bytes', place);
    const isPower = Number.isInteger(Math.log2(least));
    if (!isPower || least > LARGEST_LEAST || most < least) {
      throw wrongAnswer(this.#name, `block sizes up to ${LARGEST_LEAST} that are powers of 2`, `${least} to ${most}`);
    }
    return { size: Number(size), least, most };
  }

  /** Up to the one that ends them: it refuses, or agrees. */
  async #replies(option: number): Promise<Reply[]> {
    const replies: Reply[] = [];
    for (let i = 0; i < MOST_REPLIES; i++) {
      const { magic, option: of, type, length } = await this.#structure(NBD_OPTION_REPLY);
      if (magic !== NBD_OPTION_REPLY_MAGIC || of !== option) {
        throw wrongAnswer(this.#name, `an answer to option ${option}`, `0x${magic.toString(16)} to ${of}`);
      }
      if (length > LONGEST_REPLY) {
        throw wrongAnswer(this.#name, `an answer of up to ${LONGEST_REPLY} bytes`, `${length} bytes`);
      }
      replies.push({ type, data: await this.#reader.exactly(length) });
      if (type === NBD_REPLY.ack || type >= NBD_REFUSES) return replies;
    }
    throw wrongAnswer(this.#name, `up to ${MOST_REPLIES} answers to option ${option}`, 'more');
  }

  #refused(reply: Reply | undefined, what: string): SourceError {
    const why = NBD_REFUSALS[(reply?.type ?? 0) - NBD_REFUSES] ?? 'it does not say why';
    const place = { source: this.#name, offset: 0, path: [] };
    return new SourceError('refused', `the server does not give ${what}: ${why}`, place);
  }

  async #structure<F extends Record<string, Field<unknown>>>(table: Layout<F>): Promise<Decoded<F>> {
    return this.#decoded(table, await this.#reader.exactly(table.size));
  }

  #decoded<F extends Record<string, Field<unknown>>>(table: Layout<F>, bytes: Uint8Array): Decoded<F> {
    if (bytes.length < table.size) throw wrongAnswer(this.#name, `${table.name} of ${table.size} bytes`, bytes.length);
    return read(table, bytes, false, { source: this.#name, offset: 0, path: [table.name] });
  }
}

function optionBytes(option: number, ...data: readonly Uint8Array[]): Uint8Array {
  const length = data.reduce((sum, part) => sum + part.length, 0);
  return joined(encode(NBD_OPTION, { magic: NBD_NEWSTYLE, option, length }, false), ...data);
}

/** The length in four bytes, and the bytes. */
const counted = (bytes: Uint8Array): Uint8Array => joined(word(bytes.length), bytes);

const word = (value: number): Uint8Array => encode(NBD_CLIENT_FLAGS, { flags: value }, false);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
