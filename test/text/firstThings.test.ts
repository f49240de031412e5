import { expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { type Page, PLAIN_STYLE } from '../../src/text/page.ts';
import { scanText } from '../../src/text/scanText.ts';
import { pool, poolImages } from '../tools/images.ts';

const page = (width: number): Page => ({
  width,
  rows: null,
  unicode: true,
  style: PLAIN_STYLE,
  now: 1_800_000_000,
});

const quiet = { quiet: true, all: false, newestFirst: false, pool: null, show: [] };

it('names the device to find before any line that rewinds without it', async () => {
  const text = scanText(page(100), await scan(await poolImages(pool('stale-leg-and-log'))), quiet);
  const find = text.indexOf('Find /dev/vdA1');
  expect(find).toBeGreaterThan(0);
  expect(find).toBeLessThan(text.indexOf('zpool import'));
});

it('gives the lines that cut off what another pool left behind a vdev in the answer, and once', async () => {
  const document = await scan(await poolImages(pool('old-labels-behind')));
  const cut = /^ +dd if=.*count=67108864.*$/gm;
  expect(scanText(page(100), document, quiet).match(cut)).toHaveLength(1);
  expect(scanText(page(100), document, { ...quiet, quiet: false }).match(cut)).toHaveLength(1);
});
