import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { CACHE, imageIn } from '../../bin/images.js';
import { openPools } from '../../src/api/openPool.ts';
import { scan } from '../../src/api/scan.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { gptDisk } from '../tools/gptDisk.ts';
import { HOST_OF_BROWSER } from '../tools/hostOfBrowser.js';
import { httpServer } from '../tools/httpServer.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const IMAGES = join(ROOT, 'test-images');
const image = (pool: string, name: string): Promise<string> => imageIn(join(IMAGES, pool), name);

interface GivenFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Forms in which a pool of one disk may come, by what they are; the first file is the source. */
const forms: Record<string, readonly GivenFile[]> = {};

beforeAll(async () => {
  const raw = readFileSync(await image('healthy-single', 'd0.img'));
  const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-given-'));
  await gptDisk(await image('healthy-single', 'd0.img'), join(folder, 'gpt.img'));
  forms['raw'] = [{ name: 'd0.img', bytes: raw }];
  forms['gpt'] = [{ name: 'gpt.img', bytes: readFileSync(join(folder, 'gpt.img')) }];
  forms['shifted'] = [{ name: 'shifted.img', bytes: Buffer.concat([Buffer.alloc(777 * 512), raw]) }];
  rmSync(folder, { recursive: true });
  for (const name of ['late.img', 'v2.qcow2', 'zstd.qcow2', 'stream.vmdk', 'dynamic.vhdx', 'evidence.E01']) {
    forms[name] = [{ name, bytes: readFileSync(await image('disk-images', name)) }];
  }
  const base = { name: 'base.img', bytes: readFileSync(await image('disk-images', 'base.img')) };
  forms['child.qcow2'] = [
    { name: 'child.qcow2', bytes: readFileSync(await image('disk-images', 'child.qcow2')) },
    base,
  ];
});

/** All but names, kinds and what is done to see the disk. */
function essence({ pools }: ScanDocument, besides: readonly string[] = []): unknown {
  const told = pools.map(({ name, guid, candidates, findings, recommendation }) => ({
    ...{ name, guid, txg: recommendation?.txg },
    candidates: candidates.map(({ txg, verdict }) => ({ txg, verdict })),
    findings: [...besides, ...findings.map(({ code }) => code)].sort(),
  }));
  return JSON.parse(JSON.stringify(told));
}

const NAMES = [
  'raw',
  'gpt',
  'shifted',
  'late.img',
  'v2.qcow2',
  'zstd.qcow2',
  'stream.vmdk',
  'dynamic.vhdx',
  'evidence.E01',
  'child.qcow2',
];
const sourcesOf = (form: string): ByteSource[] =>
  (forms[form] ?? []).map(({ name, bytes }) => memorySource(bytes, name));

describe('sources that a program hands in', () => {
  it.each(NAMES)('are judged as files are: %s', async (form) => {
    const like =
      form === 'raw' || form === 'gpt' || form === 'shifted'
        ? ['healthy-single', 'd0.img']
        : ['disk-images', 'late.img'];
    const known = await scan([await image(like[0] ?? '', like[1] ?? '')], { depth: 'mos' });
    const document = await scan(sourcesOf(form), { depth: 'mos' });
    const told = essence(document);
    const beside = form === 'shifted' ? ['device-shifted'] : [];
    expect(told).toEqual(essence(known, beside));
    expect(document.sources[0]?.error).toBeNull();
    expect(document.sources[0]?.madeOf ?? []).toEqual(form === 'child.qcow2' ? ['base.img'] : []);
  });

  it('lie beside paths, and are the same however often they are given', async () => {
    const [given] = sourcesOf('raw');
    if (given === undefined) throw new Error('no source');
    const path = await image('disk-images', 'late.img');
    const { sources, pools } = await scan([given, path, given], { depth: 'labels' });
    expect(sources.map((source) => source.path)).toEqual(['d0.img', path]);
    expect(pools).toHaveLength(2);
  });

  it('have no place on the system, so that no line names one', async () => {
    const { pools } = await scan(sourcesOf('v2.qcow2'), { depth: 'mos' });
    const { steps = [], commandReadOnly = [] } = pools[0]?.recommendation ?? {};
    expect(steps.map(({ kind }) => kind)).not.toContain('open-images');
    expect(commandReadOnly).not.toContain('-d');
  });

  it('are errors of their own where a program has nothing, says nonsense, or fails', async () => {
    const failing: ByteSource = {
      name: 'failing',
      size: 64 << 20,
      read: () => Promise.reject(new TypeError('a bug of the caller')),
    };
    for (const [size, code] of [
      [0, 'source-empty'],
      [-1, 'not-a-source'],
      [Number.NaN, 'not-a-source'],
      [0.5, 'not-a-source'],
    ] as const) {
      const { sources } = await scan([{ ...failing, name: 'x', size }], { depth: 'labels' });
      expect(sources[0]?.error?.code).toBe(code);
    }
    await expect(scan([failing], { depth: 'labels' })).rejects.toThrow('a bug of the caller');
  });

  it('are read by one session for several calls', async () => {
    const opened = await openPools(sourcesOf('gpt'));
    expect(essence(await scan(opened, { depth: 'mos' }))).toEqual(
      essence(await scan(sourcesOf('gpt'), { depth: 'mos' })),
    );
    await opened.close();
  });
});

const ALIAS = { 'zfs-uber/parser': join(ROOT, 'src', 'parser.ts'), 'zfs-uber': join(ROOT, 'src', 'index.ts') };

/** A page in which there is nothing of Node, with the exports of some code as `page`. */
async function browser(code: BuildOptions): Promise<(expression: string, values?: object) => Promise<unknown>> {
  const { outputFiles } = await build({
    ...code,
    ...{ bundle: true, write: false, format: 'iife', globalName: 'page', platform: 'browser', target: 'es2022' },
    ...{ alias: ALIAS, plugins: [HOST_OF_BROWSER], logLevel: 'silent' },
  });
  const context = createContext({ TextDecoder, TextEncoder, setTimeout, fetch, atob });
  runInContext(outputFiles?.[0]?.text ?? '', context);
  return async (expression, values = {}) => {
    Object.assign(context, values);
    return JSON.parse(`${await runInContext(`(async () => JSON.stringify(${expression}))()`, context)}`);
  };
}

describe('where there is nothing of Node', () => {
  it('sources are judged as here, in any form', async () => {
    const run = await browser({ entryPoints: [join(ROOT, 'src', 'parser.ts')] });
    for (const form of NAMES) {
      const told = await run(
        "await page.scan(given.map(({ name, bytes }) => page.memorySource(bytes, name)), { depth: 'mos' })",
        {
          given: forms[form],
        },
      );
      expect([form, essence(told as ScanDocument)]).toEqual([
        form,
        essence(await scan(sourcesOf(form), { depth: 'mos' })),
      ]);
    }
    await run(
      '(globalThis.opened = await page.openPools(given.map(({ name, bytes }) => page.memorySource(bytes, name))), null)',
      {
        given: forms['raw'],
      },
    );
    expect(await run('opened.pools[0].txgs.map(String)')).toContain('79');
    expect(await run("(await page.verify(opened, 79n, { depth: 'meta' })).verdict")).toBe('importable');
    expect(await run('(await page.labels(opened)).sources.length')).toBe(1);
    expect(await run('(await page.ring(opened)).sources[0].rings.length')).toBe(4);
    expect(await run('(await page.datasets(opened)).datasets.length')).toBeGreaterThan(0);
    expect(await run('(await page.snapshots(opened)).snapshots.length')).toBeGreaterThan(0);
    expect(await run('(await page.history(opened)).records.length')).toBeGreaterThan(0);
    expect(await run("(await page.object(opened, { dataset: 'mos', object: '1' })).entries.length")).toBeGreaterThan(0);
    expect(await run("(await page.block(opened, '0:0:200')).hex.length")).toBeGreaterThan(0);
    expect(await run('(await page.timeline(opened)).events.length')).toBeGreaterThan(0);
    await expect(run("await page.scan(['/dev/sda'])")).rejects.toThrow('there are no files here');
  });

  it('the example of a page answers to the files that were chosen', async () => {
    const run = await browser({ entryPoints: [join(ROOT, 'docs', 'examples', 'scan-in-a-browser.ts')] });
    const files = (forms['raw'] ?? []).map(({ name, bytes }) => Object.assign(new Blob([bytes]), { name }));
    const torn = {
      name: 'gone.img',
      size: 1 << 26,
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error('NotFoundError')) }),
    };
    expect(await run('await page.answersTo(files)', { files: [...files, torn] })).toEqual([
      'tank: txg 79',
      expect.stringContaining('gone.img'),
    ]);
  });
});

describe('the example', () => {
  /** What it prints. */
  async function runExample(name: string, ...args: readonly string[]): Promise<string> {
    const outfile = join(CACHE, 'examples', `${name}.mjs`);
    await build({
      entryPoints: [join(ROOT, 'docs', 'examples', `${name}.ts`)],
      ...{
        alias: ALIAS,
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        packages: 'external',
        outfile,
      },
      define: { 'import.meta.dirname': JSON.stringify(join(ROOT, 'src', 'node')) },
      logLevel: 'silent',
    });
    // Not awaited in one go: the server that it asks is in this process.
    const program = spawn(process.execPath, [outfile, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    program.stdout.on('data', (part: Buffer) => (said.out += `${part}`));
    program.stderr.on('data', (part: Buffer) => (said.err += `${part}`));
    const [status] = await once(program, 'close');
    expect({ err: said.err, status }).toEqual({ err: '', status: 0 });
    return said.out;
  }

  it('of packed images reads buffers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-packed-'));
    writeFileSync(join(folder, 'd0.img.gz'), gzipSync(forms['raw']?.[0]?.bytes ?? Buffer.alloc(0), { level: 1 }));
    expect(await runExample('scan-packed-images', join(folder, 'd0.img.gz'))).toBe('tank 79\n');
    rmSync(folder, { recursive: true });
  });

  it('of an own reader reads by it', async () => {
    const server = await httpServer({ '/bucket/d0.img': forms['raw']?.[0]?.bytes ?? Buffer.alloc(0) });
    expect(await runExample('scan-own-reader', server.address('/bucket/'), 'd0.img')).toBe('tank 79\nimportable\n');
    await server.close();
  });
});
