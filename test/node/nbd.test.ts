import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import type { FileSource } from '../../src/node/fileSource.ts';
import { parseNetworkSpec } from '../../src/node/network/address.ts';
import { openNetworkSource } from '../../src/node/network/openNetwork.ts';
import {
  blockSizes,
  chunk,
  dataChunk,
  errorChunk,
  exportInfo,
  GREETING,
  holeChunk,
  type NbdManners,
  type NbdServer,
  nbdServer,
  optionReply,
  simpleReply,
  statusChunk,
} from '../tools/nbdServer.ts';

const SIZE = 1 << 21;
const BYTES = Uint8Array.from({ length: SIZE }, (_, i) => (i < SIZE / 2 ? (i * 7 + (i >> 8)) & 0xff : 0));
const PATIENCE = { connectMs: 2000, silentMs: 10_000, pausesMs: [1, 1] };
/** For who is silent. */
const IMPATIENCE = { ...PATIENCE, silentMs: 100 };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function serving(manners: NbdManners = {}): Promise<NbdServer> {
  const server = await nbdServer({ disk: BYTES, '': BYTES, 'a name/with?signs': BYTES }, manners);
  opened.push(server);
  return server;
}

async function opening(server: NbdServer, name = 'disk', patience = PATIENCE): Promise<FileSource> {
  const source = await openNetworkSource(parseNetworkSpec(server.address(name)), patience);
  opened.push(source);
  return source;
}

const codeOf = (error: unknown): string => (error instanceof ZfsUberError ? error.code : `no error of ours: ${error}`);
/** Of long buffers; that of vitest takes a second for a MiB. */
const same = (found: Uint8Array, expected: Uint8Array): boolean => Buffer.compare(found, expected) === 0;
/** Behind both ends, which are read at once. */
const FAR = 700_000;

describe('an NBD export', () => {
  it.each([true, false])('reads as its bytes, in structured replies: %s', async (structured) => {
    const source = await opening(await serving({ structured }));
    expect(source.size).toBe(SIZE);
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZE - 1), fc.nat(300_000), async (offset, wanted) => {
        const length = Math.min(wanted, SIZE - offset);
        expect(same(await source.read(offset, length), BYTES.subarray(offset, offset + length))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('reads whole blocks within the limits of the server', async () => {
    const server = await serving({ least: 4096, most: 65536 });
    const source = await opening(server);
    expect(same(await source.read(FAR + 1, 200_001), BYTES.subarray(FAR + 1, FAR + 200_002))).toBe(true);
    for (const { offset, length } of server.requests) {
      expect([offset % 4096, length % 4096, length <= 65536]).toEqual([0, 0, true]);
    }
  });

  it('asks for the pieces of one read together', async () => {
    const held: Buffer[] = [];
    const server = await serving({
      most: 65536,
      answer({ offset }, usual) {
        if (offset < FAR || offset >= FAR + 8 * 65536) return usual;
        // Whoever waits for the first answer before asking for more waits for ever.
        held.push(usual);
        return held.length === 8 ? Buffer.concat(held.reverse()) : undefined;
      },
    });
    const source = await opening(server);
    expect(same(await source.read(FAR, 8 * 65536), BYTES.subarray(FAR, FAR + 8 * 65536))).toBe(true);
  });

  it('is told where nothing is stored', async () => {
    const source = await opening(await serving());
    expect(await source.runs?.(1000, SIZE - 1000)).toEqual([
      { kind: 'data', offset: 1000, length: SIZE / 2 - 1000 },
      { kind: 'zero', offset: SIZE / 2, length: SIZE / 2 },
    ]);
    expect((await opening(await serving({ structured: false }))).runs).toBeUndefined();
  });

  it('takes what a server does not tell of for data', async () => {
    const manners: NbdManners = {
      answer: ({ type, cookie }, usual) => (type === 7 ? errorChunk(cookie, 95, 'not now') : usual),
    };
    const source = await opening(await serving(manners));
    expect(await source.runs?.(0, SIZE)).toEqual([{ kind: 'data', offset: 0, length: SIZE }]);
  });

  it('has a name of any signs, or none', async () => {
    const server = await serving();
    for (const name of ['', 'a name/with?signs']) expect((await opening(server, name)).size).toBe(SIZE);
  });

  it('goes on over a new connection where one breaks', async () => {
    const server = await serving({ answer: (_, usual, connection) => (connection === 0 ? null : usual) });
    const source = await opening(server);
    expect(await source.read(FAR, 100)).toEqual(BYTES.slice(FAR, FAR + 100));
    expect(server.connections).toBe(2);
  });

  it('gives up after three connections', async () => {
    const server = await serving({ answer: () => null });
    const source = await opening(server);
    await expect(source.read(FAR, 100).catch(codeOf)).resolves.toBe('ECONNRESET');
    expect(server.connections).toBeLessThanOrEqual(4);
  });

  it('is another one when its size is another one after a break', async () => {
    const server = await serving({
      answer: (_, usual, connection) => (connection === 0 ? null : usual),
      size: (connection) => BigInt(SIZE - connection * 512),
    });
    const source = await opening(server);
    await expect(source.read(FAR, 100).catch(codeOf)).resolves.toBe('source-changed');
  });

  it.each([
    ['structured', (cookie: bigint) => errorChunk(cookie, 5, 'bad sector'), true],
    ['simple', (cookie: bigint) => simpleReply(cookie, 5), false],
  ] as const)(
    'tells of one place that the server cannot read, in a %s reply, and of no more',
    async (_, error, structured) => {
      const server = await serving({
        structured,
        answer: ({ type, cookie, offset }, usual) => (type === 0 && offset === FAR ? error(cookie) : usual),
      });
      const source = await opening(server);
      await expect(source.read(FAR, 512).catch(codeOf)).resolves.toBe('EIO');
      expect(await source.read(FAR + 512, 512)).toEqual(BYTES.slice(FAR + 512, FAR + 1024));
    },
  );

  it('ends a wait when the caller does', async () => {
    const source = await opening(
      await serving({ answer: ({ offset }, usual) => (offset === FAR ? undefined : usual) }),
    );
    const stop = new AbortController();
    const read = source.read(FAR, 512, stop.signal);
    stop.abort();
    await expect(read).rejects.toBe(stop.signal.reason);
  });

  it('answers nothing more once it is closed', async () => {
    const source = await opening(await serving());
    await source.close();
    await expect(source.read(FAR, 512).catch(codeOf)).resolves.toBe('source-closed');
  });
});

describe('a server that breaks the protocol', () => {
  const info = (size: bigint, ...more: readonly Buffer[]) =>
    Buffer.concat([
      optionReply(7, 3, exportInfo(size)),
      ...more.map((each) => optionReply(7, 3, each)),
      optionReply(7, 1),
    ]);
  it.each<[string, string, NbdManners]>([
    ['is none', 'wrong-answer', { greeting: Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian') }],
    ['is silent', 'ETIMEDOUT', { greeting: Buffer.alloc(0) }],
    [
      'speaks the old form',
      'unsupported',
      { greeting: Buffer.concat([Buffer.from('NBDMAGIC'), Buffer.from('0000420281861253', 'hex'), Buffer.alloc(2)]) },
    ],
    [
      'announces endless words',
      'wrong-answer',
      { option: () => optionReply(8, 0x80000001, Buffer.alloc(0), 0xffffffff) },
    ],
    ['answers another option', 'wrong-answer', { option: () => optionReply(99, 1) }],
    [
      'tells without end',
      'wrong-answer',
      {
        option: (option) =>
          option === 7 ? Buffer.concat(Array.from({ length: 300 }, () => optionReply(7, 3, exportInfo(1n)))) : null,
      },
    ],
    ['has no such export', 'refused', { option: (option) => (option === 7 ? optionReply(7, 0x80000006) : null) }],
    ['wants TLS', 'refused', { option: (option) => (option === 7 ? optionReply(7, 0x80000005) : null) }],
    ['tells no size', 'wrong-answer', { option: (option) => (option === 7 ? optionReply(7, 1) : null) }],
    ['has an export of 2^63 bytes', 'limit', { option: (option) => (option === 7 ? info(2n ** 63n) : null) }],
    ['has an empty export', 'source-empty', { option: (option) => (option === 7 ? info(0n) : null) }],
    [
      'has blocks of 3 bytes',
      'wrong-answer',
      { option: (option) => (option === 7 ? info(4096n, blockSizes(3, 4096)) : null) },
    ],
    [
      'has blocks of 1 GiB',
      'wrong-answer',
      { option: (option) => (option === 7 ? info(4096n, blockSizes(2 ** 30, 2 ** 30)) : null) },
    ],
    [
      'takes less than a block',
      'wrong-answer',
      { option: (option) => (option === 7 ? info(4096n, blockSizes(512, 0)) : null) },
    ],
  ])('%s: %s', async (_, code, manners) => {
    const patience = code === 'ETIMEDOUT' ? IMPATIENCE : PATIENCE;
    await expect(opening(await serving(manners), 'disk', patience).catch(codeOf)).resolves.toBe(code);
  });

  const reads = (answer: (cookie: bigint, offset: number, length: number) => Buffer): NbdManners => ({
    answer: ({ type, cookie, offset, length }) => (type === 0 ? answer(cookie, offset, length) : undefined),
  });
  const some = (length: number): Buffer => Buffer.alloc(length, 1);
  it.each<[string, NbdManners]>([
    ['another cookie', reads((cookie, at, length) => dataChunk(cookie + 1000n, 1, at, some(length)))],
    ['a simple reply among chunks', reads((cookie, _, length) => simpleReply(cookie, 0, some(length)))],
    [
      'chunks among simple replies',
      { ...reads((cookie, at, length) => dataChunk(cookie, 1, at, some(length))), structured: false },
    ],
    ['no reply', reads(() => some(64))],
    ['less than was asked for', reads((cookie, at, length) => dataChunk(cookie, 1, at, some(length - 1)))],
    ['nothing', reads((cookie) => chunk(cookie, 1, 0, Buffer.alloc(0)))],
    [
      'bytes twice',
      reads((cookie, at, length) =>
        Buffer.concat([dataChunk(cookie, 0, at, some(length)), dataChunk(cookie, 1, at, some(length))]),
      ),
    ],
    ['bytes of elsewhere', reads((cookie, at, length) => dataChunk(cookie, 1, at + 1, some(length)))],
    ['a hole of elsewhere', reads((cookie, at) => holeChunk(cookie, 1, at, 0xffffffff))],
    ['a chunk of 4 GiB', reads((cookie) => chunk(cookie, 1, 1, Buffer.alloc(8), 0xffffffff))],
    ['an error without words', reads((cookie) => chunk(cookie, 1, 32769, Buffer.from([0, 0, 0, 0, 0, 0])))],
    ['a status for a read', reads((cookie, _, length) => statusChunk(cookie, [[length, 0]]))],
    ['an unknown kind of chunk', reads((cookie) => chunk(cookie, 1, 77, some(16)))],
    [
      'pieces without end',
      reads((cookie) => Buffer.concat(Array.from({ length: 5000 }, () => chunk(cookie, 0, 0, Buffer.alloc(0))))),
    ],
  ])('answers a read with %s', async (_, manners) => {
    const source = await opening(await serving(manners));
    await expect(source.read(FAR, 4096).catch(codeOf)).resolves.toBe('wrong-answer');
  });

  it('keeps silent', async () => {
    const source = await opening(await serving({ answer: () => undefined }), 'disk', IMPATIENCE);
    await expect(source.read(FAR, 4096).catch(codeOf)).resolves.toBe('ETIMEDOUT');
  });

  it('says nothing of a server that nobody runs', async () => {
    const server = await serving();
    await server.close();
    await expect(opening(server).catch(codeOf)).resolves.toBe('ECONNREFUSED');
  });

  it('gives an error of ours, or the bytes, whatever bit of its answers is another one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(19), fc.nat(7), fc.boolean(), async (byte, bit, late) => {
        const flipped = (bytes: Buffer): Buffer => {
          const copy = Buffer.from(bytes);
          copy[byte] = (copy[byte] ?? 0) ^ (1 << bit);
          return copy;
        };
        const server = await nbdServer(
          { disk: BYTES },
          late
            ? { answer: (_, usual) => flipped(usual) }
            : { greeting: flipped(Buffer.concat([GREETING, Buffer.alloc(2)])).subarray(0, 18) },
        );
        try {
          const source = await openNetworkSource(parseNetworkSpec(server.address('disk')), {
            connectMs: 500,
            silentMs: 20,
            pausesMs: [1],
          });
          try {
            const bytes = await source.read(FAR, 64);
            expect(bytes.length).toBe(64);
          } finally {
            await source.close();
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ZfsUberError);
        } finally {
          await server.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe.skipIf(spawnSync('nbdkit', ['--version']).status !== 0)('an export over TLS with a key that both know', () => {
  it('is read with the key of the name, or the first, and refused with another', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-psk-'));
    const [disk, keys, others, ready] = ['disk', 'keys', 'others', 'ready'].map((name) => join(folder, name));
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    writeFileSync(`${disk}`, BYTES);
    writeFileSync(`${keys}`, `bob:${'11'.repeat(32)}\nalice:${'22'.repeat(32)}\n`);
    writeFileSync(`${others}`, `bob:${'33'.repeat(32)}\n`);
    const server = spawn(
      'nbdkit',
      [
        '-f',
        '-r',
        '-i',
        '127.0.0.1',
        '-p',
        `${port}`,
        '-P',
        `${ready}`,
        '--tls=require',
        `--tls-psk=${keys}`,
        'file',
        `${disk}`,
      ],
      {
        stdio: 'ignore',
      },
    );
    opened.push({ close: async () => void server.kill() });
    while (!existsSync(`${ready}`)) await wait(20);
    const open = (user: string, file: string | undefined) =>
      openNetworkSource(parseNetworkSpec(`nbds://${user}127.0.0.1:${port}/?tls-psk-file=${file}`), {
        ...PATIENCE,
        pausesMs: [],
      });
    for (const user of ['', 'alice@']) {
      const source = await open(user, keys);
      opened.push(source);
      expect(same(await source.read(FAR, 100_000), BYTES.subarray(FAR, FAR + 100_000))).toBe(true);
    }
    await expect(open('', others)).rejects.toBeInstanceOf(ZfsUberError);
    await expect(open('carol@', keys)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
