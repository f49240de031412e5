import { closeSync, openSync, readSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { edonr512 } from '../../src/block/edonr.ts';
import { saltedChecksums } from '../../src/block/saltedChecksum.ts';
import { printWords, UsageError } from '../../src/bytes/errors.ts';
import { pool, poolImage } from '../tools/images.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** The salt of the image's pool, and blocks of it: byte offset in the image, psize, checksum words as zdb prints them. */
const SALT = hex('242096b8d51654ce75974ef38957fcb8198236d86ab6b4a11e1122d6bf807edc');
const BLOCKS = [
  ['skein', 0x4c2800, 512, '81de96f6808849fd:50eb673c38c64977:e56d16f7ae71254a:a1fa41dce1b011b6'],
  ['skein', 0x4c2000, 1024, 'df84e80eba146f2d:7dcce19f8fd265d5:8e26d4ffcfa6376d:882a62f30e427bb3'],
  ['skein', 0x4be000, 2560, '59ce0ff0956c420a:d85226f8a22e84ed:8223f86aa4ec4b6c:b216f88c078d6623'],
  ['skein', 0x4bea00, 1536, '565a24561e799dfb:df51852ebb27c0c5:64602b00451ccaf1:3b70ac8899b799dc'],
  ['edonr', 0x4cb200, 512, '6923d4b13e532cd7:808f7047af2f7b27:b9c3971077cd8b7e:af6503f7cbe93156'],
  ['edonr', 0x4caa00, 1024, '33ddddb9e3a6c937:d8a9717bd8b57740:26e7d803bebdfb0e:f192cdd79f0bca6d'],
  ['edonr', 0x4c6c00, 2560, 'e233ebaeb07de763:9ea77d9d7f46e04f:9f60a05bcfbfa40b:1492f9b8a749e0f6'],
  ['edonr', 0x4c7600, 1536, 'c9531a3f62598ec9:0d02853dcf10d110:89ccac90fa28c710:ed16ce637b55de0b'],
  ['blake3', 0x4d2400, 512, '70dc66bf5b0ad74d:724d89c18be570e5:0b98b59e5338e84a:1a1c521a34943f5e'],
  ['blake3', 0x4d1e00, 1024, 'b75c891f5e31a590:27484b4f0e8a37b7:6064331237afe90e:354a130e17e27f7f'],
  ['blake3', 0x4cea00, 2560, '6e3e5272131a619c:525f200aae62fe26:66ba9ed3bf1bfbee:e1b8e64ef4ab31d7'],
  ['blake3', 0x4cf400, 1536, '454c79df06fc7fb5:077b75b7afd710b7:8a736a1755127375:0ba7fdf0a3c60f01'],
] as const;

describe('saltedChecksums', () => {
  let image = '';
  beforeAll(async () => {
    image = await poolImage(pool('every-checksum'), 'd0.img');
  });

  it.each(BLOCKS)('gives the %s words that ZFS wrote for the block at %i of %i bytes', (kind, at, size, words) => {
    const bytes = new Uint8Array(size);
    const fd = openSync(image, 'r');
    readSync(fd, bytes, 0, size, at);
    closeSync(fd);
    const sums = saltedChecksums(SALT);
    expect(printWords(sums.checksum(kind, bytes, true))).toBe(words);
    expect(printWords(sums.checksum(kind, bytes, true))).toBe(words);
  });

  it.each(['skein', 'edonr', 'blake3'] as const)('reads the %s digest in the byte order of the block', (kind) => {
    const sums = saltedChecksums(SALT);
    const bytes = new Uint8Array(512).fill(7);
    const swap = (word: bigint) =>
      BigInt(`0x${Buffer.from(word.toString(16).padStart(16, '0'), 'hex').reverse().toString('hex')}`);
    expect(sums.checksum(kind, bytes, false).map(swap)).toEqual([...sums.checksum(kind, bytes, true)]);
  });

  it.each(['skein', 'edonr', 'blake3'] as const)(
    'depends on every bit of the salt and of the block with %s',
    (kind) => {
      const bytes = new Uint8Array(512);
      const plain = printWords(saltedChecksums(SALT).checksum(kind, bytes, true));
      for (const at of [0, 17, 31]) {
        const other = Uint8Array.from(SALT);
        other[at] = (other[at] ?? 0) ^ 0x10;
        expect(printWords(saltedChecksums(other).checksum(kind, bytes, true))).not.toBe(plain);
      }
      for (const at of [0, 63, 64, 127, 128, 511]) {
        const changed = Uint8Array.from(bytes);
        changed[at] = 1;
        expect(printWords(saltedChecksums(SALT).checksum(kind, changed, true))).not.toBe(plain);
      }
    },
  );

  it('keeps its salt when the caller changes the array', () => {
    const salt = Uint8Array.from(SALT);
    const sums = saltedChecksums(salt);
    const before = sums.checksum('blake3', new Uint8Array(8), true);
    salt.fill(0);
    expect(sums.checksum('blake3', new Uint8Array(8), true)).toEqual(before);
  });

  it('refuses a salt of another size', () => {
    expect(() => saltedChecksums(new Uint8Array(31))).toThrow(UsageError);
  });

  it('gives the keyed BLAKE3 digest that its authors publish for one byte', () => {
    const key = new TextEncoder().encode('whats the Elvish word for friend');
    const words = saltedChecksums(key).checksum('blake3', Uint8Array.of(0), false);
    expect(printWords(words).replaceAll(':', '')).toBe(
      '6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b',
    );
  });
});

describe('edonr512', () => {
  it.each([
    [
      'abc',
      '1b14db155f1d406594b8cef70a4362ec6b5de6a5daf50ec999e987c19d3049e2' +
        'de5977bb05b1bb220050a1ea5b46a9f1740acafbf6b45032adc90c628372c22b',
    ],
    [
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
      '5351070dc51c3b2baca5a60d0252ccb4e4921a96fe5a69e76dad48fd21a0845a' +
        'd57f880b3e4a907bc503151842bb949e1cba7439a6409a34b8436cb46921583c',
    ],
  ])('gives the published digest of %s', (message, digest) => {
    expect(Buffer.from(edonr512(new TextEncoder().encode(message))).toString('hex')).toBe(digest);
  });
});
