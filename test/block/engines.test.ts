import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../src/block/decompress.ts';
import {
  type Engine,
  type EngineAlgorithm,
  OUTCOME,
  type SaltedChecksums,
  type Span,
  type StoredBlock,
} from '../../src/block/engine.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { saltedChecksums } from '../../src/block/saltedChecksum.ts';
import { markSectors } from '../../src/block/sectorMarks.ts';
import { usedLength } from '../../src/block/usedLength.ts';
import { createWasmEngine } from '../../src/block/wasmEngine.ts';
import { type ChecksumWords, printWords, UsageError } from '../../src/bytes/errors.ts';
import { addonPaths } from '../../src/node/addon.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { wasmFile } from '../../src/node/wasmFile.ts';
import { toLz4, toLzjb, toZle } from './greedy.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const ALGORITHMS: readonly EngineAlgorithm[] = ['fletcher2', 'fletcher4', 'sha256', 'sha512'];

const engines: Engine[] = [pureEngine, chooseEngine({ forced: 'pure' }), chooseEngine({ forced: 'node' })];
if (addonPaths().length > 0) engines.push(chooseEngine({ forced: 'native' }));

const wasm = wasmFile();
if (wasm === null) console.warn('zfs-uber.wasm is not built here: what WebAssembly computes is not tested');
else {
  // In Node OpenSSL has SHA-2; in a browser WebAssembly.
  const everything = { base: pureEngine, load: async () => wasm(), required: true, hasSha2: true, pause: nextTurn };
  engines.push(chooseEngine({ forced: 'wasm' }), createWasmEngine(everything));
}
for (const { prepare } of engines) await prepare?.();

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

const SALTED = ['skein', 'edonr', 'blake3'] as const;
const NOWHERE = { source: '', offset: 0, path: [] };

/** Content of few different bytes, packed; a byte of which is then another, before it is summed or after. */
const anyBlock = fc.record({
  algorithm: fc.constantFrom(...ALGORITHMS, ...SALTED),
  compression: fc.constantFrom('off', 'lz4', 'lzjb', 'zle', 'gzip-1'),
  littleEndian: fc.boolean(),
  content: fc.array(fc.constantFrom(0, 1, 65, 255), { minLength: 1, maxLength: 300 }),
  wanted: fc.boolean(),
  longer: fc.integer({ min: -2, max: 2 }),
  zeros: fc.constantFrom(0, 0, 100, 1000),
  lacking: fc.constantFrom(0, 0, 50, 300),
  padding: fc.integer({ min: 0, max: 20 }),
  changed: fc.option(fc.record({ at: fc.nat(320), by: fc.integer({ min: 1, max: 255 }), summed: fc.boolean() })),
});
type MadeBlock = typeof anyBlock extends fc.Arbitrary<infer Made> ? Made : never;

const asIs = (bytes: Uint8Array): Uint8Array => bytes;
const PACK = { off: asIs, 'gzip-1': asIs, lz4: toLz4, lzjb: toLzjb, zle: toZle };

function laidOut(made: readonly MadeBlock[], salted: SaltedChecksums) {
  const parts: Uint8Array[] = [];
  const blocks: StoredBlock[] = [];
  let [offset, room] = [1, 3];
  for (const each of made) {
    const { algorithm, compression, littleEndian, content, wanted, longer, zeros, lacking, padding, changed } = each;
    const packed = PACK[compression](Uint8Array.from([...content, ...new Uint8Array(zeros)]));
    const stored = new Uint8Array(packed.length + padding);
    stored.set(packed);
    let expected = wordsOf(algorithm, stored, littleEndian, salted);
    if (changed !== null) {
      const at = changed.at % stored.length;
      stored[at] = (stored[at] ?? 0) ^ changed.by;
      if (changed.summed) expected = wordsOf(algorithm, stored, littleEndian, salted);
    }
    const size = Math.max(1, content.length + zeros + longer);
    const length = Math.max(0, size - lacking);
    const unpacked = wanted ? { compression, offset: room, length, size } : null;
    blocks.push({ offset, length: stored.length, algorithm, littleEndian, expected, content: unpacked });
    parts.push(stored);
    offset += stored.length;
    if (wanted) room += length;
  }
  return { blocks, room, stored: Uint8Array.from([0, ...parts.flatMap((part) => [...part])]) };
}

function wordsOf(
  algorithm: StoredBlock['algorithm'],
  bytes: Uint8Array,
  littleEndian: boolean,
  salted: SaltedChecksums,
): ChecksumWords {
  switch (algorithm) {
    case 'skein':
    case 'edonr':
    case 'blake3':
      return salted.checksum(algorithm, bytes, littleEndian);
    default:
      return pureEngine.checksum(algorithm, bytes, littleEndian);
  }
}

const TIGHT = 80;

/** What may come of a block: the codecs of metadata every engine has, others may be left to whoever asked. */
function openedAlone(block: StoredBlock, stored: Uint8Array, salted: SaltedChecksums) {
  const bytes = stored.subarray(block.offset, block.offset + block.length);
  const { algorithm, littleEndian, expected, content } = block;
  const words = wordsOf(algorithm, bytes, littleEndian, salted);
  if (!words.every((word, i) => word === expected[i])) return { outcomes: [OUTCOME.wrong], content: null };
  if (content === null) return { outcomes: [OUTCOME.sound], content: null };
  try {
    const unpacked = decompress(content.compression, bytes, content.size, NOWHERE);
    const ofMetadata = content.compression !== 'zle' && content.compression !== 'gzip-1';
    const used = usedLength(unpacked);
    const outcome = OUTCOME.unpacked + used;
    if (content.length < used) return { outcomes: [OUTCOME.sound], content: null };
    // Of many zeros some may have to be written.
    const tight = content.length < content.size && content.length < used + TIGHT;
    return { outcomes: ofMetadata && !tight ? [outcome] : [OUTCOME.sound, outcome], content: unpacked };
  } catch {
    return { outcomes: [OUTCOME.sound], content: null };
  }
}

/** As toLz4, and quick: all of it is literals. */
function toLz4Literals(bytes: Uint8Array): Uint8Array {
  const more = Math.floor((bytes.length - 15) / 255);
  const head = [0xf0, ...new Uint8Array(more).fill(255), (bytes.length - 15) % 255];
  const out = new Uint8Array(4 + head.length + bytes.length);
  new DataView(out.buffer).setUint32(0, head.length + bytes.length);
  out.set(head, 4);
  out.set(bytes, 4 + head.length);
  return out;
}

/** What a sector can be: the magic of a trailer in either byte order, the head of an object set plain, in lz4, in lzjb. */
const HEADS: readonly (readonly [at: number, bytes: readonly number[]])[] = [
  [472, [0x11, 0x7a, 0x0c, 0xb1, 0x7a, 0xda, 0x10, 0x02]],
  [472, [0x02, 0x10, 0xda, 0x7a, 0xb1, 0x0c, 0x7a, 0x11]],
  [0, [10, 17, 1, 3]],
  [0, [0, 0, 3, 9, 0x40, 10, 17, 1, 3]],
  [0, [0, 0, 3, 9, 0xf1, 5, 10, 17, 1, 3]],
  [0, [0xf0, 10, 17, 1, 3]],
];
const anySector = fc.record({
  fill: fc.constantFrom(0, 10, 255),
  heads: fc.array(fc.constantFrom(...HEADS), { maxLength: 2 }),
  change: fc.option(fc.record({ at: fc.integer({ min: 0, max: 511 }), to: fc.integer({ min: 0, max: 255 }) })),
});

it.each(engines.map((engine) => [engine.info.name, engine] as const))(
  'the engine %s unpacks one block to what the reference does, or leaves it to it',
  (_, engine) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 600 }),
        fc.option(fc.record({ at: fc.nat(700), to: fc.integer({ min: 0, max: 255 }) })),
        (bytes, change) => {
          const stored = toLz4Literals(bytes);
          if (change !== null && change.at < stored.length) stored[change.at] = change.to;
          const content = new Uint8Array(bytes.length);
          if (!engine.unpack('lz4', stored, content)) return;
          expect(content).toEqual(decompress('lz4', stored, bytes.length, NOWHERE));
        },
      ),
    );
    const content = new Uint8Array(99);
    const isThere = engine.unpack('lz4', toLz4Literals(new Uint8Array(99).fill(7)), content);
    expect([isThere, content[98]]).toEqual(
      engine.info.name === 'native' || engine.info.name === 'wasm' ? [true, 7] : [false, 0],
    );
    expect(engine.unpack('zstd', content, new Uint8Array(5))).toBe(false);
  },
);

it.each(engines.map((engine) => [engine.info.name, engine] as const))(
  'the engine %s finds the last byte that is not zero',
  (_, engine) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 0, max: 1200 }),
        fc.nat(7),
        (head, zeros, from) => {
          const bytes = new Uint8Array(from + head.length + zeros);
          bytes.set(head, from);
          const expected = head.findLastIndex((byte) => byte !== 0) + 1;
          expect(engine.usedLength(bytes.subarray(from))).toBe(expected);
        },
      ),
    );
  },
);

it.each(engines.map((engine) => [engine.info.name, engine] as const))(
  'the engine %s marks the sectors that the reference marks',
  (_, engine) => {
    fc.assert(
      fc.property(fc.array(anySector, { maxLength: 8 }), fc.integer({ min: 0, max: 600 }), (sectors, cut) => {
        const bytes = new Uint8Array(sectors.length * 512);
        for (const [i, { fill, heads, change }] of sectors.entries()) {
          const sector = bytes.subarray(i * 512, i * 512 + 512).fill(fill);
          for (const [at, head] of heads) sector.set(head, at);
          if (change !== null) sector[change.at] = change.to;
        }
        const part = bytes.subarray(0, Math.max(0, bytes.length - cut));
        expect([...engine.markSectors(part)]).toEqual([...markSectors(part)]);
      }),
    );
    const heads = new Uint8Array(HEADS.length * 512);
    for (const [i, [at, head]] of HEADS.entries()) heads.set(head, i * 512 + at);
    expect([...engine.markSectors(heads)]).toEqual([1, 513, 1026, 1538, 2050, 2562]);
  },
);

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

    it.each(SALTED)('gives the words of %s that the TypeScript gives, of any bytes with any salt', (algorithm) => {
      const salt = fc.uint8Array({ minLength: 32, maxLength: 32 });
      fc.assert(
        fc.property(salt, fc.uint8Array({ maxLength: 700 }), fc.boolean(), (bytes, content, littleEndian) => {
          const salted = saltedChecksums(bytes);
          const words = engine.saltedChecksum(algorithm, salted, content, littleEndian);
          expect(words).toEqual(salted.checksum(algorithm, content, littleEndian));
        }),
        { numRuns: 40 },
      );
    });

    it.each([0, 63, 64, 65, 119, 120, 127, 128, 129, 247, 248, 1023, 1024, 1025, 2048, 2049, 4096, 4097])(
      'gives the salted words that the TypeScript gives of %i bytes',
      (length) => {
        const bytes = noise(4200);
        const salted = saltedChecksums(bytes.subarray(0, 32));
        const part = bytes.subarray(3, 3 + length);
        for (const algorithm of SALTED) {
          expect(engine.saltedChecksum(algorithm, salted, part, true)).toEqual(salted.checksum(algorithm, part, true));
        }
      },
    );

    it('opens blocks of any kind, sound, wrong and malformed, as the checksums and codecs say one by one', async () => {
      const salted = saltedChecksums(noise(32));
      await fc.assert(
        fc.asyncProperty(fc.array(anyBlock, { maxLength: 8 }), async (made) => {
          const { blocks, stored, room } = laidOut(made, salted);
          const content = new Uint8Array(room).fill(170);
          const outcomes = await engine.openBlocks(blocks, stored, content, salted);
          for (const [i, block] of blocks.entries()) {
            const alone = openedAlone(block, stored, salted);
            expect(alone.outcomes).toContain(outcomes[i]);
            if ((outcomes[i] ?? 0) < OUTCOME.unpacked || block.content === null) continue;
            const { offset, length } = block.content;
            expect(content.subarray(offset, offset + length)).toEqual(alone.content?.subarray(0, length));
          }
        }),
        { numRuns: 200 },
      );
    });

    it('opens a batch that is large enough for a thread', async () => {
      const bytes = new Uint8Array(2 ** 18).map((_, i) => (i >> 7) ^ i);
      const packed = toLz4Literals(bytes);
      const expected = pureEngine.checksum('fletcher4', packed, true);
      const block = { offset: 0, length: packed.length, algorithm: 'fletcher4', littleEndian: true, expected } as const;
      const blocks = [0, 1, 2].map((i) => ({
        ...block,
        content: { compression: 'lz4', offset: i * bytes.length, length: bytes.length, size: bytes.length } as const,
      }));
      const content = new Uint8Array(bytes.length * 3);
      expect([...(await engine.openBlocks(blocks, packed, content, null))]).toEqual(
        [0, 1, 2].map(() => OUTCOME.unpacked + usedLength(bytes)),
      );
      for (const i of [0, 1, 2]) expect(content.subarray(i * bytes.length, (i + 1) * bytes.length)).toEqual(bytes);
    });

    it('takes a salted block for wrong where there is no salt', async () => {
      const expected = saltedChecksums(noise(32)).checksum('skein', noise(100), true);
      const block = {
        offset: 0,
        length: 100,
        algorithm: 'skein',
        littleEndian: true,
        expected,
        content: null,
      } as const;
      expect([...(await engine.openBlocks([block], noise(100), new Uint8Array(0), null))]).toEqual([OUTCOME.wrong]);
    });

    it.each([
      ['a block', { offset: 90, length: 11 }, { offset: 0, length: 8 }],
      ['a content', { offset: 0, length: 10 }, { offset: 1, length: 8 }],
      ['a content of no whole number', { offset: 0, length: 10 }, { offset: 0, length: 0.5 }],
    ])('refuses %s that lies outside of its buffer', async (_, span, room) => {
      const expected = [0n, 0n, 0n, 0n] as const;
      const content = { compression: 'lz4', ...room, size: room.length } as const;
      const block = { ...span, algorithm: 'fletcher4', littleEndian: true, expected, content } as const;
      const opening = engine.openBlocks([block], new Uint8Array(100), new Uint8Array(8), null);
      await expect(opening).rejects.toThrow(UsageError);
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
