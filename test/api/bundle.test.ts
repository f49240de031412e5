import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import {
  block,
  checkBundles,
  datasets,
  history,
  labels,
  object,
  openPools,
  ring,
  type Sources,
  scan,
  snapshots,
  UsageError,
  verify,
  writeBundle,
} from '../../src/index.ts';
import { HOST_OF_BROWSER } from '../tools/hostOfBrowser.js';
import { pool, poolImages, pools } from '../tools/images.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-bundle-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One of each way to read: layouts, damage, devices that are lacking, shifted or older; all of the folders that were named. */
const NAMES = [
  'torn-sector',
  'front-wiped',
  'stale-leg',
  'split-brain',
  'draid-one-missing',
  'raidz3-rotten',
  'removed-vdev',
  'lying-mirror-one',
  'old-labels-behind',
  'version-28',
];
const CHOSEN = process.env['ZFS_UBER_POOLS'] === undefined ? NAMES.map(pool) : pools();

/** The document without what tells a bundle from the device that it stands for. */
function told(document: object): unknown {
  return JSON.parse(JSON.stringify(document), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('bundle' in value)) return value;
    const { bundle, ...rest } = value as { readonly bundle: { readonly kind: string } };
    return { ...rest, kind: bundle.kind };
  });
}

describe('a bundle says the same as the devices', () => {
  it.each(CHOSEN)('$name', async (fixture) => {
    const images = await poolImages(fixture);
    const file = join(folder, `${fixture.name}.bundle`);
    await writeBundle(images, file);
    const same = async (name: string, ask: (sources: Sources) => Promise<object>): Promise<void> => {
      const answers = [images, [file]].map((sources) =>
        ask(sources).then(told, (error: unknown) => (error instanceof UsageError ? error.message : error)),
      );
      const [own, bundled] = await Promise.all(answers);
      expect(bundled, name).toEqual(own);
    };
    await same('scan', (from) => scan(from));
    await same('scan --zfs 2.1', (from) => scan(from, { zfs: '2.1' }));
    await same('labels', (from) => labels(from));
    await same('ring', (from) => ring(from));
    const opened = await openPools(images);
    await opened.close();
    for (const { guid, txgs, candidates } of opened.pools) {
      for (const { uberblock, txg } of [candidates[0], candidates.at(-1)].flatMap((each) => each ?? [])) {
        const { rootbp } = uberblock;
        const [dva] = rootbp.dvas;
        if (dva === undefined) continue;
        const place = `${dva.vdev}:${(dva.offset * 512n).toString(16)}:${rootbp.psize.toString(16)}`;
        await same(`block ${place}`, (from) => block(from, place, { pool: guid.toString(), txg, decompress: 'lz4' }));
      }
      for (const txg of [txgs[0] ?? 0n, txgs.at(-1) ?? 0n]) {
        const at = { pool: guid.toString(), txg };
        await same(`verify ${txg}`, (from) => verify(from, txg, { depth: 'meta', pool: at.pool }));
        await same(`datasets ${txg}`, (from) => datasets(from, at));
        await same(`snapshots ${txg}`, (from) => snapshots(from, at));
        await same(`history ${txg}`, (from) => history(from, at));
        await same(`object ${txg}`, (from) => object(from, { dataset: 'mos', object: '1' }, at));
      }
    }
    expect((await checkBundles([file])).bundles).toMatchObject([{ whole: true, error: null }]);
  });
});

describe('a bundle of an earlier state inside an image', () => {
  it('holds that, and names it where the image is', async () => {
    const images = join(import.meta.dirname, '..', '..', 'test-images', 'disk-images');
    const spec = `${await imageIn(images, 'snapshots.qcow2')}#snapshot=before`;
    const file = join(folder, 'before.bundle');
    await writeBundle([spec], file);
    const [own, bundled] = await Promise.all([scan([spec]), scan([file])]);
    expect(own.pools[0]?.candidates.length).toBeGreaterThan(0);
    expect(told(bundled)).toEqual(told(own));
  });
});

describe('a bundle of an image with a parent', () => {
  it.each(['child.qcow2', 'delta.vmdk'])('%s holds what of the parent is needed', async (name) => {
    const images = join(import.meta.dirname, '..', '..', 'test-images', 'disk-images');
    for (const each of ['base.img', 'parent.vmdk']) await imageIn(images, each);
    const image = await imageIn(images, name);
    const alone = mkdtempSync(join(folder, 'alone-'));
    const file = join(alone, 'x.bundle');
    await writeBundle([image], file);
    const [own, bundled] = [await scan([image]), await scan([file])];
    expect(own.sources[0]?.madeOf).toHaveLength(1);
    expect(own.pools[0]?.candidates[0]?.verdict).toBe('importable');
    expect(told(bundled)).toEqual(told(own));
  });
});

describe('a bundle', () => {
  const images = () => poolImages(pool('demo'));
  let file = '';
  beforeAll(async () => {
    file = join(folder, 'demo.bundle');
    await writeBundle(await images(), file, { commandLine: ['bundle', '-o', file] });
  });

  it('says whose it is: kind bundle, the path that the device had, and the bundle', async () => {
    const [source] = (await labels([file])).sources;
    expect(source).toMatchObject({ path: (await images())[0], kind: 'bundle', bundle: { path: file, kind: 'raw' } });
  });

  it('has no data: it says so, and verify looks at the metadata of one without being told', async () => {
    const { pools: found } = await scan([file], { depth: 'labels' });
    const txg = BigInt(found[0]?.candidates[0]?.txg ?? 0);
    expect(await verify([file], txg)).toMatchObject({ depth: 'meta', dataErrors: null });
    await expect(verify([file], txg, { depth: 'data' })).rejects.toThrow('is a bundle and has no data of files');
    await expect(scan([file], { depth: 'data' })).rejects.toThrow('is a bundle and has no data of files');
    await expect(scan([file], { watchSeconds: 1 })).rejects.toThrow('a bundle never changes');
  });

  it('is never written over anything, nor made of another, and leaves nothing where it fails', async () => {
    const before = readFileSync(file);
    await expect(writeBundle(await images(), file)).rejects.toThrow('is there already');
    expect(readFileSync(file).equals(before)).toBe(true);
    const [image = ''] = await images();
    await expect(writeBundle([image], image)).rejects.toThrow('is only read');
    const other = join(folder, 'other');
    await expect(writeBundle([file], join(folder, 'again.bundle'))).rejects.toThrow('is a bundle');
    await expect(writeBundle([image], join(other, 'x.bundle'))).rejects.toMatchObject({ code: 'unwritten' });
    expect(readdirSync(folder).filter((name) => name.includes('.part') || name.includes('again'))).toEqual([]);
  });

  it('leaves a txg unverified, and says what it lacks, where what it needs is not in it', async () => {
    const stop = new AbortController();
    const short = join(folder, 'short.bundle');
    const made = await writeBundle(await images(), short, {
      signal: stop.signal,
      progress: ({ phase }) => void (phase === 'checking txgs' && stop.abort()),
    });
    expect(made.stopped).toBe(true);
    expect((await checkBundles([short])).bundles).toMatchObject([{ whole: true, about: { stopped: true } }]);
    const [judged] = (await scan([short])).pools;
    expect(new Set(judged?.candidates.map(({ verdict }) => verdict))).toEqual(new Set(['unverified']));
    expect(judged?.findings.map(({ code }) => code)).toContain('not-in-bundle');
  });

  it('is known as changed, and still gives what is whole of it', async () => {
    const changed = join(folder, 'changed.bundle');
    const bytes = readFileSync(file);
    bytes[64] = (bytes[64] ?? 0) ^ 1;
    writeFileSync(changed, bytes);
    const [check] = (await checkBundles([changed])).bundles;
    expect(check).toMatchObject({ whole: false, damagedFrames: [0], error: { code: 'bundle-damaged' } });
    expect(check?.about?.commandLine).toEqual(['bundle', '-o', file]);
    expect((await checkBundles([join(folder, 'none')])).bundles).toMatchObject([{ whole: false, about: null }]);
    expect((await scan([changed])).sources[0]?.error).not.toBeNull();
  });

  it('is found in a directory as any image is', async () => {
    const directory = mkdtempSync(join(folder, 'd-'));
    copyFileSync(file, join(directory, 'x'));
    expect((await ring([directory])).sources.map(({ kind }) => kind)).toEqual(['bundle', 'bundle']);
  });

  it('can be read where there is nothing of Node', async () => {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, '..', '..', 'src', 'parser.ts')],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'zfsUber',
      platform: 'browser',
      target: 'es2022',
      plugins: [HOST_OF_BROWSER],
      logLevel: 'silent',
    });
    const page = createContext({
      TextDecoder,
      TextEncoder,
      fetch,
      bytes: new Uint8Array(readFileSync(file)),
    });
    runInContext(outputFiles[0]?.text ?? '', page);
    const seen: string = await runInContext(
      `(async () => {
        const { disks } = await zfsUber.openBundle(zfsUber.memorySource(new Uint8Array(bytes), 'demo.bundle'));
        const survey = await zfsUber.surveyDevice(disks[0], zfsUber.pureEngine);
        return survey.labels.map((label) => label.status).join();
      })()`,
      page,
    );
    expect(seen).toBe('ok,ok,ok,ok');
  });
});
