import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseAst } from 'rollup/parseAst';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servedHost, servedSources } from '../../src/browser/web/servedFiles.ts';
import { type ScanDocument, scan, serveWeb, UsageError, type WebService } from '../../src/index.ts';
import { handlePool } from '../../src/node/handlePool.ts';
import { wasmFile } from '../../src/node/wasmFile.ts';
import { built } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

const stop = new AbortController();
let service: WebService;
let image = '';
beforeAll(async () => {
  await built();
  [image = ''] = await poolImages(pool('torn-sector'));
  service = await serveWeb([image], { signal: stop.signal });
});
afterAll(async () => {
  stop.abort();
  await service.ended;
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** As a client that may say whatever it likes; `fetch` sets some headers itself. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, service.url), { headers, method }, (message) => {
      const parts: Buffer[] = [];
      message.on('data', (part) => parts.push(part));
      message.on('end', () => {
        const { statusCode: status = 0, headers } = message;
        resolve({ status, headers, body: Buffer.concat(parts) });
      });
    });
    asked.on('error', reject).end();
  });
}

/** What a module imports, now or later. */
function importedBy(module: string): string[] {
  const names: string[] = [];
  JSON.parse(
    JSON.stringify(parseAst(module), (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    (key, value) => {
      if (key === 'source' && typeof value?.value === 'string') names.push(value.value);
      return value;
    },
  );
  return names;
}

const of = (what: string, path: string) => `${what}?path=${encodeURIComponent(path)}`;

const wasm = wasmFile();

describe('a source that is named with more than its path', () => {
  let room = '';
  let copy = '';
  beforeAll(() => {
    room = mkdtempSync(join(tmpdir(), 'zfs-uber web-'));
    copy = join(room, 'disk.img');
    copyFileSync(image, copy);
    // The two labels in front were never read.
    writeFileSync(join(room, 'front.bad'), '0x0 +\n0x0 0x80000 -\n0x80000 0x40000000 +\n');
  });
  afterAll(() => rmSync(room, { recursive: true }));

  /** Labels as the page reads them, and as a scan does. */
  async function labelsOf(spec: string) {
    const ended = new AbortController();
    const { url, ended: end } = await serveWeb([spec], { signal: ended.signal });
    const statuses = ({ sources }: ScanDocument) => sources.map(({ labels }) => labels.map(({ status }) => status));
    try {
      const handles = handlePool(servedHost(url));
      const served = await scan([...(await servedSources(url))], { depth: 'labels', handles });
      return [statuses(served), statuses(await scan([spec], { depth: 'labels' }))];
    } finally {
      ended.abort();
      await end;
    }
  }

  it('is read with its map of ddrescue by the page too', async () => {
    for (const spec of [
      `${copy}?map=${join(room, 'front.bad')}`,
      `${relative('.', copy)}?map=${relative('.', room)}/front.bad`,
    ]) {
      const [page, own] = await labelsOf(spec);
      expect(page).toEqual(own);
      expect(page?.[0]?.slice(0, 2)).toEqual(['unreadable', 'unreadable']);
    }
  });

  it('may be a part of it, with that map', async () => {
    const [page, own] = await labelsOf(`${copy}@0+64M?map=${join(room, 'front.bad')}`);
    expect(page).toEqual(own);
    expect(page?.[0]?.slice(0, 2)).toEqual(['unreadable', 'unreadable']);
  });

  it('is read with the map that lies beside it', async () => {
    copyFileSync(join(room, 'front.bad'), `${copy}.map`);
    const [page, own] = await labelsOf(copy);
    rmSync(`${copy}.map`);
    expect(page).toEqual(own);
    expect(page?.[0]?.slice(0, 2)).toEqual(['unreadable', 'unreadable']);
  });

  it('is refused on a network, which no page reads', async () => {
    await expect(serveWeb(['nbd://host/sdb'])).rejects.toThrow('no network');
  });
});

describe('the service of the page', () => {
  it('gives out the page, which may ask it and nobody else', async () => {
    const { status, body, headers } = await ask('.');
    expect(status).toBe(200);
    expect(body.toString()).toContain("connect-src 'self' data:;");
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  it('gives out what the page loads, to the last module, each by an address of its own', async () => {
    const [page, seen, ways] = [(await ask('.')).body.toString(), new Set<string>(), ['modules/webWorker.js']];
    ways.push(...[...page.matchAll(/ src="([^"]+)"/g)].map(([, address = '']) => address));
    for (let next = ways.pop(); next !== undefined; next = ways.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const { status, headers, body } = await ask(next);
      expect({ next, status, type: headers['content-type'] }).toEqual({
        ...{ next, status: 200, type: 'text/javascript; charset=utf-8' },
      });
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      for (const name of importedBy(body.toString())) {
        // What writes bundles and prints help, as no page does.
        if (!['zstd-codec', 'yargs'].includes(name)) ways.push(new URL(name, `http://page/${next}`).pathname.slice(1));
      }
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(['modules/web.js', 'modules/pako/pako.mjs', 'modules/@noble/hashes/blake3.js']),
    );
  });

  it.skipIf(wasm === null)('gives out the WebAssembly that the package has', async () => {
    const { status, headers, body } = await ask('wasm');
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/wasm' });
    expect(body.equals(wasm?.() ?? new Uint8Array(0))).toBe(true);
  });

  it('hands over the bytes of a source that a range asks for, and what the system says of it', async () => {
    const range = await ask(of('read', image), { range: 'bytes=131072-135167' });
    expect(range.status).toBe(206);
    expect(range.body.equals(readFileSync(image).subarray(131072, 135168))).toBe(true);
    expect(JSON.parse((await ask('sources')).body.toString())).toEqual([image]);
    expect(JSON.parse((await ask(of('stat', image))).body.toString())).toMatchObject({
      is: 'file',
      size: String(readFileSync(image).length),
    });
  });

  it.each([
    ['another name for this address', 403, '.', { host: 'evil.example' }],
    ['a page of another site', 403, '.', { 'sec-fetch-site': 'cross-site' }],
    ['no token', 404, '/', {}],
    ['another token', 404, '/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/sources', {}],
    ['what there is not', 404, 'shutdown', {}],
    ['what is no module of the page', 404, 'modules/main.json', {}],
    ['what lies beside modules', 404, 'modules/%2e%2e/package.json', {}],
    ['what lies beside modules of a package', 404, 'modules/pako/..%2fpackage.json', {}],
    ['a file that was not given', 403, of('read', '/etc/passwd'), { range: 'bytes=0-9' }],
    ['a text of the system', 403, of('text', '/etc/passwd'), {}],
    ['a way up from what is known of devices', 403, of('text', '/sys/dev/block/8:0/../../../../etc/passwd'), {}],
    ['all of a file at once', 416, 'whole', {}],
  ])('refuses %s', async (_, status, path, headers) => {
    const asked = path === 'whole' ? of('read', image) : path;
    expect(await ask(asked, headers)).toMatchObject({ status });
  });

  it('refuses what lies beside a source, or above it by any spelling', async () => {
    for (const path of [dirname(image), join(dirname(image), 'other'), `${image}/../other`, `${image}x`]) {
      expect(await ask(of('stat', path))).toMatchObject({ status: 403 });
    }
  });

  it('takes no order to write or to do anything', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect(await ask(of('read', image), {}, method)).toMatchObject({ status: 405 });
    }
  });

  it('says that a port is taken', async () => {
    const taken = Number(new URL(service.url).port);
    await expect(serveWeb([], { port: taken })).rejects.toThrow(UsageError);
  });
});
