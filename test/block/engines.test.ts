import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine, EngineAlgorithm, Span } from '../../src/block/engine.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { printWords, UsageError } from '../../src/bytes/errors.ts';
import { addonPaths } from '../../src/node/addon.ts';
import { chooseEngine } from '../../src/node/engine.ts';

const ALGORITHMS: readonly EngineAlgorithm[] = ['fletcher2', 'fletcher4', 'sha256', 'sha512'];

const engines: Engine[] = [pureEngine, chooseEngine({ forced: 'pure' }), chooseEngine({ forced: 'node' })];
if (addonPaths().length > 0) engines.push(chooseEngine({ forced: 'native' }));

const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => i);

/** Bytes without a pattern, the same in every run. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The definitions, word by word; SHA-2 as OpenSSL answers. */
function byDefinition(algorithm: EngineAlgorithm, bytes: Uint8Array, littleEndian: boolean): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sums = [0n, 0n, 0n, 0n];
  const add = (to: number, what: bigint) => {
    sums[to] = BigInt.asUintN(64, (sums[to] ?? 0n) + what);
  };
  const sum = (i: number) => sums[i] ?? 0n;
  switch (algorithm) {
    case 'fletcher2':
      for (let at = 0; at + 16 <= bytes.length; at += 16) {
        add(0, view.getBigUint64(at, littleEndian));
        add(1, view.getBigUint64(at + 8, littleEndian));
        add(2, sum(0));
        add(3, sum(1));
      }
      return sums;
    case 'fletcher4':
      for (let at = 0; at + 4 <= bytes.length; at += 4) {
        add(0, BigInt(view.getUint32(at, littleEndian)));
        add(1, sum(0));
        add(2, sum(1));
        add(3, sum(2));
      }
      return sums;
    default: {
      const digest = createHash(algorithm === 'sha256' ? 'sha256' : 'sha512-256')
        .update(bytes)
        .digest();
      const words = algorithm === 'sha512' && littleEndian ? digest.swap64() : digest;
      return [0, 8, 16, 24].map((at) => words.readBigUInt64BE(at));
    }
  }
}

describe.each(engines.map((engine) => [`${engine.info.name} (${engine.info.passedOver})`, engine] as const))(
  'engine %s',
  (_, engine) => {
    it.each([
      ['fletcher2', 512, true, 'efcfaf8f6f4f2f00:f0d0b09070503000:4a38261401efdd00:dac8b6a492806d80'],
      ['fletcher2', 512, false, '0f2f4f6f8fafcfe0:1030507090b0d0e0:cfe1f406182a3b70:60728496a8bacbf0'],
      ['fletcher2', 4096, true, '7e7d7c7b7a797800:8685848382818000:a8a7a6a5a4a36800:b0afaeadacab6c00'],
      ['fletcher2', 4096, false, '797a7b7c7d7e7f00:8182838485868700:a4a5a6a7a8a96b80:acadaeafb0b16f80'],
      ['fletcher4', 512, true, '00000040c03fbf00:00000da342e27500:000214fa7f828a80:003d9765c9f3c980'],
      ['fletcher4', 512, false, '0000003f3fc04080:00000d4262c315c0:000204948f886b00:003b7e5b56b441e0'],
      ['fletcher4', 4096, true, '0000020601fdf800:0003f79d9385a800:053e7f19ab335400:3422b083068a4c00'],
      ['fletcher4', 4096, false, '000001f9fe020400:0003df8f999fae00:051e5c6dd1f75800:13e7eaa8e7a14f00'],
      ['sha256', 4096, true, 'c8f5d0341d54d951:a71b136e6e2afcb1:4d11ed8489a7ae12:6a8fee0df6ecf193'],
      ['sha256', 4096, false, 'c8f5d0341d54d951:a71b136e6e2afcb1:4d11ed8489a7ae12:6a8fee0df6ecf193'],
      ['sha512', 4096, true, 'bcd59d0dfbbe88c5:f2916d30d172f099:5778128f1717b099:5c1a86c361e410c3'],
      ['sha512', 4096, false, 'c588befb0d9dd5bc:99f072d1306d91f2:99b017178f127857:c310e461c3861a5c'],
    ] as const)(
      'gives the %s words that OpenZFS gives for %i ramp bytes, littleEndian %s',
      (algorithm, length, littleEndian, words) => {
        expect(printWords(engine.checksum(algorithm, ramp(length), littleEndian))).toBe(words);
      },
    );

    it.each(ALGORITHMS)('follows the definition of %s at every length to 300, either byte order', (algorithm) => {
      const bytes = noise(300);
      for (let length = 0; length <= 300; length++) {
        const part = bytes.subarray(0, length);
        for (const littleEndian of [true, false]) {
          expect(engine.checksum(algorithm, part, littleEndian)).toEqual(byDefinition(algorithm, part, littleEndian));
        }
      }
    });

    it.each(ALGORITHMS)('sums %s of a view that begins anywhere in its buffer', (algorithm) => {
      const bytes = noise(5000);
      for (let start = 0; start < 16; start++) {
        const part = bytes.subarray(start, start + 4500 + start);
        expect(engine.checksum(algorithm, part, true)).toEqual(byDefinition(algorithm, part, true));
      }
    });

    it.each(ALGORITHMS)('follows the definition of %s for any bytes', (algorithm) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (bytes, littleEndian) => {
          expect(engine.checksum(algorithm, bytes, littleEndian)).toEqual(byDefinition(algorithm, bytes, littleEndian));
        }),
        { numRuns: 50 },
      );
    });

    it.each(['fletcher2', 'fletcher4'] as const)(
      'loses no bit of %s where all words are at their maximum',
      (algorithm) => {
        const bytes = new Uint8Array(128 * 1024).fill(0xff);
        expect(engine.checksum(algorithm, bytes, true)).toEqual(byDefinition(algorithm, bytes, true));
      },
    );

    it.each(ALGORITHMS)(
      'answers a batch of %s as it answers each span alone, in the order of the spans',
      async (algorithm) => {
        const buffer = noise(20_000).subarray(3);
        const span = fc
          .tuple(fc.nat(buffer.length), fc.nat(6000))
          .map(([offset, length]): Span => ({ offset, length: Math.min(length, buffer.length - offset) }));
        await fc.assert(
          fc.asyncProperty(fc.array(span, { maxLength: 12 }), fc.boolean(), async (spans, littleEndian) => {
            const alone = spans.flatMap(({ offset, length }) => [
              ...engine.checksum(algorithm, buffer.subarray(offset, offset + length), littleEndian),
            ]);
            expect([...(await engine.checksumMany(algorithm, buffer, spans, littleEndian))]).toEqual(alone);
          }),
          { numRuns: 30 },
        );
      },
    );

    it.each(ALGORITHMS)('answers a batch of %s that is large enough for several threads', async (algorithm) => {
      const buffer = noise(2 ** 20);
      const spans = Array.from({ length: 48 }, (_, i) => ({ offset: i * 1000, length: 2 ** 17 - i * 7 }));
      const alone = spans.flatMap(({ offset, length }) =>
        byDefinition(algorithm, buffer.subarray(offset, offset + length), false),
      );
      expect([...(await engine.checksumMany(algorithm, buffer, spans, false))]).toEqual(alone);
    });

    it('answers a batch of many thousand empty spans, and of none', async () => {
      const spans = Array.from({ length: 50_000 }, () => ({ offset: 10, length: 0 }));
      const words = await engine.checksumMany('fletcher4', ramp(10), spans, true);
      expect([words.length, words.every((word) => word === 0n)]).toEqual([200_000, true]);
      expect(await engine.checksumMany('sha256', new Uint8Array(0), [], true)).toHaveLength(0);
    });

    // The engine without a host has no timer to wait for.
    it.skipIf(engine === pureEngine)('lets the event loop turn while a large batch is summed', async () => {
      let turned = false;
      setImmediate(() => {
        turned = true;
      });
      const spans = Array.from({ length: 32 }, () => ({ offset: 0, length: 2 ** 20 }));
      await engine.checksumMany('sha512', new Uint8Array(2 ** 20), spans, true);
      expect(turned).toBe(true);
    });

    it.each([
      ['passes the end', 0, 101],
      ['begins past the end', 101, 0],
      ['begins before the start', -1, 1],
      ['has a negative length', 5, -1],
      ['has a fraction', 0.5, 1],
      ['is not a number', Number.NaN, 1],
      ['has a length that is not a number', 0, Number.NaN],
      ['is infinite', 0, Number.POSITIVE_INFINITY],
      ['wraps 32 bits', 2 ** 32, 1],
      ['passes every address', 1e300, 1e300],
    ])('refuses a batch with a span that %s', async (_, offset, length) => {
      const spans = [
        { offset: 0, length: 1 },
        { offset, length },
      ];
      const batch = engine.checksumMany('fletcher4', ramp(100), spans, true);
      await expect(batch).rejects.toThrow(UsageError);
      await expect(batch).rejects.toThrow('span 1');
    });
  },
);
