import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../bytes/errors.ts';
import { mapNames } from '../node/composed.ts';
import { FILE_HOST, type FileHost, type FileStatus } from '../node/fileHost.ts';
import { inShards, NETWORK, parseImageSpec, parseSlice } from '../node/sourceSpec.ts';
import { wasmFile } from '../node/wasmFile.ts';
import { type WebPage, webPage } from '../node/webPage.ts';
import { beforeMap } from '../source/network/remotePlace.ts';
import { reportAssets } from './report.ts';

export interface WebOptions {
  /** Default: one that is free. */
  readonly port?: number | undefined;
  /** Ends the service. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the system. */
  readonly host?: FileHost | undefined;
}

export interface WebService {
  /** Of the page, with its token: whoever has it can read the sources. */
  readonly url: string;
  /** Resolves when the service has ended. */
  readonly ended: Promise<void>;
}

/** Bytes of one answer; a page that wants more asks again. */
const MOST = 64 * 1024 * 1024;
/** Of the token: nobody guesses 192 bits. */
const TOKEN_BYTES = 24;
/** What the kernel says of block devices, which is no secret of anybody. */
const GEOMETRY = '/sys/dev/block/';

/**
 * Serves the page of the library to browsers of this machine, and hands it files, devices and folders to read. Nobody else
 * reaches it: it listens on the loopback address, answers no name but that, needs a token, and allows no other page to ask.
 *
 * @param sources paths of files, devices and folders, as a scan takes them; nothing but these, and maps of ddrescue that
 *   lie beside them or are named with them, can be read through it, and nothing written
 * @throws UsageError when the port is taken, or a source is on a network; UnsupportedError when the page is not beside the program
 */
export async function serveWeb(sources: readonly string[], options: WebOptions = {}): Promise<WebService> {
  const { port = 0, signal, host = FILE_HOST } = options;
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const page = webPage();
  const named = await Promise.all(sources.map((each) => namedFully(each, host)));
  const specs = named.map(({ spec }) => spec);
  const given = named.flatMap(({ paths }) => paths);
  const server = createServer((request, response) => {
    void answer({ token, page, specs, given, host, port: portOf() }, request, response);
  });
  const portOf = (): number => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  };
  await new Promise<void>((done, reject) => {
    server.once('error', (error) => reject(new UsageError(`port ${port}: ${error.message}`)));
    server.listen(port, '127.0.0.1', done);
  });
  const ended = new Promise<void>((done) => {
    server.once('close', done);
    const end = () => {
      server.close();
      server.closeAllConnections();
    };
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
  return { url: `http://127.0.0.1:${portOf()}/${token}/`, ended };
}

/**
 * A source by absolute paths, and the paths of all that it is read from: a map of ddrescue counts where it is named, and where
 * it is found beside the image.
 *
 * @throws UsageError for an address, and for a part that makes no sense
 */
async function namedFully(source: string, host: FileHost): Promise<{ spec: string; paths: readonly string[] }> {
  if (NETWORK.test(source)) throw new UsageError(`web: ${source}: a page reads files and devices, and no network`);
  const there = (path: string): Promise<boolean> =>
    host.stat(path).then(
      () => true,
      () => false,
    );
  const whole = resolve(source);
  // As it was given: the folders of a map are none of the path.
  const image = (await there(source)) ? null : parseImageSpec(source);
  if (image === null) return { spec: whole, paths: [whole, ...besides(whole)] };
  const { snapshot, map, shards } = image;
  const path = resolve(image.path);
  if (shards.length > 0) {
    const first = await namedFully(image.path, host);
    const folders = shards.map((each) => resolve(each));
    return { spec: inShards([first.spec], folders)[0] ?? first.spec, paths: [...first.paths, ...folders] };
  }
  if (map === null) return { spec: `${path}#snapshot=${snapshot}`, paths: [path, ...besides(path)] };
  return { spec: `${path}${beforeMap(false)}${resolve(map)}`, paths: [path, ...besides(path), resolve(map)] };
}

/** What is looked at with a file or device, whether it is there or not. */
function besides(path: string): string[] {
  const file = parseSlice(path)?.path ?? path;
  return [file, ...mapNames(file).map((name) => resolve(dirname(file), name))];
}

interface Service {
  readonly token: string;
  readonly page: WebPage;
  /** What to scan, absolute. */
  readonly specs: readonly string[];
  /** Paths that can be read, and all below them. */
  readonly given: readonly string[];
  readonly host: FileHost;
  readonly port: number;
}

/** The worker is a module with a policy of its own: a codec compiles WebAssembly, which it has as an address of data. */
const MODULE_HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' data:",
} as const;

/** For every answer: no other page reads it, nothing keeps it, and nobody takes it for what it is not. */
const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (
    status: number,
    type: string,
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const own = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...HEADERS, ...headers, ...own });
    response.end(body);
  };
  const json = (value: unknown) => send(200, 'application/json', JSON.stringify(value));
  const refuse = (status: number) => send(status, 'text/plain', '');
  // Another name for this address would be another site's, which a browser lets ask under its own name.
  const named = [`127.0.0.1:${service.port}`, `localhost:${service.port}`].includes(request.headers.host ?? '');
  const site = request.headers['sec-fetch-site'] ?? 'none';
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const [, token, what = '', ...rest] = url.pathname.split('/');
  if (!named || (site !== 'none' && site !== 'same-origin')) return refuse(403);
  if (token !== service.token) return refuse(404);
  if (request.method !== 'GET') return refuse(405);
  const path = url.searchParams.get('path') ?? '';
  try {
    switch (what) {
      case '':
        return send(200, 'text/html; charset=utf-8', service.page.html);
      case 'modules': {
        const module = service.page.module(rest.join('/'));
        return module === null ? refuse(404) : send(200, 'text/javascript; charset=utf-8', module, MODULE_HEADERS);
      }
      case 'wasm': {
        const wasm = wholeWasm();
        return wasm === null ? refuse(404) : send(200, 'application/wasm', wasm);
      }
      case 'report':
        return json(reportAssets());
      case 'sources':
        return json(service.specs);
      case 'stat':
        return isGiven(service, path) ? json(statusEntry(await service.host.stat(path))) : refuse(403);
      case 'list':
        return isGiven(service, path) || isGeometry(path) ? json(await service.host.list(path)) : refuse(403);
      case 'text':
        return isGeometry(path) ? json(await service.host.readText(path)) : refuse(403);
      case 'read':
        return isGiven(service, path) ? await sendRange(service.host, path, request, response) : refuse(403);
      default:
        return refuse(404);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    send(500, 'application/json', JSON.stringify({ code: error.code }));
  }
}

/** Null also for one that is not what was built: the page goes without. */
function wholeWasm(): Uint8Array | null {
  try {
    return wasmFile()?.() ?? null;
  } catch {
    return null;
  }
}

const steps = (path: string): readonly string[] => path.split('/').filter((each) => each !== '' && each !== '.');

/** A source, or something in a folder that is one. */
function isGiven({ given: all }: Service, path: string): boolean {
  const asked = steps(path);
  return (
    !asked.includes('..') &&
    path.startsWith('/') &&
    all.some((given) => steps(given).every((each, at) => each === asked[at]))
  );
}

/** Below what the kernel says of a device: `8:0/../dev` is as far up as it is asked. */
const isGeometry = (path: string): boolean =>
  path.startsWith(GEOMETRY) && /^\d+:\d+(\/(\.\.\/)?[\w/]*)?$/.test(path.slice(GEOMETRY.length));

/** 64-bit numbers as text. */
const statusEntry = (status: FileStatus) => ({
  dev: String(status.dev),
  ino: String(status.ino),
  rdev: String(status.rdev),
  size: String(status.size),
  is: status.isFile() ? 'file' : status.isDirectory() ? 'directory' : status.isBlockDevice() ? 'block' : 'other',
});

/** The bytes that `Range: bytes=FIRST-LAST` asks for, as far as they are there. Source: RFC 9110, 14 */
async function sendRange(
  host: FileHost,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, first = '', last = ''] = /^bytes=(\d{1,16})-(\d{1,16})$/.exec(request.headers.range ?? '') ?? [];
  const [from, length] = [Number(first), Number(last) - Number(first) + 1];
  if (first === '' || !Number.isSafeInteger(from + length) || length < 1 || length > MOST) {
    response.writeHead(416, HEADERS).end();
    return;
  }
  const handle = await host.open(path);
  try {
    const buffer = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    const { bytesRead } = await handle.read(buffer, 0, length, from);
    response.writeHead(206, {
      ...HEADERS,
      'content-type': 'application/octet-stream',
      'content-range': `bytes ${from}-${from + Math.max(bytesRead, 1) - 1}/*`,
      'content-length': bytesRead,
    });
    response.end(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}
