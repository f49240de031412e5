import { mkdtempSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import type { FileSource } from '../../src/node/fileSource.ts';
import { parseNetworkSpec } from '../../src/node/network/address.ts';
import { openNetworkSource } from '../../src/node/network/openNetwork.ts';
import { openSources } from '../../src/node/openSources.ts';
import { parseContentRange, restAsked, statusError } from '../../src/source/network/httpAnswer.ts';
import { Persistence } from '../../src/source/network/persistence.ts';
import { type HttpManners, type HttpServer, httpServer } from '../tools/httpServer.ts';

const SIZE = 1 << 21;
const BYTES = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const PATIENCE = { connectMs: 2000, silentMs: 10_000, pausesMs: [1, 1] };
/** For who is silent. */
const IMPATIENCE = { ...PATIENCE, silentMs: 100 };
/** Behind both ends, which are read at once. */
const FAR = 700_000;

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function serving(manners?: HttpManners): Promise<HttpServer> {
  const server = await httpServer({ '/disk.img': BYTES, '/empty': new Uint8Array(0) }, manners);
  opened.push(server);
  return server;
}

async function opening(server: HttpServer, path = '/disk.img', patience = PATIENCE): Promise<FileSource> {
  const source = await openNetworkSource(parseNetworkSpec(server.address(path)), patience);
  opened.push(source);
  return source;
}

const codeOf = (error: unknown): string => (error instanceof ZfsUberError ? error.code : `no error of ours: ${error}`);
const same = (found: Uint8Array, expected: Uint8Array): boolean => Buffer.compare(found, expected) === 0;

describe('a file of an HTTP server', () => {
  it('reads as its bytes', async () => {
    const source = await opening(await serving());
    expect(source.size).toBe(SIZE);
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZE - 1), fc.nat(300_000), async (offset, wanted) => {
        const length = Math.min(wanted, SIZE - offset);
        expect(same(await source.read(offset, length), BYTES.subarray(offset, offset + length))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('is asked for by ranges of the state that was met first, and for nothing else', async () => {
    const server = await serving();
    const source = await opening(server);
    await source.read(FAR, 100);
    const asked = server.requests.at(-1);
    expect([asked?.method, asked?.headers.range]).toEqual(['GET', `bytes=${FAR}-${FAR + 99}`]);
    expect(asked?.headers['if-match']).toMatch(/^"/);
    expect(server.requests.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
  });

  it('goes on with another try after a break, a busy server, a cut answer', async () => {
    const busy: HttpManners = (_, response, number) => {
      if (number % 2 === 0) return false;
      if (number % 4 === 1) response.writeHead(503).end();
      else response.destroy();
      return true;
    };
    const source = await opening(await serving(busy));
    for (let at = FAR; at < FAR + 1000; at += 100)
      expect(same(await source.read(at, 100), BYTES.subarray(at, at + 100))).toBe(true);
  });

  it('is looked for where the server says that it lies', async () => {
    const to =
      (location: string): HttpManners =>
      (request, response) => {
        if (request.url !== '/elsewhere') return false;
        response.writeHead(302, { location }).end();
        return true;
      };
    expect((await opening(await serving(to('/disk.img')), '/elsewhere')).size).toBe(SIZE);
    for (const location of ['/elsewhere', 'file:///etc/passwd', 'ftp://127.0.0.1/', 'http://']) {
      await expect(opening(await serving(to(location)), '/elsewhere').catch(codeOf)).resolves.toBe('refused');
    }
  });

  it('has the name and password of its address for its own server alone', async () => {
    const other = await serving();
    const server = await serving((request, response) => {
      if (request.url !== '/elsewhere') return false;
      response.writeHead(307, { location: other.address('/disk.img') }).end();
      return true;
    });
    const address = server.address('/elsewhere').replace('//', '//me:s%40fe@');
    const source = await openNetworkSource(parseNetworkSpec(address), PATIENCE);
    opened.push(source);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${btoa('me:s@fe')}`);
    expect(other.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    expect(source.name).not.toContain('fe@');
  });

  const part = (response: ServerResponse, headers: Record<string, string>, body: Uint8Array | null = null): true => {
    response.writeHead(206, { etag: '"x"', ...headers });
    if (body === null) response.flushHeaders();
    else response.end(body);
    return true;
  };
  const first = `bytes 0-65535/${SIZE}`;
  it.each<[string, string, HttpManners]>([
    ['no ranges', 'no-ranges', (_, response) => !!response.writeHead(200).end(BYTES)],
    ['no such file', 'refused', (_, response) => !!response.writeHead(404).end()],
    ['no permission', 'refused', (_, response) => !!response.writeHead(403).end('<Error>expired</Error>')],
    ['a server in trouble', 'refused', (_, response) => !!response.writeHead(500).end()],
    ['an answer without its range', 'wrong-answer', (_, response) => part(response, {}, BYTES.subarray(0, 65536))],
    [
      'a range of unknown size',
      'wrong-answer',
      (_, response) => part(response, { 'content-range': 'bytes 0-65535/*' }),
    ],
    [
      'a size of 2^60',
      'wrong-answer',
      (_, response) => part(response, { 'content-range': 'bytes 0-65535/1152921504606846976' }),
    ],
    ['another range', 'wrong-answer', (_, response) => part(response, { 'content-range': `bytes 1-65536/${SIZE}` })],
    [
      'a short answer',
      'wrong-answer',
      (_, response) => part(response, { 'content-range': first }, BYTES.subarray(0, 99)),
    ],
    [
      'a packed answer',
      'wrong-answer',
      (_, response) => part(response, { 'content-range': first, 'content-encoding': 'gzip' }),
    ],
    ['silence', 'ETIMEDOUT', () => true],
    ['silence within an answer', 'ETIMEDOUT', (_, response) => part(response, { 'content-range': first })],
    ['no HTTP', 'UNKNOWN', (request) => !!request.socket.end('SSH-2.0-OpenSSH_9.2p1\r\n')],
    [
      'endless data',
      'wrong-answer',
      (_, response) => {
        response.writeHead(206, { etag: '"x"', 'content-range': first });
        const send = (): void => {
          while (!response.destroyed && response.write(BYTES)) if (response.destroyed) return;
        };
        response.on('drain', send);
        send();
        return true;
      },
    ],
  ])('ends with %s: %s', async (_, code, manners) => {
    const patience = code === 'ETIMEDOUT' ? IMPATIENCE : PATIENCE;
    await expect(opening(await serving(manners), '/disk.img', patience).catch(codeOf)).resolves.toBe(code);
  });

  it('is none when it is empty', async () => {
    await expect(opening(await serving(), '/empty').catch(codeOf)).resolves.toBe('source-empty');
  });

  const range = (offset: number, total = SIZE): string => `bytes ${offset}-${offset + 99}/${total}`;
  it.each<[string, (response: ServerResponse) => unknown]>([
    ['412', (response) => response.writeHead(412).end()],
    ['416', (response) => response.writeHead(416).end()],
    [
      'another ETag',
      (response) => part(response, { 'content-range': range(FAR), etag: '"y"' }, BYTES.subarray(0, 100)),
    ],
    ['another size', (response) => part(response, { 'content-range': range(FAR, SIZE + 1) }, BYTES.subarray(0, 100))],
    ['all of another file', (response) => response.writeHead(200, { etag: '"y"' }).end(BYTES)],
  ])('was changed while it was read, says %s', async (_, answer) => {
    const manners: HttpManners = (request, response) => {
      if (request.headers.range !== `bytes=${FAR}-${FAR + 99}`) return false;
      answer(response);
      return true;
    };
    const source = await opening(await serving(manners));
    await expect(source.read(FAR, 100).catch(codeOf)).resolves.toBe('source-changed');
  });
});

describe('an address', () => {
  it.each([
    ['https://me:pw@host.example/a/disk.img?X-Amz-Signature=abc#x', 'https://host.example/a/disk.img?...'],
    ['http://HOST:80/disk%20one.img', 'http://host/disk%20one.img'],
    ['nbd://host/disk', 'nbd://host/disk'],
    ['http://h/\x1b[31m\u202e', 'http://h/%1B[31m%E2%80%AE'],
  ])('%s is shown as %s', (text, shown) => {
    expect(parseNetworkSpec(text).shown).toBe(shown);
  });

  it.each([
    'http://',
    'nbd://',
    'nbd:///x',
    'nbd+unix:///x',
    'nbd://h/x?socket=/s',
    'nbd://me@h/x',
    'nbd://h/x?y=1',
    'nbd://h/%ff',
    'nbd://h/x?tls-certificates=/c',
    'nbd://h:99999/',
  ])('%s is none', (text) => {
    expect(() => parseNetworkSpec(text)).toThrow(ZfsUberError);
  });

  it('never says what may be a secret when it is none', () => {
    for (const text of ['http://me:secret@?secret', 'nbd://me:secret@h/x?secret=1', 'http://me:secret@[/x']) {
      try {
        parseNetworkSpec(text);
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toContain('secret');
      }
    }
  });

  it('has a range of any text, or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^bytes [0-9]{1,20}-[0-9]{1,20}\/([0-9]{1,20}|\*)$/)),
        (text) => {
          const range = parseContentRange(text);
          if (range !== null) expect([range.first <= range.last, range.last < range.total]).toEqual([true, true]);
        },
      ),
    );
  });
});

describe('a server that asks to be left alone', () => {
  const NOW = Date.UTC(2026, 10, 27, 12, 0, 0);
  it.each([
    [null, 0],
    ['2', 2000],
    [' 7 ', 7000],
    ['Fri, 27 Nov 2026 12:00:05 GMT', 5000],
    ['Fri, 27 Nov 2026 11:00:00 GMT', 0],
    ['86400', 60_000],
    ['-1', 0],
    ['soon', 0],
  ])('by Retry-After: %s, is asked again after %i ms', (text, ms) => expect(restAsked(text, NOW)).toBe(ms));

  it('is asked again no earlier, whatever the pause is', async () => {
    const paused: number[] = [];
    let tries = 0;
    const persistence = new Persistence([async (leastMs) => void paused.push(leastMs)]);
    const answered = await persistence.try(async () => {
      if (tries++ === 0) throw statusError('x', 503, 0, 1234);
      return 'bytes';
    });
    expect([answered, paused]).toEqual(['bytes', [1234]]);
  });
});

it('a file of which a map of ddrescue here tells has never read what that leaves out', async () => {
  const server = await serving();
  const map = join(mkdtempSync(join(tmpdir(), 'zfs-uber-map-')), 'disk.map');
  writeFileSync(map, `0x0 +\n0 0x100000 +\n0x100000 0x100000 -\n`);
  const [entry] = await openSources([`${server.address('/disk.img')}#map=${map}`]);
  if (entry !== undefined) opened.push(entry);
  expect(entry?.madeOf).toEqual([map]);
  expect(same((await entry?.source?.read(FAR, 100)) ?? new Uint8Array(), BYTES.subarray(FAR, FAR + 100))).toBe(true);
  await expect(entry?.source?.read(0x100000, 1)).rejects.toMatchObject({ code: 'never-read' });
});
