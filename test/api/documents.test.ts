import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { CACHE } from '../../bin/images.js';
import { openHistory } from '../../src/api/streams.ts';
import { nodeLibrary } from '../../src/cli/nodeLibrary.ts';
import { runCommand } from '../../src/cli/runCommand.ts';
import {
  block,
  datasets,
  history,
  labels,
  NoSuchTxgError,
  object,
  openPools,
  ring,
  scan,
  snapshots,
  streamParts,
  timeline,
  timelineLines,
  verify,
} from '../../src/index.ts';
import { recorded } from '../cli/fakeTerminal.ts';
import { pool, poolImages } from '../tools/images.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const demo = () => poolImages(pool('demo'));

/** What the command prints. */
async function printed(...args: string[]): Promise<string> {
  const { terminal, out } = recorded();
  await runCommand([...args, ...(await demo())], terminal, async () => nodeLibrary());
  return out();
}

const ADDRESS = '0:400000:200';

it('gives by a function what each command prints, of opened pools as of paths', async () => {
  const session = await openPools(await demo());
  try {
    const [txg = 0n] = session.pool().txgs;
    const calls = {
      'scan --depth mos': (from: Parameters<typeof scan>[0]) => scan(from, { depth: 'mos' }),
      [`verify --depth meta --txg ${txg}`]: (from) => verify(from, txg, { depth: 'meta' }),
      labels: (from) => labels(from),
      ring: (from) => ring(from),
      [`datasets --txg ${txg}`]: (from) => datasets(from, { txg }),
      snapshots: (from) => snapshots(from),
      history: (from) => history(from),
      'object mos 1': (from) => object(from, { dataset: 'mos', object: '1' }),
      [`block ${ADDRESS}`]: (from) => block(from, ADDRESS),
    } satisfies Record<string, (from: Parameters<typeof scan>[0]) => Promise<object>>;
    for (const [command, call] of Object.entries(calls)) {
      const document = JSON.parse(await printed(...command.split(' '), '--json'));
      expect(JSON.parse(JSON.stringify(await call(session))), command).toEqual(document);
      expect(JSON.parse(JSON.stringify(await call(await demo()))), command).toEqual(document);
    }
    const { events } = await timeline(session);
    expect([...timelineLines('jsonl', events)].join('')).toBe(await printed('scan', '--timeline', 'jsonl'));
  } finally {
    await session.close();
  }
});

it('tells in a timeline what a pool of OpenZFS 2.4 noted of the time, a damaged log apart', async () => {
  const { events, troubles } = await timeline(await poolImages(pool('gang-headers-dynamic')));
  const noted = events.filter(({ kind }) => kind === 'txg-time');
  const written = events.filter(({ kind }) => kind === 'uberblock');
  expect(noted.length).toBeGreaterThan(0);
  expect(troubles).toEqual([]);
  // Each is of a time at which the pool was written, and says what the ring says of that txg.
  for (const { txg, time } of noted) {
    const same = written.find((each) => each.txg === txg);
    if (same !== undefined) expect(Number((time ?? 0n) - (same.time ?? 0n))).toBeLessThanOrEqual(5);
    expect(time).toBeGreaterThan(1_700_000_000n);
  }
});

it('gives the text of a document with long lists without holding them, as often as asked', async () => {
  const stream = await openHistory(await demo());
  const text = await printed('history', '--json');
  for (const _ of [1, 2]) {
    let all = '';
    for await (const part of streamParts(stream)) all += part;
    expect(all).toBe(text);
  }
  await stream.close();
});

it('leaves opened pools open, and closes what it has opened itself when it fails', async () => {
  const session = await openPools(await demo());
  await expect(datasets(session, { txg: 1n << 40n })).rejects.toBeInstanceOf(NoSuchTxgError);
  expect((await datasets(session)).datasets.length).toBeGreaterThan(0);
  await session.close();
  await expect(history(await demo(), { txg: 1n << 40n })).rejects.toBeInstanceOf(NoSuchTxgError);
  await expect(scan(session, { watchSeconds: 1 })).rejects.toThrow('paths');
});

const EXAMPLES = [...readFileSync(join(ROOT, 'docs', 'library.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code = '']) => code,
);

it.each(EXAMPLES.map((code, i) => [i + 1, code] as const))(
  'runs example %i of docs/library.md',
  async (number, code) => {
    const folder = join(CACHE, 'examples', `library-${number}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [i, image] of (await demo()).entries()) symlinkSync(image, join(folder, `disk${i}.img`));
    writeFileSync(join(folder, 'example.ts'), code);
    const outfile = join(folder, 'example.mjs');
    await build({
      entryPoints: [join(folder, 'example.ts')],
      alias: { 'zfs-uber': join(ROOT, 'src', 'index.ts') },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      define: {
        'import.meta.dirname': JSON.stringify(join(ROOT, 'src', 'node')),
        'import.meta.url': JSON.stringify(`file://${ROOT}/src/node/addon.ts`),
      },
      outfile,
      logLevel: 'silent',
    });
    const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toBe('');
  },
);
