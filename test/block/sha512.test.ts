import { expect, it } from 'vitest';
import { sha512 } from '../../src/block/sha512.ts';
import { printWords } from '../../src/bytes/errors.ts';

const TWO_BLOCKS =
  'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu';

// Examples for SHA-512/256 published by NIST with FIPS 180-4; the last is the digest of nothing.
it.each([
  ['abc', '53048e2681941ef9:9b2e29b76b4c7dab:e4c2d0c634fc6d46:e0e2f13107e7af23'],
  [TWO_BLOCKS, '3928e184fb8690f8:40da3988121d31be:65cb9d3ef83ee614:6feac861e19b563a'],
  ['', 'c672b8d1ef56ed28:ab87c3622c511406:9bdd3ad7b8f97374:98d0c01ecef0967a'],
])('gives the published digest of "%s" as big-endian words', (text, words) => {
  expect(printWords(sha512(new TextEncoder().encode(text), false))).toBe(words);
});

it('reads the same digest as little-endian words of a little-endian block', () => {
  expect(printWords(sha512(new TextEncoder().encode('abc'), true)).slice(0, 16)).toBe('f91e9481268e0453');
});
