import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentParts, scan, writeReport } from '../../src/index.ts';
import { built, zfsUber } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

let folder = '';
beforeAll(async () => {
  await built();
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-report-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = () => readdirSync(folder);

describe('scan --html', () => {
  it('prints the report as without it, and writes a page that has the document with its history', async () => {
    const images = await poolImages(pool('torn-sector'));
    const page = join(folder, 'page.html');
    const plain = await zfsUber(['scan', ...images]);
    const ran = await zfsUber(['scan', '--html', page, ...images]);
    expect(ran.stdout).toBe(plain.stdout);
    expect(ran.stderr).toContain(`the page is in ${page}`);
    const text = /id="document">(.*?)<\/script>/s.exec(readFileSync(page, 'utf8'))?.[1] ?? '';
    const { tool: _, ...document } = JSON.parse(text);
    const { tool: __, ...own } = JSON.parse(JSON.stringify(await scan(images, { history: true })));
    expect(document).toEqual(own);
  });

  it('leaves what is there as it is, before anything is read', async () => {
    const there = join(folder, 'there.html');
    writeFileSync(there, 'mine');
    const ran = await zfsUber(['scan', '--html', there, '/nowhere']);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('is there already: nothing is ever overwritten');
    expect(readFileSync(there, 'utf8')).toBe('mine');
  });

  it('refuses to write where a source is, by whatever name', async () => {
    const [image = ''] = await poolImages(pool('torn-sector'));
    for (const spec of [image, `${image}@0`]) {
      const refused = writeReport(image, [spec], () => scan([spec]));
      await expect(refused).rejects.toThrow('which is only read');
    }
  });

  it('leaves nothing behind where the scan fails', async () => {
    const before = files();
    const failed = writeReport(join(folder, 'none.html'), [], () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(files()).toEqual(before);
  });
});

describe('report', () => {
  it('makes of an older document the page that its scan would have made, but for how it came to be', async () => {
    const images = await poolImages(pool('torn-sector'));
    const document = await scan(images);
    const [json, first, second] = ['scan.json', 'first.html', 'second.html'].map((name) => join(folder, name));
    writeFileSync(json ?? '', [...documentParts(document)].join(''));
    await writeReport(first ?? '', [], async () => document);
    const ran = await zfsUber(['report', json ?? '', '--html', second ?? '']);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const [made, again] = [first, second].map((path) =>
      readFileSync(path ?? '', 'utf8').replace(/<dt>Page made<\/dt>.*?<\/dd>|\([^()]* ago\)/g, ''),
    );
    expect(again).toBe(made);
  });

  it('refuses a file that is no document of a scan, and makes no page', async () => {
    const json = join(folder, 'other.json');
    writeFileSync(json, '{"schema":"zfs-uber/ring/1"}');
    const page = join(folder, 'other.html');
    const ran = await zfsUber(['report', json, '--html', page]);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain('document of a scan: expected');
    expect(existsSync(page)).toBe(false);
  });
});
