import { describe, expect, it } from 'vitest';
import { embeddedTrouble, labelVerifier, verifyEmbedded } from '../../src/block/embeddedChecksum.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { ChecksumError, FormatError } from '../../src/bytes/errors.ts';

const SIZE = 8192;
const place = { source: 'disk0.img', offset: 0x2000, path: ['label 0', 'boot environment'] };

/** An empty boot environment block with the words that OpenZFS wrote under it. */
function block(littleEndian: boolean, words: string): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(SIZE - 40, 0x0210da7ab10c7a11n, littleEndian);
  for (const [i, word] of words.split(':').entries()) {
    view.setBigUint64(SIZE - 32 + i * 8, BigInt(`0x${word}`), littleEndian);
  }
  return bytes;
}

const LE_2000 = '97f48f807f6e2a3f:af909f1658aacefc:cbd1ea57ff6db48b:6ec692db0d465fab';
const LE_42000 = 'ee7c57675241636f:10970cd8ede4a49a:9aae81488a35d5b7:2b88d690470dd2ad';
const BE_2000 = '6f118554f2b89864:82659e0928f7255e:d9bf008cc84e819b:37fd0eb6fc991501';

const verifyOne = async (bytes: Uint8Array, offset: number) =>
  (await verifyEmbedded(pureEngine, [{ bytes, verifier: labelVerifier(offset) }]))[0] ?? null;

describe('an embedded checksum', () => {
  it.each([
    [true, 0x2000, LE_2000],
    [true, 0x42000, LE_42000],
    [false, 0x2000, BE_2000],
  ])('that OpenZFS wrote holds: littleEndian %s at %i', async (littleEndian, offset, words) => {
    expect(await verifyOne(block(littleEndian, words), offset)).toEqual({ state: 'good', littleEndian });
  });

  it('fails at any other offset of the device', async () => {
    const check = await verifyOne(block(true, LE_2000), 0x42000);
    expect(check).toMatchObject({ state: 'wrong', littleEndian: true });
    const trouble = check && embeddedTrouble(check, place, SIZE);
    expect(trouble).toBeInstanceOf(ChecksumError);
    expect(trouble?.message).toContain(`expected ${LE_2000}, found ${LE_42000}`);
  });

  it('fails for each byte that is changed, the trailer included', async () => {
    for (const at of [0, 511, 4096, SIZE - 41, SIZE - 32, SIZE - 1]) {
      const bytes = block(true, LE_2000);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(await verifyOne(bytes, 0x2000)).toMatchObject({ state: 'wrong' });
    }
  });

  it('needs a trailer, and the error says where that should be', async () => {
    const check = await verifyOne(new Uint8Array(SIZE).fill(0x41), 0x2000);
    expect(check).toEqual({ state: 'no-trailer', magic: 0x4141414141414141n });
    const trouble = check && embeddedTrouble(check, place, SIZE);
    expect(trouble).toBeInstanceOf(FormatError);
    expect(trouble?.place?.offset).toBe(0x2000 + SIZE - 40);
  });

  it('is verified in a batch of both byte orders, units without trailer among them, none of them changed', async () => {
    const units = [
      block(true, LE_2000),
      new Uint8Array(SIZE),
      block(false, BE_2000),
      new Uint8Array(8),
      block(true, LE_42000),
    ];
    const before = units.map((bytes) => bytes.slice());
    const checks = await verifyEmbedded(
      pureEngine,
      units.map((bytes) => ({ bytes, verifier: labelVerifier(0x2000) })),
    );
    expect(checks.map(({ state }) => state)).toEqual(['good', 'no-trailer', 'good', 'no-trailer', 'wrong']);
    expect(units).toEqual(before);
  });
});

describe('batches of many devices', () => {
  /** Sums as TypeScript does, some turns later; of the batches whose number is in `failing` nothing. */
  function slowEngine(failing: readonly number[]) {
    const seen = { underWay: 0, most: 0, batches: 0 };
    const engine: typeof pureEngine = {
      ...pureEngine,
      async checksumMany(...batch) {
        const number = seen.batches++;
        seen.most = Math.max(seen.most, ++seen.underWay);
        await new Promise((resolve) => setImmediate(resolve));
        seen.underWay--;
        if (failing.includes(number)) throw new Error('no thread is left');
        return pureEngine.checksumMany(...batch);
      },
    };
    return { engine, seen };
  }

  it('are summed few at a time, each with its own answer, also behind one that failed', async () => {
    const { engine, seen } = slowEngine([1, 5]);
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        verifyEmbedded(engine, [{ bytes: block(true, LE_2000), verifier: labelVerifier(i === 7 ? 0x42000 : 0x2000) }]),
      ),
    );
    expect(seen).toEqual({ underWay: 0, most: 4, batches: 20 });
    const states = answers.map((each) => (each.status === 'fulfilled' ? each.value[0]?.state : 'failed'));
    expect(states).toEqual(
      Array.from({ length: 20 }, (_, i) => (i === 7 ? 'wrong' : [1, 5].includes(i) ? 'failed' : 'good')),
    );
  });
});
