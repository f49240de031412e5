import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Where systems have a Chromium. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];
const CHROMIUM = process.env['CHROMIUM'] ?? PLACES.find((path) => existsSync(path)) ?? null;

/** Why tests in a browser are skipped; null where they can run. */
export const NO_BROWSER = CHROMIUM === null ? 'no Chromium here: tests of pages in a browser are skipped' : null;
if (NO_BROWSER !== null) console.warn(NO_BROWSER);

/** One for a file of tests: to start it takes longer than most of them. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu'] });

export interface OpenedPage {
  readonly page: Page;
  /** What the page complained of, and what it asked for beside itself. */
  readonly troubles: readonly string[];
  readonly close: () => Promise<void>;
}

/** Opens an address and takes note of all that a report must not do. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => troubles.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const own = request.url() === url || /^(data|blob):/.test(request.url());
    if (!own) troubles.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, troubles, close: () => context.close() };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Rules of accessibility that the page breaks, and where. */
export async function axeViolations(page: Page): Promise<string[]> {
  // As a debugger does it: no script of the page may be added to.
  const run = `${axe}; axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target).join(', ')))`;
  return page.evaluate(run) as Promise<string[]>;
}
