import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportAssets } from '../../src/api/report.ts';
import { documentParts } from '../../src/document/jsonParts.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { reportPage } from '../../src/page/reportPage.ts';
import {
  candidate,
  finding,
  incomplete,
  lyingMirror,
  NOW,
  pool,
  scan,
  source,
  uberblock,
} from '../document/sampleDocuments.ts';
import { axeViolations, NO_BROWSER, type OpenedPage, openBrowser, openPage } from '../tools/browser.ts';

let folder = '';
let browser: Browser;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-page-'));
  browser = await openBrowser();
});
afterAll(async () => {
  if (NO_BROWSER !== null) return;
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
function pageOf(document: ScanDocument): string {
  const choice = { pool: null, commandLine: 'zfs-uber scan d0.img', scannedAt: NOW, pageAt: NOW };
  const file = join(folder, `${count++}.html`);
  writeFileSync(file, reportPage(document, reportAssets(), choice));
  return file;
}

const open = (document: ScanDocument, options: Parameters<typeof openPage>[2] = {}): Promise<OpenedPage> =>
  openPage(browser, pathToFileURL(pageOf(document)).href, options);

/** As large as pools get: 24 devices whose rings have 128 slots, all different. */
function large(): ScanDocument {
  const sources = Array.from({ length: 24 }, (_, device) =>
    source(`/dev/disk/by-id/scsi-${device}`, {
      uberblocks: Array.from({ length: 128 }, (_, slot) =>
        uberblock(1_000_000 - slot, slot, device % 2 ? [0, 1, 2, 3] : [slot % 4, 3]),
      ),
    }),
  );
  const candidates = Array.from({ length: 128 }, (_, at) => candidate(1_000_000 - at, at + 1));
  return scan({ sources, pools: [pool({ sources: sources.map((_, index) => index), candidates })] });
}

const many = (): ScanDocument =>
  scan({
    sources: [source('d0.img')],
    pools: [pool({ sources: [0], candidates: Array.from({ length: 5000 }, (_, at) => candidate(9000 - at, at + 1)) })],
  });

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'><svg onload=alert(3)>{{7*7}}\u202e\u0000`;

/** Every text of a document that may come from an image. */
function hostile(): ScanDocument {
  const texts = new Set(['name', 'path', 'message', 'hostname', 'why', 'brief', 'dataset', 'type', 'what', 'engine']);
  return JSON.parse(
    JSON.stringify({ ...lyingMirror(), findings: [finding('read-failed', 'error', HOSTILE)] }),
    (key, value) => (texts.has(key) && typeof value === 'string' ? HOSTILE : value),
  );
}

describe.skipIf(NO_BROWSER !== null)('a report in a browser', () => {
  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
    ['dark', 3840],
  ] as const)(
    'breaks no rule of accessibility, asks for nothing and complains of nothing: %s, %i pixels',
    async (colorScheme, width) => {
      const others = width === 360 ? [incomplete(), scan({ pools: [], sources: [] })] : [];
      for (const document of [lyingMirror(), ...others]) {
        const { page, troubles, close } = await open(document, { colorScheme, viewport: { width, height: 900 } });
        expect(await axeViolations(page)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
        expect(troubles).toEqual([]);
        await close();
      }
    },
  );

  it('runs nothing that names, messages and histories of an image bring', async () => {
    const events = [{ kind: 'history', txg: '110', time: NOW, text: HOSTILE }] as const;
    const document = hostile();
    const pools = document.pools.map((each) => ({ ...each, moments: { events, leftOut: 0 } }));
    const { page, troubles, close } = await open({ ...document, pools });
    expect(
      await page.evaluate('[...document.images].length + document.querySelectorAll("[onload], [onerror]").length'),
    ).toBe(0);
    expect(await page.evaluate('document.scripts.length')).toBe(2);
    expect(await page.textContent('h2.pool-name')).toContain('</script><script>alert(1)</script>');
    await page.focus('.ring-scroll');
    await page.keyboard.press('ArrowDown');
    expect(await page.textContent('.ring-cell')).toContain('<img src=x onerror=alert(2)>');
    expect(troubles).toEqual([]);
    await close();
  });

  it('refuses by its policy what would run all the same', async () => {
    const { page, troubles, close } = await open(lyingMirror());
    const refused: (string | undefined)[] = [];
    page.on('requestfailed', (request) => refused.push(request.failure()?.errorText));
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "ran"' }))`,
    );
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.org/x.png' }))`,
    );
    expect(await page.title()).toBe('Pool tank - zfs-uber');
    expect(troubles.join()).toMatch(/script.*Content Security Policy/i);
    await expect.poll(() => refused).toEqual(['csp']);
    await close();
  });

  it('sorts and filters the table, and draws of 5,000 rows those in sight', async () => {
    const { page, close } = await open(many());
    const txgs = () => page.$$eval('[data-rows] tbody th', (cells) => cells.map((cell) => cell.textContent));
    expect((await txgs()).length).toBeLessThan(300);
    expect((await txgs())[0]).toBe('9000');
    await page.click('th[data-column=txg] button');
    expect((await txgs())[0]).toBe('4001');
    expect(await page.getAttribute('th[data-column=txg]', 'aria-sort')).toBe('ascending');
    await page.$eval('.txgs-scroll', (scroll) => scroll.scrollTo(0, scroll.scrollHeight));
    await expect.poll(async () => (await txgs()).at(-1)).toBe('9000');
    await page.fill('[data-filter] input', 'txg:4242');
    expect(await txgs()).toEqual(['4242']);
    expect(await page.textContent('[data-filter] [role=status]')).toBe('1 of 5000 txgs');
    await close();
  });

  it('says of each cell of the rings what it is, by keyboard, and shows its txg in the table', async () => {
    const { page, close } = await open(lyingMirror());
    await page.focus('.ring-scroll');
    expect(await page.textContent('.ring-cell')).toMatch(
      /^Txg 114, written 2026-11-21 09:14:02 UTC: importable, loss 5 s\./,
    );
    await page.keyboard.press('ArrowDown');
    expect(await page.textContent('.ring-cell')).toContain('slot 20: valid');
    await page.keyboard.press('Enter');
    expect(await page.inputValue('[data-filter] input')).toBe('txg:114');
    await close();
  });

  it('gives out the document as scan --json prints it, and commands as they are', async () => {
    const { page, close } = await open(lyingMirror(), { permissions: ['clipboard-read', 'clipboard-write'] });
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-download]')]);
    expect(readFileSync(await download.path(), 'utf8')).toBe([...documentParts(lyingMirror())].join(''));
    const button = page.locator('.command', { hasText: 'readonly=on' }).first().locator('button');
    await button.click();
    await expect.poll(() => button.textContent()).toBe('Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      'zpool import -d /evidence -N -f -o readonly=on -F -T 114 tank',
    );
    await close();
  });

  it('says the same without its script', async () => {
    const { page, close } = await open(lyingMirror(), { javaScriptEnabled: false });
    expect(await page.locator('[data-rows] tbody tr').count()).toBe(lyingMirror().pools[0]?.candidates.length);
    expect(await page.locator('.command button:visible').count()).toBe(0);
    await close();
  });

  it('keeps a pool of 24 devices and 128 txgs below 3 MiB', async () => {
    expect(readFileSync(pageOf(large())).length).toBeLessThan(3 * 1024 * 1024);
    const { page, troubles, close } = await open(large());
    expect(await page.locator('.ring-names span').count()).toBeGreaterThan(24);
    expect(troubles).toEqual([]);
    await close();
  });
});
