import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { checkImages } from '../../src/api/checkImages.ts';
import { imageCheckStatus } from '../../src/cli/exitStatus.ts';
import { adler32 } from '../../src/source/adler32.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { imageCheckText } from '../../src/text/imageCheckText.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'test-images', 'disk-images');
const PAGE = { width: 200, unicode: true, style: PLAIN_STYLE, now: new Date(0) } as unknown as Parameters<
  typeof imageCheckText
>[0];

let raw: Buffer = Buffer.alloc(0);
let evidence: Buffer = Buffer.alloc(0);
let folder = '';
beforeAll(async () => {
  raw = readFileSync(await imageIn(FOLDER, 'late.img'));
  evidence = readFileSync(await imageIn(FOLDER, 'evidence.E01'));
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-check-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sectionAt = (type: string): number =>
  evidence.indexOf(Buffer.concat([Buffer.from(type), Buffer.alloc(16 - type.length)]));

/** The image with some bytes of a section changed, whose own checksum is made to hold. */
function forged(type: string, summed: number, change: (body: Buffer) => void): Buffer {
  const image = Buffer.from(evidence);
  const body = image.subarray(sectionAt(type) + 76);
  change(body);
  body.writeUInt32LE(adler32(body.subarray(0, summed)), summed);
  return image;
}

describe('an E01 image', () => {
  it('is whole when its bytes sum to what it keeps', async () => {
    const document = await checkImages([await imageIn(FOLDER, 'evidence.E01')]);
    const [image] = document.images;
    expect(image).toMatchObject({ whole: true, error: null, sizeBytes: `${raw.length}` });
    const md5 = createHash('md5').update(raw).digest('hex');
    expect(image?.hashes[0]).toEqual({ algorithm: 'md5', kept: md5, computed: md5 });
    expect(imageCheckStatus(document)).toBe(0);
    expect(imageCheckText(PAGE, document)).toContain('are what was read when the image was made');
  });

  it('is not when another hash is kept, and says both', async () => {
    const image = forged('hash', 32, (body) => body.writeUInt8(body.readUInt8(0) ^ 1, 0));
    const document = await checkImages([memorySource(image, 'x.E01')]);
    expect(document.images[0]?.whole).toBe(false);
    const [hash] = document.images[0]?.hashes ?? [];
    expect(imageCheckText(PAGE, document)).toContain(`kept ${hash?.kept}, found ${hash?.computed}`);
  });

  it('is not when a chunk is damaged, and has no sum then', async () => {
    const image = Buffer.from(evidence);
    // Amid the chunks.
    const at = sectionAt('sectors') + 76 + 5000;
    for (let i = 0; i < 64; i++) image.writeUInt8(image.readUInt8(at + i) ^ 0xff, at + i);
    const document = await checkImages([memorySource(image, 'x.E01')]);
    expect(document.images[0]).toMatchObject({ whole: false, error: { code: 'image-damaged' } });
    expect(document.images[0]?.hashes.every(({ computed }) => computed === null)).toBe(true);
    expect(imageCheckStatus(document)).toBe(3);
    expect(imageCheckText(PAGE, document)).toContain('not what was read');
  });

  it('is not compared by a hash whose own checksum is wrong', async () => {
    const image = Buffer.from(evidence);
    image.writeUInt8(image.readUInt8(sectionAt('hash') + 76) ^ 1, sectionAt('hash') + 76);
    const document = await checkImages([memorySource(image, 'x.E01')]);
    expect(document.images[0]).toMatchObject({ whole: null, hashes: [] });
  });
});

describe('any other source', () => {
  it('keeps no hash, and one that is not there is told', async () => {
    const document = await checkImages([memorySource(raw, 'late.img'), join(folder, 'nothing.E01')]);
    expect(document.images.map(({ whole, error }) => [whole, error?.code ?? null])).toEqual([
      [null, null],
      [false, 'ENOENT'],
    ]);
    expect(imageCheckStatus(document)).toBe(3);
  });
});

const ewf = spawnSync('ewfacquirestream', ['-V']);

describe.skipIf(ewf.error !== undefined)('ewfacquire', () => {
  it('keeps both hashes in images of EnCase 6, of which both hold', async () => {
    const target = join(folder, 'both');
    const args = ['-q', '-f', 'encase6', '-d', 'sha1', '-c', 'fast', '-t', target];
    expect(spawnSync('ewfacquirestream', args, { input: raw }).status).toBe(0);
    const { images } = await checkImages([`${target}.E01`]);
    expect(images[0]?.whole).toBe(true);
    expect(images[0]?.hashes.map(({ algorithm }) => algorithm)).toEqual(['md5', 'sha1']);
    // The same with another byte of the SHA-1.
    const image = readFileSync(`${target}.E01`);
    const at = image.indexOf(Buffer.concat([Buffer.from('digest'), Buffer.alloc(10)])) + 76;
    image.writeUInt8(image.readUInt8(at + 16) ^ 1, at + 16);
    image.writeUInt32LE(adler32(image.subarray(at, at + 76)), at + 76);
    writeFileSync(`${target}.E01`, image);
    const forgedImages = (await checkImages([`${target}.E01`])).images;
    expect(forgedImages[0]?.whole).toBe(false);
    expect(forgedImages[0]?.hashes.map(({ kept, computed }) => kept === computed)).toEqual([true, false]);
  });
});
