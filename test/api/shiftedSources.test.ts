import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { pool, poolImages } from '../tools/images.ts';
import { contractTroubles } from '../tools/scanDocumentShape.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const ZERO = Buffer.alloc(MIB);

let folder = '';
let image = '';
let plain: Awaited<ReturnType<typeof scan>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-shifted-'));
  [image = ''] = await poolImages(pool('torn-sector'));
  plain = await scan([image], { depth: 'mos' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The image with its first byte at `start`, which may be negative, and `after` bytes behind it; sparse. */
async function shifted(name: string, start: number, after = 0): Promise<string> {
  const path = join(folder, name);
  const [from, to] = [await open(image, 'r'), await open(path, 'w+')];
  try {
    const { size } = await from.stat();
    const chunk = Buffer.alloc(MIB);
    for (let at = Math.max(0, -start); at < size; at += MIB) {
      const { bytesRead } = await from.read(chunk, 0, MIB, at);
      if (!chunk.subarray(0, bytesRead).equals(ZERO.subarray(0, bytesRead))) {
        await to.write(chunk, 0, bytesRead, start + at);
      }
    }
    await to.truncate(start + size + after);
    return path;
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

const verdictsOf = ({ pools }: typeof plain) =>
  pools.flatMap(({ candidates }) =>
    candidates
      .map(({ txg, verdict, copies }) => ({ txg, verdict, copies }))
      .sort((a, b) => Number(BigInt(a.txg) - BigInt(b.txg))),
  );

const shiftsOf = ({ pools }: typeof plain) =>
  pools.flatMap(({ findings }) => findings.filter(({ code }) => code === 'device-shifted'));

describe('a scan of a vdev that is elsewhere', () => {
  it.each([
    ['behind a lost partition table', MIB, 300 * KIB, 'partition table is lost'],
    ['behind something put in front', 1000, 0, 'put in front'],
  ])('%s says all that it says of it at its place, and where it begins', async (_, start, after, cause) => {
    const path = await shifted(`at${start}.img`, start, after);
    const document = await scan([path], { depth: 'mos' });
    expect(contractTroubles(JSON.parse(JSON.stringify(document)))).toEqual([]);
    expect(document.sources).toMatchObject([
      { path, kind: 'raw', offsetBytes: `${start}`, sizeBytes: plain.sources[0]?.sizeBytes },
    ]);
    expect(verdictsOf(document)).toEqual(verdictsOf(plain));
    expect(shiftsOf(document)).toMatchObject([{ severity: 'error', message: expect.stringContaining(cause) }]);
    const made = plain.pools[0]?.vdevs?.children[0]?.type === 'file' ? '/var/tmp/zu-d0' : '/run/zu-d0';
    expect(document.pools[0]?.candidates[0]?.commandReadOnly.slice(2, 4)).toEqual(['-d', made]);
  });

  it('with its front cut off tells what is left of it', async () => {
    const path = await shifted('cut.img', -MIB);
    const document = await scan([path], { depth: 'mos' });
    expect(contractTroubles(JSON.parse(JSON.stringify(document)))).toEqual([]);
    const [source] = document.sources;
    expect(source).toMatchObject({ offsetBytes: `${-MIB}`, sizeBytes: plain.sources[0]?.sizeBytes });
    expect(source?.labels.map(({ status }) => status)).toEqual(['unreadable', 'unreadable', 'ok', 'ok']);
    const txgs = (of: typeof plain) => verdictsOf(of).map(({ txg }) => txg);
    expect(txgs(document)).toEqual(txgs(plain));
    expect(shiftsOf(document)).toMatchObject([{ severity: 'error' }]);
  });

  it('than the slice that was given says takes the vdev itself, and zpool sees the file', async () => {
    const document = await scan([`${image}@8192`], { depth: 'labels' });
    expect(document.sources).toMatchObject([{ path: image, kind: 'slice', offsetBytes: '0' }]);
    expect(shiftsOf(document)).toMatchObject([{ severity: 'warning', message: expect.stringContaining('give that') }]);
    expect(document.pools[0]?.candidates[0]?.commandReadOnly).toContain('-d');
  });

  it('is not told twice where its true place is given beside it', async () => {
    const path = await shifted('twice.img', MIB);
    const document = await scan([path, `${path}@1M`], { depth: 'labels' });
    expect(document.sources.filter(({ labels }) => labels.some(({ status }) => status === 'ok'))).toHaveLength(1);
    expect(shiftsOf(document)).toEqual([]);
  });

  it('stays what it was where nothing is found', async () => {
    const path = await shifted('nothing.img', 70 * MIB);
    const document = await scan([`${path}@0+64M`], { depth: 'labels' });
    expect(document.sources).toMatchObject([{ kind: 'slice', offsetBytes: '0' }]);
    expect(document.pools).toEqual([]);
  });
});
