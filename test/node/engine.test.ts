import { afterEach, describe, expect, it, vi } from 'vitest';
import { OUTCOME } from '../../src/block/engine.ts';
import { lz4 } from '../../src/block/lz4.ts';
import { lzjb } from '../../src/block/lzjb.ts';
import { ALGORITHM_NUMBER, PACKING_NUMBER } from '../../src/block/nativeNumbers.ts';
import { pureChecksum } from '../../src/block/pureEngine.ts';
import { saltedChecksums } from '../../src/block/saltedChecksum.ts';
import { markSectors } from '../../src/block/sectorMarks.ts';
import { usedLength } from '../../src/block/usedLength.ts';
import { UsageError } from '../../src/bytes/errors.ts';
import { ABI, type Addon, addonPaths, BLOCK_COLUMNS, loadAddon } from '../../src/node/addon.ts';
import { chooseEngine } from '../../src/node/engine.ts';

const SALTED = ['skein', 'edonr', 'blake3'] as const;
const NOWHERE = { source: '', offset: 0, path: [] };
const built = addonPaths().length > 0;

/** An addon that answers right, made of the pure engine. */
const sound: Addon = {
  abi: () => ABI,
  instructions: () => 'none',
  checksum: (number, bytes, littleEndian) => {
    const [algorithm] = (['fletcher2', 'fletcher4', 'sha256', 'sha512'] as const).filter(
      (name) => ALGORITHM_NUMBER[name] === number,
    );
    return algorithm === undefined ? [] : pureChecksum(algorithm, bytes, littleEndian);
  },
  checksumSpans: (number, buffer, spans, littleEndian) => {
    const [offset = 0, length = 0] = spans;
    return BigUint64Array.from(sound.checksum(number, buffer.subarray(offset, offset + length), littleEndian));
  },
  checksumSpansInPool: async (...args) => sound.checksumSpans(...args),
  saltedChecksum: (number, salt, bytes, littleEndian) => {
    const [algorithm] = SALTED.filter((name) => ALGORITHM_NUMBER[name] === number);
    return algorithm === undefined ? [] : saltedChecksums(salt).checksum(algorithm, bytes, littleEndian);
  },
  // As far as the self-test asks.
  openBlocks: (table, _, stored, content, _salt, _props, reach) => {
    if (reach.length > 0)
      return Uint32Array.of((reach[0] ?? 0) < 100 ? OUTCOME.unpacked + usedLength(stored) : OUTCOME.plain);
    if (content.length === 0) return new Uint32Array(table.length / BLOCK_COLUMNS).fill(OUTCOME.sound);
    const unpacked = (table[4] === PACKING_NUMBER.lz4 ? lz4 : lzjb)(stored, content.length, NOWHERE);
    content.set(unpacked);
    return Uint32Array.of(OUTCOME.unpacked + usedLength(unpacked));
  },
  openBlocksInPool: async (...args) => sound.openBlocks(...args),
  markSectors,
  unpack(packing, stored, content) {
    content.set((packing === PACKING_NUMBER.lz4 ? lz4 : lzjb)(stored, content.length, NOWHERE));
    return true;
  },
  usedLength,
  dataExtents: () => null,
  sumWords: () => 0,
};

const refuse = (): Addon => {
  throw new Error('not a binary of this machine');
};

/** Nothing forced, and no WebAssembly. */
const ALONE = { forced: undefined, findWasm: () => null };

describe('chooseEngine', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.skipIf(!built)('takes the addon where it has been built', () => {
    expect(chooseEngine({ forced: undefined }).info).toEqual({ name: 'native', passedOver: null });
  });

  it('takes an addon that answers like the pure engine', () => {
    expect(chooseEngine({ forced: undefined, load: () => sound }).info.name).toBe('native');
  });

  it('takes node:crypto and keeps the reason when the addon cannot be loaded', () => {
    const { info } = chooseEngine({ ...ALONE, load: refuse });
    expect(info).toEqual({ name: 'node', passedOver: 'not a binary of this machine' });
  });

  it('takes WebAssembly when the addon cannot be loaded, and reads it for the first batch', async () => {
    const read = vi.fn(() => new Uint8Array(8));
    const engine = chooseEngine({ forced: undefined, load: refuse, findWasm: () => read });
    expect(engine.info).toEqual({ name: 'wasm', passedOver: 'not a binary of this machine' });
    engine.checksum('sha256', new Uint8Array(1000), true);
    engine.checksum('fletcher4', new Uint8Array(1000), true);
    expect(read).not.toHaveBeenCalled();
    await engine.openBlocks([], new Uint8Array(0), new Uint8Array(0), null);
    expect(read).toHaveBeenCalledTimes(1);
    expect(engine.info).toMatchObject({
      name: 'node',
      passedOver: expect.stringMatching(/^not a binary of this machine; WebAssembly: /),
    });
  });

  it('says why when WebAssembly is asked for and is not to be had', async () => {
    vi.stubEnv('ZFS_UBER_ENGINE', 'wasm');
    expect(() => chooseEngine({ findWasm: () => null })).toThrow(UsageError);
    const { prepare } = chooseEngine({ findWasm: () => () => new Uint8Array(8) });
    await expect(prepare?.()).rejects.toThrow(UsageError);
    await expect(prepare?.()).rejects.toThrow('WebAssembly was asked for, but ');
  });

  it('refuses a binary that marks other sectors', () => {
    const wrong: Addon = { ...sound, markSectors: () => Uint32Array.of() };
    expect(chooseEngine({ ...ALONE, load: () => wrong }).info.passedOver).toContain('sectors');
  });

  it('refuses a binary that finds another end of what is no zeros', () => {
    const wrong: Addon = { ...sound, usedLength: ({ length }) => length };
    expect(chooseEngine({ forced: undefined, load: () => wrong }).info.passedOver).toContain('zeros');
  });

  it('refuses a binary with other signatures', () => {
    const { info } = chooseEngine({ ...ALONE, load: () => ({ ...sound, abi: () => ABI + 1 }) });
    expect(info).toEqual({ name: 'node', passedOver: `the addon speaks version ${ABI + 1} and this library ${ABI}` });
  });

  it.each(['fletcher2', 'fletcher4', 'sha256', 'sha512'] as const)(
    'refuses a binary that is wrong in %s',
    (algorithm) => {
      const wrong: Addon = {
        ...sound,
        checksum: (number, ...rest) =>
          number === ALGORITHM_NUMBER[algorithm] ? [0n, 0n, 0n, 0n] : sound.checksum(number, ...rest),
      };
      expect(chooseEngine({ ...ALONE, load: () => wrong }).info.passedOver).toContain(algorithm);
    },
  );

  it.each(['pure', 'node'])('takes %s when it is asked for, though there is an addon', (name) => {
    vi.stubEnv('ZFS_UBER_ENGINE', name);
    expect(chooseEngine({ load: () => sound }).info).toEqual({ name, passedOver: `ZFS_UBER_ENGINE=${name}` });
  });

  it('says why when the addon is asked for and does not work', () => {
    vi.stubEnv('ZFS_UBER_ENGINE', 'native');
    expect(() => chooseEngine({ load: refuse })).toThrow(UsageError);
    expect(() => chooseEngine({ load: refuse })).toThrow('ZFS_UBER_ENGINE=native, but not a binary of this machine');
  });

  it.each(SALTED)('refuses a binary that is wrong in %s', (algorithm) => {
    const saltedChecksum: Addon['saltedChecksum'] = (number, ...rest) =>
      number === ALGORITHM_NUMBER[algorithm] ? [1n, 2n, 3n, 4n] : sound.saltedChecksum(number, ...rest);
    const { info } = chooseEngine({ ...ALONE, load: () => ({ ...sound, saltedChecksum }) });
    expect(info).toEqual({ name: 'node', passedOver: `the addon fails its self-test in ${algorithm}` });
  });

  it.each(['sha512', 'skein', 'edonr'] as const)(
    'refuses a binary that is wrong in %s of several blocks side by side',
    (algorithm) => {
      const openBlocks: Addon['openBlocks'] = (...given) => {
        const outcomes = sound.openBlocks(...given);
        const alike = [...outcomes.keys()].filter(
          (i) => given[0][i * BLOCK_COLUMNS + 2] === ALGORITHM_NUMBER[algorithm],
        );
        if (alike.length > 7) outcomes[alike[7] ?? 0] = OUTCOME.wrong;
        return outcomes;
      };
      const { info } = chooseEngine({ ...ALONE, load: () => ({ ...sound, openBlocks }) });
      expect(info.passedOver).toBe(`the addon fails its self-test in ${algorithm} of several blocks`);
    },
  );

  it.each(['lz4', 'lzjb'] as const)('refuses a binary that unpacks %s wrongly', (compression) => {
    const openBlocks: Addon['openBlocks'] = (...given) => {
      const outcomes = sound.openBlocks(...given);
      const [table, , , content] = given;
      if (table[4] === PACKING_NUMBER[compression]) content[8] = 77;
      return outcomes;
    };
    const { info } = chooseEngine({ ...ALONE, load: () => ({ ...sound, openBlocks }) });
    expect(info).toEqual({ name: 'node', passedOver: `the addon fails its self-test in ${compression}` });
  });

  it('refuses a name that no engine has', () => {
    vi.stubEnv('ZFS_UBER_ENGINE', 'fast');
    expect(() => chooseEngine()).toThrow(UsageError);
    expect(() => chooseEngine()).toThrow('ZFS_UBER_ENGINE=fast: expected pure, node, wasm or native');
  });

  it('takes the fastest when the variable is empty', () => {
    vi.stubEnv('ZFS_UBER_ENGINE', '');
    expect(chooseEngine({ load: () => sound }).info.name).toBe('native');
  });
});

describe.skipIf(!built)('the addon, called past the checks of the engine', () => {
  it.each([[[0, 101]], [[100, 1]], [[-1, 1]], [[0, -1]], [[0.5, 1]], [[Number.NaN, 1]], [[1e300, 1e300]], [[0]]])(
    'answers the spans %j with an error',
    async (spans) => {
      const addon = loadAddon();
      const call = () => addon.checksumSpans(1, new Uint8Array(100), Float64Array.from(spans), true);
      expect(call).toThrow(/span/);
      const later = async () => addon.checksumSpansInPool(1, new Uint8Array(100), Float64Array.from(spans), true);
      await expect(later()).rejects.toThrow(/span/);
    },
  );

  it.each([
    [0, 21],
    [1, Number.NaN],
    [2, 7],
    [4, 4],
    [5, 11],
    [6, -1],
    [6, 1e300],
    [7, -1],
    [7, 2 ** 24 + 1],
  ])('answers blocks whose column %i is %d with an error', async (column, value) => {
    const terms = [new Uint8Array(0), new Uint32Array(0), new Float64Array(0)] as const;
    const row = Float64Array.of(10, 80, 1, 1, 2, 5, 60, 60, 0);
    row[column] = value;
    const given = (table: Float64Array) =>
      [table, new BigUint64Array(4), new Uint8Array(100), new Uint8Array(70), ...terms] as const;
    expect(() => loadAddon().openBlocks(...given(row))).toThrow(/block 0/);
    const later = async () => loadAddon().openBlocksInPool(...given(row));
    await expect(later()).rejects.toThrow(/block 0/);
    expect(() => loadAddon().openBlocks(...given(row.subarray(1)))).toThrow(/nine numbers/);
  });

  it('answers a salt of another size with an error', () => {
    const [bytes, salt] = [new Uint8Array(100), new Uint8Array(31)];
    expect(() => loadAddon().saltedChecksum(4, salt, bytes, true)).toThrow('a salt of 31 bytes');
    expect(() => loadAddon().saltedChecksum(1, salt, bytes, true)).toThrow('no salted algorithm 1');
  });

  it('answers an algorithm it does not have with an error', () => {
    expect(() => loadAddon().checksum(99, new Uint8Array(100), true)).toThrow('no algorithm 99');
  });
});
