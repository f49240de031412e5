import { describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { poolImages, pools, testPools } from '../tools/images.ts';
import { contractTroubles } from '../tools/scanDocumentShape.ts';

// The document of every pool at hand has the names, types and relations that scripts rely on.

const asPrinted = (document: unknown): unknown => JSON.parse(JSON.stringify(document));

describe('the document of a scan', () => {
  it.each(pools().map((pool) => [pool.name, pool] as const))('keeps the contract for %s', async (_, pool) => {
    const specs = await poolImages(pool);
    for (const depth of ['labels', 'mos'] as const) {
      const document = await scan(specs, { depth });
      expect(contractTroubles(asPrinted(document))).toEqual([]);
      expect(document).toMatchObject({ depth, pools: [{ name: pool.truth.pool }] });
    }
  });

  it.skipIf(testPools().length === 0)('keeps the contract for all test pools of OpenZFS in one heap', async () => {
    expect(contractTroubles(asPrinted(await scan(testPools(), { depth: 'mos' })))).toEqual([]);
  });

  it('keeps the contract at the default depth', async () => {
    const [first] = pools();
    expect(first).toBeDefined();
    const specs = first === undefined ? [] : await poolImages(first);
    const document = await scan(specs);
    expect(document.depth).toBe('meta');
    expect(contractTroubles(asPrinted(document))).toEqual([]);
  });

  it('would be noticed to break it', async () => {
    const document = await scan(['/does/not/exist'], { depth: 'labels' });
    expect(contractTroubles(document)).toEqual([]);
    expect(contractTroubles({ ...document, pools: null })).toEqual(['document.pools: expected a list, found null']);
    const [source] = document.sources;
    const wrong = { ...document, sources: [{ ...source, sizeBytes: 0, labels: [] }] };
    expect(contractTroubles(wrong)).toEqual([
      'document.sources[0].sizeBytes: expected a 64-bit number as decimal text, found 0',
    ]);
    expect(contractTroubles({ ...document, sources: [{ ...source, labels: [] }] })).toEqual([
      'sources[0].labels: not 0 to 3',
    ]);
  });
});
