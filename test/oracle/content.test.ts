import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/block/engine.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { checksumKind } from '../../src/format/checksumKinds.ts';
import { compressionKind } from '../../src/format/compressionKinds.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { listBlocks } from '../tools/blockList.ts';
import { pool, poolImages } from '../tools/images.ts';
import { openSources } from '../tools/openSources.ts';

interface Content {
  readonly checksums: ReadonlySet<string | null>;
  readonly compressions: ReadonlySet<string | null>;
  readonly blocks: number;
  /** Of all content in order. */
  readonly digest: string;
}

async function contentOf(name: string, engine: Engine): Promise<Content> {
  const sources = await Promise.all((await poolImages(pool(name))).map((path) => openFileSource(path)));
  try {
    const { view } = await openSources(sources, { engine });
    const [checksums, compressions, hash] = [new Set<string | null>(), new Set<string | null>(), createHash('sha256')];
    let blocks = 0;
    for await (const { bp, level } of listBlocks(view)) {
      if (level === -2) continue;
      const { bytes, encrypted } = await view.readBlock(bp);
      expect(bytes.length).toBe(encrypted ? bp.psize : bp.lsize);
      hash.update(bytes);
      blocks++;
      if (!bp.embedded) checksums.add(checksumKind(bp.checksum));
      compressions.add(compressionKind(bp.compression));
    }
    return { checksums, compressions, blocks, digest: hash.digest('hex') };
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

const WRITTEN_CHECKSUMS = ['fletcher2', 'fletcher4', 'sha256', 'sha512', 'skein', 'edonr', 'blake3'];
const WRITTEN_COMPRESSIONS = [
  'off',
  'lzjb',
  'zle',
  'lz4',
  'zstd',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `gzip-${n}`),
];

describe.each(['every-checksum', 'all-compressions'])('%s', (name) => {
  it('every block of every dataset reads without the addon', async () => {
    const { checksums, compressions, blocks } = await contentOf(name, pureEngine);
    expect(blocks).toBeGreaterThan(200);
    if (name === 'every-checksum') expect(WRITTEN_CHECKSUMS.filter((kind) => !checksums.has(kind))).toEqual([]);
    else expect(WRITTEN_COMPRESSIONS.filter((kind) => !compressions.has(kind))).toEqual([]);
  });

  const native = chooseEngine();
  it.skipIf(native.info.name === 'pure')('and gives the same bytes with it', async () => {
    expect(await contentOf(name, native)).toEqual(await contentOf(name, pureEngine));
  });
});
