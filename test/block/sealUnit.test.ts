import { describe, expect, it } from 'vitest';
import { labelVerifier, trailerByteOrder, verifyEmbedded } from '../../src/block/embeddedChecksum.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { sealUnit } from '../../src/block/sealUnit.ts';
import { LABEL_REGIONS } from '../../src/format/label.layout.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { poolImage, pools, testPools } from '../tools/images.ts';

const { config: CONFIG } = LABEL_REGIONS;
const engine = chooseEngine();

/** Every sound config and slot of a device, and where it lies. */
async function unitsOf(path: string): Promise<{ offset: number; bytes: Uint8Array }[]> {
  const source = await openFileSource(path);
  try {
    const { labels } = await surveyDevice(source, engine);
    const spans = labels.flatMap(({ offset, status, ring }) => [
      ...(status === 'ok' ? [{ offset: offset + CONFIG.offset, length: CONFIG.size }] : []),
      ...(ring?.slots ?? [])
        .filter(({ state }) => state === 'valid' || state === 'mmp')
        .map((slot) => ({ offset: slot.offset, length: ring?.slotSize ?? 0 })),
    ]);
    return await Promise.all(
      spans.map(async ({ offset, length }) => ({ offset, bytes: await source.read(offset, length) })),
    );
  } finally {
    await source.close();
  }
}

async function expectSealed(path: string): Promise<void> {
  const units = await unitsOf(path);
  for (const { offset, bytes } of units) {
    const again = bytes.slice();
    again.fill(0, again.length - 40);
    sealUnit(again, offset, trailerByteOrder(bytes) === 'little', engine);
    expect(Buffer.compare(again, bytes)).toBe(0);
  }
}

describe('a config or a slot of real ZFS, sealed again where it lies, is the bytes that it was', () => {
  const images = pools().flatMap((fixture) =>
    fixture.images.map((image) => [`${fixture.name} ${image}`, fixture, image] as const),
  );
  it.for(images)('%s', async ([, fixture, image]) => expectSealed(await poolImage(fixture, image)));
  it.for(testPools().map((path) => [path] as const))('%s', async ([path]) => expectSealed(path));
});

describe('a sealed unit', () => {
  it.each([true, false])('verifies where it was sealed for and nowhere else, littleEndian %s', async (littleEndian) => {
    const unit = Uint8Array.from({ length: 1024 }, (_, i) => i % 251);
    sealUnit(unit, 0x21000, littleEndian, pureEngine);
    const [here, there] = await verifyEmbedded(pureEngine, [
      { bytes: unit, verifier: labelVerifier(0x21000) },
      { bytes: unit, verifier: labelVerifier(0x61000) },
    ]);
    expect(here).toEqual({ state: 'good', littleEndian });
    expect(there).toMatchObject({ state: 'wrong' });
  });
});
