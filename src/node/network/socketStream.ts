import { readFile } from 'node:fs/promises';
import { connect, isIP, type Socket } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { ByteStream } from '../../source/network/byteStream.ts';
import { ConnectionError } from '../../source/network/connectionError.ts';
import type { NbdAddress } from './address.ts';
import { connectionError } from './connectionTrouble.ts';

/** How long is waited, in milliseconds. */
export interface NetworkPatience {
  /** For a connection. */
  readonly connectMs: number;
  /** For the next bytes of an answer. */
  readonly silentMs: number;
  /** Before the second try, and before each further one. */
  readonly pausesMs: readonly number[];
}

export const PATIENCE: NetworkPatience = { connectMs: 10_000, silentMs: 30_000, pausesMs: [200, 1000] };

/** A connection of which TLS can be made. */
export interface SocketStream extends ByteStream {
  /** @throws SourceError `refused` when the certificate does not hold */
  upgrade(): Promise<ByteStream>;
}

/** @param name of the source, for errors @throws ConnectionError */
export async function openSocket(
  { at, certificates, sharedKey }: NbdAddress,
  name: string,
  patience: NetworkPatience = PATIENCE,
): Promise<SocketStream> {
  const socket = 'socket' in at ? connect(at.socket) : connect(at.port, at.host);
  await ready(socket, 'connect', name, patience);
  socket.setNoDelay(true);
  const stream = new Stream(socket, name, patience);
  return Object.assign(stream, {
    async upgrade() {
      stream.leave();
      const host = 'host' in at ? at.host : 'localhost';
      const keys =
        sharedKey !== null
          ? await keyIn(sharedKey, name)
          : certificates === null
            ? {}
            : await keysIn(certificates, name);
      const secure = connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}), ...keys });
      await ready(secure, 'secureConnect', name, patience);
      return new Stream(secure, name, patience);
    },
  });
}

/** The names that libnbd, qemu and nbdkit use. Source: nbdkit-tls(1) */
async function keysIn(folder: string, name: string): Promise<{ ca?: string; cert?: string; key?: string }> {
  const text = (file: string) => readFile(join(folder, file), 'utf8').catch(() => null);
  const [ca, cert, key] = await Promise.all(['ca-cert.pem', 'client-cert.pem', 'client-key.pem'].map(text));
  if (!ca) throw new ConnectionError('ENOENT', `there is no ca-cert.pem in ${folder}`, name);
  return { ca, ...(cert && key ? { cert, key } : {}) };
}

/**
 * A key that both sides know, from a file of lines `NAME:HEX`: that of the name, or the first. No certificate is looked at
 * then. TLS 1.3 has such keys too, and Node has them of 1.2 alone.
 *
 * Source: nbdkit-tls(1); Node, tls.connect, pskCallback
 */
async function keyIn({ file, user }: NonNullable<NbdAddress['sharedKey']>, name: string): Promise<ConnectionOptions> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const keys = text.split('\n').flatMap((line) => {
    const [, identity = '', hex = ''] = /^([^:]+):((?:[0-9A-Fa-f]{2})+)\s*$/.exec(line) ?? [];
    return identity === '' || (user !== null && identity !== user) ? [] : [{ identity, psk: Buffer.from(hex, 'hex') }];
  });
  const [key] = keys;
  if (key === undefined)
    throw new ConnectionError('ENOENT', `there is no key ${user === null ? '' : 'of that name '}in ${file}`, name);
  return {
    pskCallback: () => key,
    ciphers: 'PSK:!aNULL:!eNULL',
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    checkServerIdentity: () => undefined,
  };
}

/** Waits for `event`. @throws ConnectionError when it does not come */
function ready(socket: Socket, event: 'connect' | 'secureConnect', name: string, patience: NetworkPatience) {
  return new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      socket.destroy();
      reject(connectionError(error, name));
    };
    const late = setTimeout(() => {
      fail(new ConnectionError('ETIMEDOUT', `no connection in ${patience.connectMs / 1000} s`, name));
    }, patience.connectMs);
    socket.once('error', fail);
    socket.once(event, () => {
      clearTimeout(late);
      socket.removeListener('error', fail);
      resolve();
    });
    socket.once('close', () => {
      clearTimeout(late);
      fail(new ConnectionError('ECONNRESET', 'the server ended the connection', name));
    });
  });
}

/** What came of a socket and waits, at most about one buffer of it: a socket that nobody reads is paused. */
class Stream implements ByteStream {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #patience: NetworkPatience;
  readonly #came: Uint8Array[] = [];
  #ended = false;
  #failed: unknown = null;
  #wake: (() => void) | null = null;

  constructor(socket: Socket, name: string, patience: NetworkPatience) {
    this.#socket = socket;
    this.#name = name;
    this.#patience = patience;
    socket.pause();
    socket.on('data', this.#hear);
    socket.on('end', this.#end);
    socket.on('close', this.#end);
    socket.on('error', this.#fail);
  }

  readonly #hear = (bytes: Uint8Array): void => {
    this.#came.push(bytes);
    this.#socket.pause();
    this.#wake?.();
  };

  readonly #end = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  readonly #fail = (error: unknown): void => {
    this.#failed ??= error;
    this.#wake?.();
  };

  /** The socket goes on in other hands. */
  leave(): void {
    this.#socket.removeListener('data', this.#hear);
    this.#socket.removeListener('end', this.#end);
  }

  async receive(): Promise<Uint8Array | null> {
    const first = this.#came.shift();
    if (first !== undefined) return first;
    if (this.#failed === null && !this.#ended) await this.#next();
    const next = this.#came.shift();
    if (next !== undefined) return next;
    if (this.#failed !== null) throw connectionError(this.#failed, this.#name);
    return null;
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      const { silentMs } = this.#patience;
      const late = setTimeout(() => {
        this.#fail(new ConnectionError('ETIMEDOUT', `nothing came for ${silentMs / 1000} s`, this.#name));
        this.#socket.destroy();
      }, silentMs);
      this.#wake = () => {
        clearTimeout(late);
        this.#wake = null;
        resolve();
      };
      this.#socket.resume();
    });
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error == null) resolve();
        else reject(connectionError(error, this.#name));
      });
    });
  }

  close(): void {
    // What was said last is sent first.
    this.#socket.destroySoon();
  }
}
