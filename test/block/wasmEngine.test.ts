import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OUTCOME, type StoredBlock } from '../../src/block/engine.ts';
import { lz4 } from '../../src/block/lz4.ts';
import { lzjb } from '../../src/block/lzjb.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { openWasm } from '../../src/block/wasmBlocks.ts';
import { createWasmEngine } from '../../src/block/wasmEngine.ts';
import { UsageError } from '../../src/bytes/errors.ts';
import { wasmFile } from '../../src/node/wasmFile.ts';
import { toLz4, toLzjb } from './greedy.ts';

/** What of WebAssembly only this file uses. */
interface Host {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): readonly unknown[];
  };
}
interface Exports {
  readonly abi: () => number;
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly size: () => number;
  readonly sum: (algorithm: number, length: number, littleEndian: number) => number;
  readonly unpack: (packing: number, length: number, size: number) => number;
}

const PLACE = { source: '', offset: 0, path: [] };
/** What bin/wasm.js allows. */
const MOST_MEMORY = 24 << 20;

const read = wasmFile();
if (read === null) console.warn('zfs-uber.wasm is not built here: it is not tested');

const engineOf = (load: () => Promise<Uint8Array>, required = false) =>
  createWasmEngine({ base: pureEngine, load, required, hasSha2: true, pause: null });

const BYTES = Uint8Array.from({ length: 4096 }, (_, i) => i * 7);
const BLOCK: StoredBlock = {
  ...{ offset: 0, length: BYTES.length, algorithm: 'fletcher4', littleEndian: true },
  expected: pureEngine.checksum('fletcher4', BYTES, true),
  content: null,
};

describe('an engine whose WebAssembly does not load', () => {
  it.each([
    ['cannot be fetched', () => Promise.reject(new Error('404'))],
    ['is no module', async () => new Uint8Array(8)],
    ['is another module', async () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
  ])('opens blocks by what it stands on, and says why: it %s', async (_, load) => {
    const engine = engineOf(load);
    expect([...(await engine.openBlocks([BLOCK], BYTES, new Uint8Array(0), null))]).toEqual([OUTCOME.sound]);
    expect(engine.info).toMatchObject({ name: 'pure', passedOver: expect.stringMatching(/; WebAssembly: ./) });
  });

  it('refuses to, where it was asked for', async () => {
    const engine = engineOf(async () => new Uint8Array(8), true);
    await expect(engine.openBlocks([BLOCK], BYTES, new Uint8Array(0), null)).rejects.toThrow(UsageError);
  });
});

describe.skipIf(read === null)('zfs-uber.wasm', () => {
  const load = async (): Promise<Uint8Array> => read?.() ?? new Uint8Array(0);
  const exportsOf = async (): Promise<Exports> =>
    (await WebAssembly.instantiate(await load(), {})).instance.exports as Exports;

  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Has the module behave otherwise in one of its functions. */
  async function changed(change: (exports: Exports) => Partial<Exports>): Promise<void> {
    const exports = await exportsOf();
    const instance = { exports: { ...exports, ...change(exports) } };
    vi.spyOn(WebAssembly, 'instantiate').mockResolvedValue({ instance });
  }

  it('imports nothing, and takes no more memory than it is allowed whatever it is handed', async () => {
    const { Module } = (globalThis as unknown as { readonly WebAssembly: Host }).WebAssembly;
    expect(Module.imports(new Module(await load()))).toEqual([]);
    const { memory, size, sum, unpack } = await exportsOf();
    for (let algorithm = 0; algorithm < 9; algorithm++) {
      for (const length of [0, size(), size() + 1, 2 ** 32 - 1]) {
        expect(sum(algorithm, length, 1)).toBe(algorithm < 7 && length <= size() ? 1 : 0);
        expect(unpack(algorithm, length, length)).toBe(algorithm === 3 && length === 0 ? 1 : 0);
      }
    }
    expect(memory.buffer.byteLength).toBeLessThanOrEqual(MOST_MEMORY);
    expect(() => memory.grow(MOST_MEMORY >> 16)).toThrow(RangeError);
  });

  it('is given up for what the engine stands on when it traps', async () => {
    let calls = 0;
    await changed(({ sum }) => ({
      sum: (...given) => {
        // Behind its self-test.
        if (++calls > 9) throw new Error('unreachable');
        return sum(...given);
      },
    }));
    const engine = engineOf(load);
    const blocks = Array.from({ length: 9 }, () => BLOCK);
    const outcomes = await engine.openBlocks(blocks, BYTES, new Uint8Array(0), null);
    expect([...outcomes]).toEqual(blocks.map(() => OUTCOME.sound));
    expect(calls).toBe(10);
    expect(engine.info).toMatchObject({ name: 'pure', passedOver: expect.stringMatching(/WebAssembly: unreachable$/) });
  });

  it.each([
    ['sums', 'fletcher2', () => ({ sum: () => 1 })],
    ['unpacks', 'lz4', () => ({ unpack: () => 1 })],
    ['unpacks nothing', 'lz4', () => ({ unpack: () => 0 })],
  ])('is refused when it %s wrongly', async (_, name, change) => {
    await changed(change);
    await expect(openWasm(await load())).rejects.toThrow(`it fails its self-test in ${name}`);
  });

  it('is refused when it is of another version', async () => {
    await changed(() => ({ abi: () => 0 }));
    await expect(openWasm(await load())).rejects.toThrow('another version');
  });

  it('leaves what it has no room for to what the engine stands on', async () => {
    const engine = engineOf(load);
    await engine.prepare?.();
    const large = new Uint8Array(18 << 20).fill(7);
    expect(engine.checksum('fletcher4', large, true)).toEqual(pureEngine.checksum('fletcher4', large, true));
    expect(engine.info.name).toBe('wasm');
  });

  it.each([
    ['lz4', lz4, toLz4],
    ['lzjb', lzjb, toLzjb],
  ] as const)('unpacks any %s as the TypeScript does, and refuses what it refuses', async (name, unpack, pack) => {
    const blocks = await openWasm(await load());
    const byTypeScript = (bytes: Uint8Array, size: number): Uint8Array | null => {
      try {
        return unpack(bytes, size, PLACE);
      } catch {
        return null;
      }
    };
    const byWasm = (bytes: Uint8Array, size: number): Uint8Array | null => {
      const content = new Uint8Array(size);
      return blocks.take(bytes, size) && blocks.unpack(name, content) ? content : null;
    };
    const content = fc.array(fc.constantFrom(0, 1, 2, 255), { minLength: 1, maxLength: 2000 });
    const change = fc.record({ at: fc.nat(4000), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(content, fc.array(change, { maxLength: 3 }), fc.integer({ min: -3, max: 3 }), (of, changes, more) => {
        const stored = pack(Uint8Array.from(of)).slice();
        for (const { at, to } of changes) stored[at % stored.length] = to;
        const size = Math.max(1, of.length + more);
        expect(byWasm(stored, size)).toEqual(byTypeScript(stored, size));
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 5000 }), (bytes, size) => {
        // As often as not a length that fits.
        if (name === 'lz4' && bytes.length > 4) bytes.set([0, 0, 0, bytes.length - 4]);
        expect(byWasm(bytes, size)).toEqual(byTypeScript(bytes, size));
      }),
      { numRuns: 500 },
    );
  });
});
