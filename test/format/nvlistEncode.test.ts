import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABEL_REGIONS } from '../../src/format/label.layout.ts';
import { encodeXdrNvlist } from '../../src/format/nvlistEncode.ts';
import { decodeNvlist, decodeWholeNvlist } from '../../src/format/nvlistStream.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { arbitraryNvlist } from '../tools/arbitraryNvlist.ts';
import { poolImage, pools, testPools } from '../tools/images.ts';

const place = { source: 'disk0.img', offset: 0x4000, path: [] };
const { config: CONFIG } = LABEL_REGIONS;

describe('an nvlist packed in XDR', () => {
  it('decodes to the list that was packed', () => {
    fc.assert(
      fc.property(arbitraryNvlist, fc.boolean(), (list, littleEndian) => {
        expect(decodeWholeNvlist(encodeXdrNvlist(list, littleEndian), place)).toEqual(list);
      }),
    );
  });
});

async function configBytes(path: string): Promise<Uint8Array[]> {
  const source = await openFileSource(path);
  try {
    const { labels } = await surveyDevice(source, chooseEngine());
    const sound = labels.filter(({ status }) => status === 'ok');
    return await Promise.all(sound.map(({ offset }) => source.read(offset + CONFIG.offset, CONFIG.size)));
  } finally {
    await source.close();
  }
}

describe('every sound label of real ZFS, decoded and packed again, is the bytes that it was', () => {
  const images = pools().flatMap((fixture) =>
    fixture.images.map((image) => [`${fixture.name} ${image}`, fixture, image] as const),
  );
  it.for(images)('%s', async ([, fixture, image]) => {
    for (const config of await configBytes(await poolImage(fixture, image))) expectSame(config);
  });
  it.for(testPools().map((path) => [path] as const))('%s', async ([path]) => {
    for (const config of await configBytes(path)) expectSame(config);
  });
});

function expectSame(config: Uint8Array): void {
  const { nvlist, trouble } = decodeNvlist(config, place);
  expect(trouble).toBeNull();
  const packed = encodeXdrNvlist(nvlist, config[1] === 1);
  expect(Buffer.compare(packed, config.subarray(0, packed.length))).toBe(0);
}
