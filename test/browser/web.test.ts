import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { type PoolEntry, type ScanDocument, scan, serveWeb, writeBundle } from '../../src/index.ts';
import { wasmFile } from '../../src/node/wasmFile.ts';
import { axeViolations, NO_BROWSER, type OpenedPage, openBrowser, openPage } from '../tools/browser.ts';
import { built } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

let folder = '';
let browser: Browser;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  await built();
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-web-'));
  browser = await openBrowser();
});
afterAll(async () => {
  if (NO_BROWSER !== null) return;
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What the page computes with. */
const ENGINE = wasmFile() === null ? 'pure' : 'wasm';

const PAGE = pathToFileURL(join(import.meta.dirname, '..', '..', 'dist', 'web', 'index.html')).href;
const open = (): Promise<OpenedPage> => openPage(browser, PAGE);

/** The document in the report that the page shows. */
async function documentOf(page: Page): Promise<ScanDocument> {
  await expect.poll(() => page.textContent('#status'), { timeout: 240_000 }).toMatch(/^Done/);
  const text = await page.frameLocator('#report').locator('#document').textContent();
  return JSON.parse(text ?? 'null');
}

/** Drops paths on the page as a desktop does it. */
async function drop(page: Page, files: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 100, y: 100, data });
  }
  await session.detach();
}

/** What a person does by it, wherever the sources lie. */
const advice = ({ pools }: Pick<ScanDocument, 'pools'>) =>
  pools.map(({ name, guid, candidates, recommendation, findings }: PoolEntry) => ({
    ...{ name, guid, txg: recommendation?.txg, why: recommendation?.why },
    verdicts: candidates.map(({ txg, verdict, rank }) => `${rank} ${txg} ${verdict}`),
    codes: findings.map(({ code }) => code),
  }));

describe.skipIf(NO_BROWSER !== null)('the page of the library', () => {
  it('recommends what the command line does: two devices of a mirror', async () => {
    const images = await poolImages(pool('stale-leg'));
    const { page, troubles, close } = await open();
    await page.setInputFiles('#pick-files', images);
    await page.click('#scan');
    const document = await documentOf(page);
    expect(advice(document)).toEqual(advice(await scan(images)));
    expect(document.tool.engine).toBe(ENGINE);
    expect(await page.frameLocator('#report').locator('.txg').textContent()).toContain(
      `Txg ${document.pools[0]?.recommendation?.txg}`,
    );
    expect(troubles).toEqual([]);
    await close();
  });

  it('recommends what the command line does: a qcow2 image', async () => {
    const image = await imageIn(join(import.meta.dirname, '..', '..', 'test-images', 'disk-images'), 'zstd.qcow2');
    const { page, troubles, close } = await open();
    await page.setInputFiles('#pick-files', image);
    await page.click('#scan');
    const document = await documentOf(page);
    expect(document.sources[0]?.kind).toBe('qcow2');
    expect(advice(document)).toEqual(advice(await scan([image])));
    expect(troubles).toEqual([]);
    await close();
  });

  it('recommends what the command line does: a bundle, in a folder', async () => {
    const dropped = join(folder, 'dropped');
    mkdirSync(dropped);
    await writeBundle(await poolImages(pool('torn-sector')), join(dropped, 'tank.bundle'));
    const { page, troubles, close } = await open();
    await page.setInputFiles('#pick-folder', dropped);
    await page.click('#scan');
    expect(advice(await documentOf(page))).toEqual(advice(await scan([dropped])));
    expect(troubles).toEqual([]);
    await close();
  });

  it('takes files and folders that are dropped on it', async () => {
    const dropped = join(folder, 'folder');
    mkdirSync(dropped);
    const images = await poolImages(pool('torn-sector'));
    await writeBundle(images, join(dropped, 'tank.bundle'));
    const image = await imageIn(join(import.meta.dirname, '..', '..', 'test-images', 'disk-images'), 'zstd.qcow2');
    const { page, troubles, close } = await open();
    await drop(page, [dropped, image]);
    await expect.poll(() => page.isEnabled('#scan')).toBe(true);
    await page.click('#scan');
    const { sources, pools } = await documentOf(page);
    expect(sources.map(({ path, bundle }) => bundle?.path ?? path).sort()).toEqual([
      'folder/tank.bundle',
      'zstd.qcow2',
    ]);
    const own = [...(await scan(images)).pools, ...(await scan([image])).pools];
    expect(new Set(pools.map((each) => JSON.stringify(advice({ pools: [each] }))))).toEqual(
      new Set(own.map((each) => JSON.stringify(advice({ pools: [each] })))),
    );
    expect(troubles).toEqual([]);
    await close();
  });

  it('scans what zfs-uber web hands over, and asks nobody else', async () => {
    const images = await poolImages(pool('stale-leg'));
    const stop = new AbortController();
    const { url, ended } = await serveWeb(images, { signal: stop.signal });
    const { page, troubles, close } = await openPage(browser, url);
    await expect.poll(() => page.isEnabled('#scan')).toBe(true);
    await page.click('#scan');
    const document = await documentOf(page);
    expect(advice(document)).toEqual(advice(await scan(images)));
    expect(document.tool.engine).toBe(ENGINE);
    expect(document.pools[0]?.recommendation?.commandReadOnly).toEqual(
      (await scan(images)).pools[0]?.recommendation?.commandReadOnly,
    );
    expect(troubles.filter((each) => !each.startsWith(`request: ${url}`))).toEqual([]);
    await close();
    stop.abort();
    await ended;
  });

  it('says of a file without a trace of ZFS that there is none, and can be asked again', async () => {
    const { page, close } = await open();
    await page.setInputFiles('#pick-files', { name: 'x.img', mimeType: '', buffer: Buffer.alloc(1 << 20) });
    await page.click('#scan');
    expect((await documentOf(page)).pools).toEqual([]);
    expect(await page.isEnabled('#scan')).toBe(true);
    await close();
  });

  it('breaks no rule of accessibility, and lets its report do no more than a report of the command line', async () => {
    const { page, troubles, close } = await open();
    expect(await axeViolations(page)).toEqual([]);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(readFileSync(new URL(PAGE), 'utf8'))?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('connect-src data:;');
    expect(await page.getAttribute('#report', 'sandbox')).toBe('allow-scripts allow-downloads');
    expect(troubles).toEqual([]);
    await close();
  });
});
