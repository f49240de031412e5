import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfFileName, fileNameOf, hasRawBytes } from '../../src/bytes/fileName.ts';
import { printable } from '../../src/bytes/printable.ts';
import { shellWord } from '../../src/bytes/shellWord.ts';
import { jsonSafe } from '../../src/document/jsonSafe.ts';

const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe('the name of a file', () => {
  it('leads back to its bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(bytesOfFileName(fileNameOf(bytes))).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  it('that is text is that text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(fileNameOf(new TextEncoder().encode(name))).toBe(name);
        expect(hasRawBytes(name)).toBe(false);
      }),
      { seed: 1 },
    );
  });

  it.each([
    ['a byte that begins nothing', bytesOf(0x61, 0xff, 0x62), 'a\\xffb'],
    ['a character that ends early', bytesOf(0xe2, 0x82), '\\xe2\\x82'],
    ['a form that is too long', bytesOf(0xc0, 0xaf), '\\xc0\\xaf'],
    ['a surrogate', bytesOf(0xed, 0xb3, 0xbf), '\\xed\\xb3\\xbf'],
    ['a mark of byte order before it', bytesOf(0xef, 0xbb, 0xbf, 0xff), '\\u{feff}\\xff'],
  ])('is shown escaped, in text and in JSON, and goes to a shell as it is: %s', (_, bytes, shown) => {
    const name = fileNameOf(bytes);
    expect(printable(name)).toBe(shown);
    const json = jsonSafe(JSON.stringify({ name }));
    expect(json).not.toMatch(/\\ud[89c-f]/i);
    expect(printable((JSON.parse(json) as { name: string }).name)).toBe(shown);
    const octal = Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`)).join(
      '',
    );
    expect(shellWord(name)).toBe(`$'${octal}'`);
  });

  it('leaves a text that only looks like an escape as it is', () => {
    const value = { text: '\\udcff and \\\\udcff' };
    expect(JSON.parse(jsonSafe(JSON.stringify(value)))).toEqual(value);
  });
});
