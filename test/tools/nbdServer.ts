import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

/** One request as the server has it. */
export interface NbdRequest {
  readonly type: number;
  readonly cookie: bigint;
  readonly offset: number;
  readonly length: number;
}

/** What a server does that an honest one does not. */
export interface NbdManners {
  /** In place of the usual greeting. */
  readonly greeting?: Buffer;
  /** Of one option; null for the usual answer. */
  readonly option?: (option: number, exportName: string) => Buffer | null;
  /** Of one request, with what would be answered; null ends the connection, nothing keeps silent. */
  readonly answer?: (request: NbdRequest, usual: Buffer, connection: number) => Buffer | null | undefined;
  /** Without: reads are answered as a whole. */
  readonly structured?: boolean;
  readonly least?: number;
  readonly most?: number;
  /** What it says the size is, by the number of the connection. */
  readonly size?: (connection: number) => bigint;
}

export interface NbdServer {
  readonly port: number;
  address(exportName?: string): string;
  readonly requests: readonly NbdRequest[];
  readonly connections: number;
  close(): Promise<void>;
}

const word = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, i * 4);
  return bytes;
};
const long = (...values: readonly bigint[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64BE(BigInt.asUintN(64, value), i * 8);
  return bytes;
};
const short = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

export const GREETING = Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), short(3)]);
export const optionReply = (
  option: number,
  type: number,
  data: Buffer = Buffer.alloc(0),
  length = data.length,
): Buffer => Buffer.concat([long(0x3e889045565a9n), word(option, type, length), data]);
export const exportInfo = (size: bigint): Buffer => Buffer.concat([short(0), long(size), short(0x101)]);
export const blockSizes = (least: number, most: number): Buffer => Buffer.concat([short(3), word(least, least, most)]);
export const simpleReply = (cookie: bigint, error: number, data: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([word(0x67446698, error), long(cookie), data]);
export const chunk = (cookie: bigint, flags: number, type: number, data: Buffer, length = data.length): Buffer =>
  Buffer.concat([word(0x668e33ef), short(flags), short(type), long(cookie), word(length), data]);
export const dataChunk = (cookie: bigint, flags: number, offset: number, data: Buffer): Buffer =>
  chunk(cookie, flags, 1, Buffer.concat([long(BigInt(offset)), data]));
export const holeChunk = (cookie: bigint, flags: number, offset: number, length: number): Buffer =>
  chunk(cookie, flags, 2, Buffer.concat([long(BigInt(offset)), word(length)]));
export const statusChunk = (cookie: bigint, extents: readonly (readonly [length: number, flags: number])[]): Buffer =>
  chunk(cookie, 1, 5, Buffer.concat([word(7), ...extents.map(([length, flags]) => word(length, flags))]));
export const errorChunk = (cookie: bigint, error: number, words: string): Buffer =>
  chunk(cookie, 1, 32769, Buffer.concat([word(error), short(words.length), Buffer.from(words)]));

/** Takes what comes on a socket by the number of bytes. */
function taker(socket: Socket): (length: number) => Promise<Buffer> {
  const parts = socket[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  return async (length) => {
    while (rest.length < length) {
      const { value, done } = await parts.next();
      if (done) throw new Error('ended');
      rest = Buffer.concat([rest, value as Buffer]);
    }
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
}

/** Pages of zeros are holes. */
const PAGE = 4096;

function usualAnswer(bytes: Uint8Array, { type, cookie, offset, length }: NbdRequest, structured: boolean): Buffer {
  const data = Buffer.from(bytes.subarray(offset, offset + length));
  if (type === 7) {
    const extents: [number, number][] = [];
    for (let at = offset; at < offset + length; ) {
      const end = Math.min(offset + length, (Math.floor(at / PAGE) + 1) * PAGE);
      const flags = bytes.subarray(at, end).every((byte) => byte === 0) ? 3 : 0;
      const last = extents.at(-1);
      if (last !== undefined && last[1] === flags) last[0] += end - at;
      else extents.push([end - at, flags]);
      at = end;
    }
    return statusChunk(cookie, extents);
  }
  if (data.length < length) return structured ? errorChunk(cookie, 22, 'past the end') : simpleReply(cookie, 22);
  return structured ? dataChunk(cookie, 1, offset, data) : simpleReply(cookie, 0, data);
}

/** A server of the exports, by their names, on a port of this machine. */
export async function nbdServer(
  exports: Readonly<Record<string, Uint8Array>>,
  manners: NbdManners = {},
): Promise<NbdServer> {
  const { structured = true, least = 1, most = 32 * 1024 * 1024 } = manners;
  const requests: NbdRequest[] = [];
  let connections = 0;
  const serve = async (socket: Socket): Promise<void> => {
    const number = connections++;
    const take = taker(socket);
    socket.write(manners.greeting ?? GREETING);
    await take(4);
    let bytes: Uint8Array | null = null;
    while (bytes === null) {
      const head = await take(16);
      const [option, length] = [head.readUInt32BE(8), head.readUInt32BE(12)];
      const data = await take(length);
      const name = option === 7 ? data.subarray(4, 4 + data.readUInt32BE(0)).toString() : '';
      const special = manners.option?.(option, name) ?? null;
      if (special !== null) {
        socket.write(special);
        continue;
      }
      const found = exports[name];
      if (option === 8 && structured) socket.write(optionReply(8, 1));
      else if (option === 10 && structured) {
        socket.write(
          Buffer.concat([
            optionReply(10, 4, Buffer.concat([word(7), Buffer.from('base:allocation')])),
            optionReply(10, 1),
          ]),
        );
      } else if (option === 7 && found !== undefined) {
        const size = manners.size?.(number) ?? BigInt(found.length);
        const infos = [
          optionReply(7, 3, exportInfo(size)),
          optionReply(7, 3, blockSizes(least, most)),
          optionReply(7, 1),
        ];
        socket.write(Buffer.concat(infos));
        bytes = found;
      } else if (option === 7) socket.write(optionReply(7, 0x80000006, Buffer.from('no such export')));
      else socket.write(optionReply(option, 0x80000001));
    }
    for (;;) {
      const head = await take(28);
      const request: NbdRequest = {
        type: head.readUInt16BE(6),
        cookie: head.readBigUInt64BE(8),
        offset: Number(head.readBigUInt64BE(16)),
        length: head.readUInt32BE(24),
      };
      if (request.type === 2) break;
      requests.push(request);
      const usual = usualAnswer(bytes, request, structured);
      const given = manners.answer === undefined ? usual : manners.answer(request, usual, number);
      if (given === null) break;
      if (given !== undefined) socket.write(given);
    }
    socket.destroy();
  };

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: (exportName = '') => `nbd://127.0.0.1:${port}/${encodeURIComponent(exportName)}`,
    requests,
    get connections() {
      return connections;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
