import { afterEach, describe, expect, it, vi } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { saltedChecksums } from '../../src/block/saltedChecksum.ts';
import type { BlockCache } from '../../src/dataset/blockCache.ts';
import { Mos } from '../../src/dataset/mos.ts';
import { unread } from '../../src/dataset/openMos.ts';
import { PoolReaders, type ReaderState } from '../../src/dataset/poolReaders.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import { leaf, MadeDevice, readerOf, root } from '../pool/madePool.ts';
import { pool, poolImages } from '../tools/images.ts';

afterEach(() => vi.restoreAllMocks());

it('a scan, with all that it reads beside the verdicts, opens no meta-object set twice through one reader', async () => {
  const opened: { readonly cache: BlockCache; readonly rootbp: Blkptr }[] = [];
  const open = Mos.open.bind(Mos);
  vi.spyOn(Mos, 'open').mockImplementation((cache, rootbp, signal) => {
    opened.push({ cache, rootbp });
    return open(cache, rootbp, signal);
  });
  await scan(await poolImages(pool('demo')), { before: 'zfs destroy' });
  const again = opened.filter(({ cache, rootbp }, i) =>
    opened.slice(0, i).some((each) => each.cache === cache && each.rootbp.equals(rootbp)),
  );
  expect(opened.length).toBeGreaterThan(10);
  expect(again).toEqual([]);
});

describe('salted checksums', () => {
  const bytes = new Uint8Array(512).fill(7);
  const sumWith = (salt: ReaderState['salt']) => {
    const readers = new PoolReaders((tree, choice) => readerOf(tree, choice));
    const { choice } = readers.open({ ...unread(root(leaf(new MadeDevice('disk')))), salt });
    return choice.salted?.checksum('skein', bytes, true) ?? null;
  };
  const sumOf = (salt: Uint8Array) => saltedChecksums(salt).checksum('skein', bytes, true);

  it('start from zeros before the salt was read', () => {
    expect(sumWith(null)).toEqual(sumOf(new Uint8Array(32)));
  });

  it('start from the salt, and from zeros where it is too short', () => {
    const salt = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    expect(sumWith(salt)).toEqual(sumOf(salt));
    const short = new Uint8Array(32);
    short.set(salt.subarray(0, 5));
    expect(sumWith(salt.subarray(0, 5))).toEqual(sumOf(short));
  });

  it('are not known where the salt cannot be read', () => {
    expect(sumWith('unreadable')).toBeNull();
  });
});
