import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { scan } from '../../src/api/scan.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { qcow2Overlay } from '../../src/source/qcow2Overlay.ts';
import { gptDisk } from '../tools/gptDisk.ts';
import { httpServer } from '../tools/httpServer.ts';
import { nbdServer } from '../tools/nbdServer.ts';

const IMAGES = join(import.meta.dirname, '..', '..', 'test-images');
const readImage = async (pool: string, name: string): Promise<Buffer> =>
  readFileSync(await imageIn(join(IMAGES, pool), name));

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});
function closing<T extends { close(): Promise<void> }>(each: T): T {
  opened.push(each);
  return each;
}

/** All but names, kinds and what is done to see the disks. */
function essence({ sources, pools }: ScanDocument): unknown {
  return {
    sources: sources.map(({ path: _path, kind: _kind, ...source }) => source),
    pools: pools.map(({ candidates, findings, recommendation, ...pool }) => ({
      guid: pool.guid,
      candidates: candidates.map(({ txg, verdict, metadataErrors, dataErrors }) => ({
        txg,
        verdict,
        metadataErrors,
        dataErrors,
      })),
      findings: findings.map(({ code, severity }) => ({ code, severity })),
      txg: recommendation?.txg,
    })),
  };
}

const POOL = 'raidz2-two-missing';
const DISKS = ['d1.img', 'd2.img', 'd3.img'];
const files = () => Promise.all(DISKS.map((name) => imageIn(join(IMAGES, POOL), name)));
const disks = () => Promise.all(DISKS.map((name) => readImage(POOL, name)));

describe('a pool whose disks are on other machines', () => {
  it('is judged as from files when each of three NBD servers has a disk', async () => {
    const servers = await Promise.all((await disks()).map((disk) => nbdServer({ disk })));
    const addresses = servers.map((server) => closing(server).address('disk'));
    const document = await scan(addresses, { depth: 'meta' });
    expect(document.sources.map(({ path, kind }) => [path, kind])).toEqual(addresses.map((each) => [each, 'nbd']));
    expect(essence(document)).toEqual(essence(await scan(await files(), { depth: 'meta' })));
  });

  it('is judged as from files over HTTP, and what is behind the ? of an address is never said', async () => {
    const all = await disks();
    const server = closing(
      await httpServer(Object.fromEntries(DISKS.map((name, i) => [`/${name}`, all[i] ?? new Uint8Array()]))),
    );
    const addresses = DISKS.map((name) => server.address(`/${name}?X-Amz-Signature=5ecret`));
    const document = await scan(addresses, { depth: 'meta' });
    expect(document.sources.map(({ kind }) => kind)).toEqual(['http', 'http', 'http']);
    expect(essence(document)).toEqual(essence(await scan(await files(), { depth: 'meta' })));
    expect(JSON.stringify(document)).not.toContain('5ecret');
    expect(server.requests.every(({ url }) => url?.endsWith('=5ecret'))).toBe(true);
  });

  it('says which disk could not be had, and judges the others', async () => {
    const [first, second] = await disks();
    const server = closing(await nbdServer({ d1: first ?? Buffer.alloc(0), d2: second ?? Buffer.alloc(0) }));
    const { sources, pools } = await scan(
      ['d1', 'd2', 'd3'].map((name) => server.address(name)),
      { depth: 'labels' },
    );
    expect(sources.map(({ error }) => error?.code ?? null)).toEqual([null, null, 'refused']);
    expect(pools).toHaveLength(1);
  });

  it('takes two ways there and back for the labels of each disk: for the export, and for both ends at once', async () => {
    const disk = await readImage('healthy-single', 'd0.img');
    const held = new Map<number, Buffer>();
    const server = closing(
      await nbdServer(Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`d${i}`, disk])), {
        answer(_, usual, connection) {
          // Whoever waits for the one end before asking for the other waits for ever.
          const other = held.get(connection);
          held.set(connection, usual);
          return other === undefined ? undefined : Buffer.concat([usual, other]);
        },
      }),
    );
    const { sources } = await scan(
      Array.from({ length: 24 }, (_, i) => server.address(`d${i}`)),
      { depth: 'labels' },
    );
    expect(sources.map(({ error }) => error)).toEqual(Array.from({ length: 24 }, () => null));
    expect(server.connections).toBe(24);
    expect(server.requests).toHaveLength(48);
    expect(server.requests.reduce((sum, { length }) => sum + length, 0)).toBe(24 * 1024 * 1024);
  });
});

describe('what lies on a disk on a network', () => {
  it('is found: partitions, images, parts', async () => {
    const vdev = await readImage('healthy-single', 'd0.img');
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-gpt-'));
    await gptDisk(await imageIn(join(IMAGES, 'healthy-single'), 'd0.img'), join(folder, 'gpt.img'));
    const gpt = readFileSync(join(folder, 'gpt.img'));
    rmSync(folder, { recursive: true });
    const image = qcow2Overlay(vdev.length, { name: new Uint8Array(0), format: 'raw' }, [{ offset: 0, bytes: vdev }]);
    const shifted = Buffer.concat([Buffer.alloc(12345 * 512), vdev]);
    const server = closing(await nbdServer({ gpt, image, shifted }));
    const plain = await scan([await imageIn(join(IMAGES, 'healthy-single'), 'd0.img')], { depth: 'labels' });
    const [base] = plain.pools;
    for (const [address, kind] of [
      [server.address('gpt'), 'gpt'],
      [server.address('image'), 'qcow2'],
      [`${server.address('shifted')}@${12345 * 512}`, 'slice'],
      [server.address('shifted'), 'nbd'],
    ] as const) {
      const { sources, pools } = await scan([address], { depth: 'labels' });
      expect([address, sources.map((source) => source.kind)]).toEqual([address, [kind]]);
      expect(pools[0]?.candidates.map(({ txg }) => txg)).toEqual(base?.candidates.map(({ txg }) => txg));
    }
  });

  it('is shown to the system by lines that a shell takes', async () => {
    const disk = await readImage('torn-sector', 'd0.img');
    const server = closing(await nbdServer({ 'a disk': disk }));
    const web = closing(await httpServer({ '/d.img': disk, "/it's $(x).img": disk }));
    const openingOf = async (address: string) => {
      const { pools } = await scan([address], { depth: 'mos' });
      const lines = (pools[0]?.recommendation?.steps ?? []).find(({ kind }) => kind === 'open-images')?.lines ?? [];
      for (const line of lines) expect(spawnSync('bash', ['-n', '-c', line]).status).toBe(0);
      return lines;
    };
    expect((await openingOf(server.address('a disk'))).at(-1)).toBe(
      `qemu-nbd -r -f raw -c /dev/nbd0 ${server.address('a disk')}`,
    );
    expect(await openingOf(web.address('/d.img'))).toEqual([`curl -fL -o /var/tmp/zu-d0.raw ${web.address('/d.img')}`]);
    expect(await openingOf(web.address("/it's $(x).img"))).toEqual([
      `curl -fL -o /var/tmp/zu-d0.raw '${web.address("/it'\\''s%20$(x).img")}'`,
    ]);
    const [asked = ''] = await openingOf(web.address('/d.img?signature=5ecret'));
    const variable = `"$\{zu_d0:?set it to the whole address of this source}"`;
    expect(asked).toBe(`curl -fL -o /var/tmp/zu-d0.raw ${variable}`);
  });
});

describe('a source that is on no network', () => {
  it('makes no connection, whatever address stands in it', async () => {
    let connections = 0;
    const listener = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    for (const name of [
      `nbd://127.0.0.1:${port}/x`,
      `http://127.0.0.1:${port}/x`,
      `json:{"driver":"nbd","port":${port}}`,
    ]) {
      const bytes = qcow2Overlay(64 << 20, { name: new TextEncoder().encode(name), format: 'raw' }, []);
      const { sources } = await scan([memorySource(bytes, 'x.qcow2')], { depth: 'labels' });
      expect(sources[0]?.kind).toBe('qcow2');
    }
    listener.close();
    expect(connections).toBe(0);
  });
});

const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;

/** Runs nbdkit until the test ends, and waits until it listens. */
async function nbdkit(args: readonly string[], folder: string): Promise<string> {
  const socket = join(folder, `s${opened.length}`);
  const server = spawn('nbdkit', ['-f', '-r', '-U', socket, ...args], { stdio: 'ignore' });
  closing({
    async close() {
      server.kill();
    },
  });
  for (let i = 0; i < 200 && !existsSync(socket); i++) await wait(20);
  return socket;
}

describe.skipIf(!has('nbdkit'))('nbdkit', () => {
  it('has exports that are judged as files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-nbdkit-'));
    const sockets = await Promise.all((await files()).map((file) => nbdkit(['file', file], folder)));
    const document = await scan(
      sockets.map((socket) => `nbd+unix:///?socket=${socket}`),
      { depth: 'meta' },
    );
    expect(essence(document)).toEqual(essence(await scan(await files(), { depth: 'meta' })));
    rmSync(folder, { recursive: true });
  });

  it.skipIf(!has('openssl'))('is spoken to with TLS, and only by a certificate that holds', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-tls-'));
    const openssl = (...args: string[]) => expect(spawnSync('openssl', args, { cwd: folder }).status).toBe(0);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'ca-key.pem', '-out', 'ca-cert.pem', '-subj', '/CN=ca', '-days', '2');
    openssl(
      'req',
      ...key,
      '-keyout',
      'server-key.pem',
      '-out',
      'server.csr',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
    );
    openssl(
      'x509',
      '-req',
      '-in',
      'server.csr',
      '-CA',
      'ca-cert.pem',
      '-CAkey',
      'ca-key.pem',
      '-copy_extensions',
      'copy',
      '-out',
      'server-cert.pem',
      '-days',
      '2',
    );
    const file = await imageIn(join(IMAGES, 'healthy-single'), 'd0.img');
    const socket = await nbdkit(['--tls=require', `--tls-certificates=${folder}`, 'file', file], folder);
    const address = `nbds+unix:///?socket=${socket}`;
    const known = await scan([`${address}&tls-certificates=${folder}`], { depth: 'labels' });
    expect(known.sources.map(({ kind, error }) => [kind, error])).toEqual([['nbd', null]]);
    const unknown = await scan([address], { depth: 'labels' });
    expect(unknown.sources[0]?.error?.code).toBe('refused');
    const plain = await scan([address.replace('nbds', 'nbd')], { depth: 'labels' });
    expect(plain.sources[0]?.error?.message).toContain('it wants TLS');
    rmSync(folder, { recursive: true });
  });
});
