import { describe, expect, it } from 'vitest';
import {
  block,
  datasets,
  history,
  labels,
  object,
  openPools,
  ring,
  scan,
  snapshots,
  timeline,
  timelineLines,
  verify,
} from '../../src/index.ts';
import { poolImages, pools } from '../tools/images.ts';
import { schemaTroubles } from '../tools/schemaTroubles.ts';

describe('every document is as its schema says', () => {
  it.each(pools().map((pool) => [pool.name, pool] as const))('of %s', async (_, fixture) => {
    const session = await openPools(await poolImages(fixture));
    try {
      const [txg] = session.pools.flatMap(({ txgs }) => txgs);
      const documents: Promise<object>[] = [
        scan(session, { depth: 'mos' }),
        labels(session),
        ring(session),
        datasets(session),
        snapshots(session),
        history(session),
        object(session, { dataset: 'mos', object: '1' }),
        block(session, '0:400000:200'),
      ];
      if (txg !== undefined) documents.push(verify(session, txg));
      for (const document of documents) expect(schemaTroubles(await document)).toEqual([]);
      for (const line of timelineLines('jsonl', (await timeline(session)).events)) {
        expect(schemaTroubles(JSON.parse(line))).toEqual([]);
      }
    } finally {
      await session.close();
    }
  });

  it('would be noticed not to be', async () => {
    const document = await scan(['/does/not/exist'], { depth: 'labels' });
    expect(schemaTroubles(document)).toEqual([]);
    expect(schemaTroubles({ ...document, another: 1 })).toEqual([expect.stringContaining('additionalProperty')]);
    expect(schemaTroubles({ ...document, depth: 'deep' })).toEqual([expect.stringContaining('/depth')]);
    expect(schemaTroubles({ ...document, pools: undefined })).toEqual([expect.stringContaining('pools')]);
  });
});
