import { afterEach, describe, expect, it, vi } from 'vitest';
import { pureChecksum } from '../../src/block/pureEngine.ts';
import { UsageError } from '../../src/bytes/errors.ts';
import { ABI, type Addon, ALGORITHM_NUMBER, addonPaths, loadAddon } from '../../src/node/addon.ts';
import { chooseEngine } from '../../src/node/engine.ts';

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
  sumWords: () => 0,
};

const refuse = (): Addon => {
  throw new Error('not a binary of this machine');
};

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
    const { info } = chooseEngine({ forced: undefined, load: refuse });
    expect(info).toEqual({ name: 'node', passedOver: 'not a binary of this machine' });
  });

  it('refuses a binary with other signatures', () => {
    const { info } = chooseEngine({ forced: undefined, load: () => ({ ...sound, abi: () => ABI + 1 }) });
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
      expect(chooseEngine({ forced: undefined, load: () => wrong }).info.passedOver).toContain(algorithm);
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

  it('refuses a name that no engine has', () => {
    vi.stubEnv('ZFS_UBER_ENGINE', 'fast');
    expect(() => chooseEngine()).toThrow(UsageError);
    expect(() => chooseEngine()).toThrow('ZFS_UBER_ENGINE=fast: expected pure, node or native');
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

  it('answers an algorithm it does not have with an error', () => {
    expect(() => loadAddon().checksum(99, new Uint8Array(100), true)).toThrow('no algorithm 99');
  });
});
