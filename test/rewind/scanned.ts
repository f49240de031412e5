import type { OpenBlocks } from '../../src/dataset/poolReaders.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import type { Depth } from '../../src/rewind/judgement.ts';
import { type PoolScan, scanPools } from '../../src/rewind/scanPools.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { type PoolFixture, poolImages } from '../tools/images.ts';

const engine = chooseEngine();

export interface Scanned {
  readonly devices: readonly DeviceSurvey[];
  readonly scan: PoolScan;
}

/**
 * Surveys and judges the images of a pool that real ZFS wrote, in the order of its truth.
 *
 * @param through what to read each image through, such as a device with bad sectors
 */
export async function scanFixture(
  fixture: PoolFixture,
  depth: Depth = 'mos',
  through: (source: ByteSource, index: number) => ByteSource = (source) => source,
): Promise<Scanned> {
  const sources = await Promise.all((await poolImages(fixture)).map((path) => openFileSource(path)));
  try {
    const devices = await Promise.all(sources.map((source, i) => surveyDevice(through(source, i), engine)));
    const scrub = (root: VdevNode) => openBlockReader(root, { engine, scrub: true });
    const open: OpenBlocks = (root, more) => openBlockReader(root, { engine, ...more });
    const blocks = { engine, open };
    const scan = await scanPools(devices, ({ root }) => (root === null ? null : scrub(root)), { depth, blocks });
    return { devices, scan };
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}
