import { expect, it } from 'vitest';
import { sha256 } from '../../src/block/sha256.ts';
import { printWords } from '../../src/bytes/errors.ts';

// FIPS 180-4 examples, published by NIST with the standard; the last is SHA-256 of nothing.
it.each([
  ['abc', 'ba7816bf8f01cfea:414140de5dae2223:b00361a396177a9c:b410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8:e5c026930c3e6039:a33ce45964ff2167:f6ecedd419db06c1',
  ],
  ['', 'e3b0c44298fc1c14:9afbf4c8996fb924:27ae41e4649b934c:a495991b7852b855'],
])('gives the published digest of "%s"', (text, words) => {
  expect(printWords(sha256(new TextEncoder().encode(text)))).toBe(words);
});

it('gives the published digest of a million times "a"', () => {
  const words = 'cdc76e5c9914fb92:81a1c7e284d73e67:f1809a48a497200e:046d39ccc7112cd0';
  expect(printWords(sha256(new Uint8Array(1_000_000).fill(0x61)))).toBe(words);
});
