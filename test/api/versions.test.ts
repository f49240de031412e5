import { describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import type { VersionEntry } from '../../src/document/pool.types.ts';
import { pool, poolImages } from '../tools/images.ts';

async function versionsOf(name: string, zfs?: string): Promise<readonly VersionEntry[]> {
  const { pools } = await scan(await poolImages(pool(name)), { depth: 'data', zfs });
  return pools[0]?.versions ?? [];
}

const said = (versions: readonly VersionEntry[]): string[] => versions.map(({ message }) => message);

describe('where releases differ on a pool', () => {
  it('says which take txgs that the one judged for does not, and which feature decides', async () => {
    const [only, ...more] = await versionsOf('gang-headers-dynamic');
    expect(more).toEqual([]);
    expect(only).toMatchObject({ releases: ['2.4'], change: 'takes', all: true });
    expect(only?.features).toEqual(['com.klarasystems:dynamic_gang_header']);
    expect(only?.message).toContain('2.4 also takes all txgs');
  });

  it('says of each that takes none why, where another was judged for', async () => {
    const versions = await versionsOf('gang-headers-dynamic', '2.4');
    expect(versions.map(({ releases, change, all }) => [releases.join(), change, all])).toEqual([
      ['2.1', 'refuses', true],
      ['2.2,2.3', 'refuses', true],
    ]);
    expect(versions.at(-1)?.message).toBe(
      '2.2 and 2.3 take none of these txgs, because they do not know com.klarasystems:dynamic_gang_header',
    );
  });

  it('tells errors that only a release counts which goes by the births of rewritten blocks', async () => {
    const counts = (await versionsOf('rewritten-rot')).find(({ change }) => change === 'counts');
    expect(counts?.releases).toEqual(['2.4']);
    expect(counts?.errors?.[0]).toEqual({ metadata: 0, data: 34 });
    const back = (await versionsOf('rewritten-rot', '2.4')).find(({ change }) => change === 'counts');
    expect(back?.errors?.[0]).toEqual({ metadata: 0, data: 24 });
  });

  it('names those that only read what another writes to', async () => {
    expect(said(await versionsOf('rewritten-rot', '2.4')).join('\n')).toMatch(
      /2\.2 and 2\.3 take .* only read-only, because they do not know com\.truenas:physical_rewrite/,
    );
  });

  it('is silent where all treat it alike', async () => {
    expect(await versionsOf('made-by-2.1')).toEqual([]);
  });

  it('refuses a release that pools are not judged for', async () => {
    await expect(scan([], { zfs: '1.9' })).rejects.toThrow('zfs: expected 2.1, 2.2, 2.3, 2.4');
  });
});
