import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server does that an honest one does not. @returns false for the usual answer */
export type HttpManners = (request: IncomingMessage, response: ServerResponse, number: number) => boolean;

export interface HttpServer {
  readonly port: number;
  address(path: string): string;
  readonly requests: readonly IncomingMessage[];
  close(): Promise<void>;
}

/** Gives ranges of files, by their paths, on a port of this machine. */
export async function httpServer(
  files: Readonly<Record<string, Uint8Array>>,
  manners: HttpManners = () => false,
): Promise<HttpServer> {
  const requests: IncomingMessage[] = [];
  const tags = new Map(
    Object.entries(files).map(([path, bytes]) => [path, `"${createHash('sha1').update(bytes).digest('hex')}"`]),
  );
  const usual = (request: IncomingMessage, response: ServerResponse): void => {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname);
    const [bytes, etag] = [files[path], tags.get(path) ?? ''];
    if (bytes === undefined) return void response.writeHead(404).end();
    const match = request.headers['if-match'];
    if (match !== undefined && match !== etag) return void response.writeHead(412).end();
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (from === undefined || Number(from) >= bytes.length) {
      return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    }
    const end = Math.min(Number(to) + 1, bytes.length);
    response.writeHead(206, { etag, 'content-range': `bytes ${from}-${end - 1}/${bytes.length}` });
    response.end(bytes.subarray(Number(from), end));
  };
  const server = createServer((request, response) => {
    requests.push(request);
    if (!manners(request, response, requests.length)) usual(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: (path) => `http://127.0.0.1:${port}${path}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
