import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { overlay } from '../../src/api/overlay.ts';
import { OutputError, UsageError } from '../../src/bytes/errors.ts';
import type { OverlayDocument } from '../../src/document/overlayDocument.ts';
import { labels, scan } from '../../src/index.ts';
import { NewFolder } from '../../src/node/newFolder.ts';
import { flattenQcow2 } from '../tools/flattenQcow2.ts';
import { pool, poolImages } from '../tools/images.ts';

let room = '';
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-overlay-'));
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const fileHash = (path: string): string => hashOf(readFileSync(path));

const DASH = ['/bin/dash', '/usr/bin/dash'].find((path) => existsSync(path)) ?? null;

describe('the overlays of a pool', () => {
  let images: readonly string[] = [];
  let before: readonly string[] = [];
  let made: OverlayDocument;
  let copies: OverlayDocument;
  const TXG = 86n;

  beforeAll(async () => {
    images = await poolImages(pool('exported'));
    before = images.map(fileHash);
    made = await overlay(images, { txg: TXG, output: join(room, 'qcow2') });
    copies = await overlay(images, { txg: TXG, as: 'copy', output: join(room, 'copies') });
  });

  it('are told by the manifest beside them, which is the document', () => {
    expect(made).toMatchObject({ answer: 'loads', loads: '86', refusal: null, output: join(room, 'qcow2') });
    expect(JSON.parse(readFileSync(join(room, 'qcow2', 'manifest.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(made)),
    );
    expect(readdirSync(join(room, 'qcow2')).sort()).toEqual(['d0.qcow2', 'd0.undo', 'import.sh', 'manifest.json']);
  });

  it('are the same bytes as a patched copy, and leave the images as they were', () => {
    const [image = ''] = images;
    const flat = flattenQcow2(readFileSync(join(room, 'qcow2', 'd0.qcow2')), readFileSync(image));
    expect(hashOf(flat)).toBe(fileHash(join(room, 'copies', 'd0.img')));
    expect(images.map(fileHash)).toEqual(before);
  });

  it('have the device own bytes beside them, which undo a copy', () => {
    const [device] = made.devices;
    if (device === undefined) throw new Error('no device');
    const copy = readFileSync(join(room, 'copies', 'd0.img'));
    const undo = readFileSync(join(room, 'qcow2', device.undo ?? ''));
    for (const region of device.regions) {
      const [offset, length, at] = [region.offsetBytes, region.lengthBytes, region.undoOffsetBytes].map(Number) as [
        number,
        number,
        number,
      ];
      expect(hashOf(copy.subarray(offset, offset + length))).toBe(region.sha256After);
      const own = undo.subarray(at, at + length);
      expect(hashOf(own)).toBe(region.sha256Before);
      copy.set(own, offset);
    }
    expect(hashOf(copy)).toBe(before[0]);
  });

  it('are scanned as the pool at that txg', async () => {
    const { pools } = await scan([join(room, 'copies', 'd0.img')], { depth: 'mos' });
    expect(pools[0]).toMatchObject({ state: 'exported', guid: made.pool?.guid });
    expect(pools[0]?.candidates.map(({ txg }) => BigInt(txg)).every((txg) => txg <= TXG)).toBe(true);
    expect(copies.devices[0]?.file).toBe('d0.img');
  });

  it('are never laid over what is there', async () => {
    await expect(overlay(images, { txg: TXG, output: join(room, 'qcow2') })).rejects.toThrow(UsageError);
  });

  it('are not written to a source, by whatever name', async () => {
    const given = join(room, 'given');
    mkdirSync(given);
    copyFileSync(images[0] ?? '', join(given, 'd0.img'));
    symlinkSync(given, join(room, 'link'));
    await expect(overlay([given], { txg: TXG, output: join(room, 'link') })).rejects.toThrow(UsageError);
    await expect(overlay([join(given, 'd0.img')], { txg: TXG, output: join(given, 'd0.img') })).rejects.toThrow(
      UsageError,
    );
    expect(fileHash(join(given, 'd0.img'))).toBe(before[0]);
  });

  it('are described without being made where no folder is named', async () => {
    const { devices, output, answer } = await overlay(images, { txg: TXG });
    expect(output).toBeNull();
    expect(answer).toBe('loads');
    expect(devices[0]?.regions.map(({ sha256After }) => sha256After)).toEqual(
      made.devices[0]?.regions.map(({ sha256After }) => sha256After),
    );
  });
});

describe('the script beside overlays', () => {
  it.each(['qcow2', 'dm', 'copy'] as const)('is taken by a POSIX shell, for %s', async (as) => {
    // Its leaves are disks.
    const images = await poolImages(pool('demo'));
    const output = join(room, `script-${as}`);
    const { refusal, devices } = await overlay(images, { as, output }).catch((error: unknown) => {
      if (as === 'dm' && error instanceof UsageError) return { refusal: null, devices: [] };
      throw error;
    });
    expect(refusal).toBeNull();
    if (devices.length === 0 || DASH === null) return;
    execFileSync(DASH, ['-n', join(output, 'import.sh')]);
    const usage = execFileSync(DASH, ['-c', `"$1"; [ $? = 2 ]`, 'sh', join(output, 'import.sh')], { stdio: 'pipe' });
    expect(usage.toString()).toBe('');
  });
});

describe('a new folder', () => {
  it('is not there before all is written', async () => {
    const path = join(room, 'late');
    const folder = await NewFolder.begin(path);
    await folder.write('a', [{ offset: 3, bytes: Uint8Array.of(1) }]);
    expect(existsSync(path)).toBe(false);
    await folder.finish();
    expect([...readFileSync(join(path, 'a'))]).toEqual([0, 0, 0, 1]);
  });

  it('leaves nothing where the work ends before', async () => {
    const folder = await NewFolder.begin(join(room, 'never'));
    const cut = async function* () {
      yield { offset: 0, bytes: Uint8Array.of(1) };
      throw new OutputError('full');
    };
    await expect(folder.write('a', cut())).rejects.toThrow(OutputError);
    await folder.discard();
    expect(readdirSync(room).filter((name) => name.startsWith(basename('never')))).toEqual([]);
  });

  it('takes an empty folder and no other', async () => {
    mkdirSync(join(room, 'empty'));
    await (await NewFolder.begin(join(room, 'empty'))).finish();
    mkdirSync(join(room, 'full'));
    writeFileSync(join(room, 'full', 'x'), '');
    await expect(NewFolder.begin(join(room, 'full'))).rejects.toThrow(UsageError);
    await expect(NewFolder.begin(join(room, 'nowhere', 'deep'))).rejects.toThrow(UsageError);
  });
});

describe('a copy of a disk that is mostly holes', () => {
  it('has its data and its holes, whatever its size', async () => {
    const images = await poolImages(pool('metaslabs-of-200-gib'));
    const { answer, devices } = await overlay(images, { as: 'copy', output: join(room, 'large') });
    expect(answer).toBe('loads');
    for (const [i, { file }] of devices.entries()) {
      const [own, copy] = [statSync(images[i] ?? ''), statSync(join(room, 'large', file ?? ''))];
      expect(copy.size).toBe(own.size);
      expect(copy.blocks).toBeLessThan(own.blocks + 4096);
    }
    const [first] = (await scan([join(room, 'large')], { depth: 'meta' })).pools;
    expect(first?.candidates[0]?.verdict).toBe('importable');
  });

  it('has of a disk image what the image holds', async () => {
    const images = join(import.meta.dirname, '..', '..', 'test-images', 'disk-images');
    const image = await imageIn(images, 'dynamic.vdi');
    const { devices } = await overlay([image], { as: 'copy', output: join(room, 'of-image') });
    const [of, copied] = [await scan([image]), await scan([join(room, 'of-image', devices[0]?.file ?? '')])];
    const best = copied.pools[0]?.candidates[0];
    expect(of.pools[0]?.candidates.map(({ txg }) => txg)).toContain(best?.txg);
    expect(best?.verdict).toBe('importable');
  });
});

describe('a leg that was detached', () => {
  it('imports by itself once it counts as a member again', async () => {
    const images = await poolImages(pool('detached-only'));
    expect(await overlay(images)).toMatchObject({ answer: null, output: null, devices: [] });
    const { answer, txg, devices } = await overlay(images, { undetach: true });
    expect({ answer, txg }).toEqual({ answer: 'loads', txg: '31' });
    expect(devices[0]?.regions.map(({ why }) => why)).toContain('uberblock-restored');
  });
});

/** A copy of a device without its labels, and the leaf that it is. */
async function withoutLabels(path: string, name: string): Promise<{ readonly bare: string; readonly guid: string }> {
  const { sources } = await scan([path], { depth: 'labels' });
  const bytes = readFileSync(path);
  const LABELS = 512 * 1024;
  bytes.fill(0, 0, LABELS);
  bytes.fill(0, bytes.length - LABELS);
  const bare = join(room, name);
  writeFileSync(bare, bytes);
  return { bare, guid: sources[0]?.labels[0]?.vdevGuid ?? '' };
}

describe('a device of which no label is left', () => {
  let images: readonly string[] = [];
  let bare = '';
  let guid = '';

  beforeAll(async () => {
    images = await poolImages(pool('lying-mirror-one'));
    const [, second = ''] = images;
    ({ bare, guid } = await withoutLabels(second, 'bare.img'));
  });

  it('is a leaf again where blocks on it verify while its siblings are withheld', async () => {
    const [first = ''] = images;
    const { answer, devices } = await overlay([first, bare], { assume: [`${bare}=${guid}`] });
    expect(answer).toBe('loads');
    const made = devices.find(({ path }) => path === bare);
    expect(made).toMatchObject({ guid, by: 'assumed' });
    expect(made?.regions.filter(({ why }) => why === 'label-made')).toHaveLength(4);
  });

  it('is refused where none does, and where there is no such leaf', async () => {
    const [first = ''] = images;
    const noise = join(room, 'noise.img');
    writeFileSync(noise, Buffer.alloc(64 * 1024 * 1024, 'no block of a pool'));
    await expect(overlay([first, noise], { assume: [`${noise}=${guid}`] })).rejects.toThrow('is not leaf');
    await expect(overlay([first, bare], { assume: [`${bare}=7`] })).rejects.toThrow('has no leaf 7');
    await expect(overlay([first], { assume: [`${bare}=${guid}`] })).rejects.toThrow('none of the sources');
    await expect(overlay([first], { assume: ['d1.img'] })).rejects.toThrow('DEVICE=GUID');
  });
});

/** What OpenZFS 2.3.2 imports of these: the txg that is made, read-only and read-write. */
describe('legs of a raidz of which no label is left', () => {
  it('are leaves again where without them nothing opens', async () => {
    const [first = '', second = '', third = ''] = await poolImages(pool('raidz2-two-missing'));
    const [a, b] = [await withoutLabels(first, 'leg1.img'), await withoutLabels(second, 'leg2.img')];
    const one = await overlay([a.bare, second, third], { assume: [`${a.bare}=${a.guid}`] });
    expect([one.refusal, one.answer, one.txg]).toEqual([null, 'loads', '104']);
    const assume = [`${a.bare}=${a.guid}`, `${b.bare}=${b.guid}`];
    const both = await overlay([a.bare, b.bare, third], { assume });
    expect([both.refusal, both.answer, both.txg]).toEqual([null, 'loads', '104']);
    expect(both.devices.filter(({ by }) => by === 'assumed')).toHaveLength(2);
  });

  it('are not taken one for the other, though blocks of one sector are the same on both', async () => {
    const [first = '', third = ''] = await poolImages(pool('lying-raidz1-missing'));
    const { bare, guid } = await withoutLabels(first, 'leg.img');
    const { sources } = await labels([third]);
    const config = sources[0]?.labels[0]?.config as { vdev_tree: { children: { guid: string }[] } } | undefined;
    const middle = config?.vdev_tree.children[1]?.guid ?? '';
    expect((await overlay([bare, third], { assume: [`${bare}=${guid}`] })).refusal).toBeNull();
    const wrongly = overlay([bare, third], { assume: [`${bare}=${middle}`] });
    await expect(wrongly).rejects.toThrow(`is not leaf ${middle}`);
  });
});
