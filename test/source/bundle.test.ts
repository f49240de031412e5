import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Sha256 } from '../../src/block/sha256.ts';
import { loadFramePacker, type PackFrame } from '../../src/block/zstdFrames.ts';
import { BundleWriter, type DiskFacts } from '../../src/source/bundle/bundleWriter.ts';
import { checkBundle } from '../../src/source/bundle/checkBundle.ts';
import { openBundle } from '../../src/source/bundle/openBundle.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { type ByteSource, NotInBundleError, SourceError, slice } from '../../src/source/source.ts';

const SIZE = 3_000_000;
const CONTENT = Uint8Array.from({ length: SIZE }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const ABOUT = {
  tool: { name: 'zfs-uber', version: '0' },
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  commandLine: null,
  stopped: false,
};
const newDigest = () => new Sha256();

const facts = (path: string): DiskFacts => ({
  path,
  absolutePath: `/dev/${path}`,
  slice: null,
  directory: null,
  besides: null,
  map: null,
  snapshot: null,
  size: SIZE,
  block: false,
  sectorSize: null,
  id: path,
  offset: 0,
  identity: null,
});

/** A disk with one bad byte, or none. */
const disk = (name: string, bad = -1): ByteSource => ({
  name,
  size: SIZE,
  async read(offset, length) {
    if (offset <= bad && bad < offset + length) {
      throw new SourceError('EIO', 'bad sector', { source: name, offset, path: [] });
    }
    return CONTENT.slice(offset, offset + length);
  },
});

let pack: PackFrame;
beforeAll(async () => {
  pack = await loadFramePacker();
});

/** What the bundle is of which `reads` were made. */
async function written(work: (writer: BundleWriter) => Promise<void>): Promise<ByteSource> {
  const parts: Uint8Array[] = [];
  const writer = new BundleWriter({ write: async (part) => void parts.push(part), pack, newDigest, secret: null });
  await work(writer);
  await writer.finish(ABOUT);
  return memorySource(Uint8Array.from(Buffer.concat(parts)), 'x.bundle');
}

async function onlyDisk(bundle: ByteSource): Promise<ByteSource> {
  const [source] = (await openBundle(bundle)).disks;
  return source ?? expect.fail('no disk');
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it was read'),
    (error: unknown) => error,
  );

const RANGE = fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 200_000 })).map(([offset, length]) => ({
  offset,
  length: Math.min(length, SIZE - offset),
}));

describe('a bundle', () => {
  it('answers what was read with the same bytes, and says of all else that it has not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(RANGE, { maxLength: 12 }),
        fc.array(RANGE, { maxLength: 12 }),
        async (reads, others) => {
          const source = await onlyDisk(
            await written(async (writer) => {
              const { source: recorded, accept } = writer.addDisk(0, facts('a'), disk('a'));
              accept(null);
              await Promise.all(reads.map(({ offset, length }) => recorded.read(offset, length)));
            }),
          );
          const kept = new Uint8Array(SIZE);
          for (const { offset, length } of reads) kept.fill(1, offset, offset + length);
          for (const { offset, length } of [...reads, ...others]) {
            const whole = kept.subarray(offset, offset + length).every((byte) => byte === 1);
            expect(source.selection?.lacks(offset, length)).toBe(!whole);
            if (whole) {
              const bytes = await source.read(offset, length);
              expect(Buffer.compare(bytes, CONTENT.subarray(offset, offset + length))).toBe(0);
            } else expect(await failure(source.read(offset, length))).toBeInstanceOf(NotInBundleError);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps what is read of a part of a disk where it lies on the disk', async () => {
    const source = await onlyDisk(
      await written(async (writer) => {
        const { source: recorded, accept } = writer.addDisk(0, facts('a'), disk('a'));
        accept(null);
        await slice(recorded, 1000, 5000).read(10, 20);
      }),
    );
    expect(await slice(source, 1000, 5000).read(10, 20)).toEqual(CONTENT.slice(1010, 1030));
    expect(slice(source, 1000, 5000).selection?.lacks(10, 21)).toBe(true);
    expect(slice(source, 1000, 5000).selection?.lacks(10, 20)).toBe(false);
  });

  it('fails where the disk failed, and has what smaller reads got beside it', async () => {
    const source = await onlyDisk(
      await written(async (writer) => {
        const { source: recorded, accept } = writer.addDisk(0, facts('a'), disk('a', 5000));
        accept(null);
        for (const [offset, length] of [
          [0, 8192],
          [0, 4096],
          [4096, 4096],
        ] as const) {
          await recorded.read(offset, length).catch(() => null);
        }
      }),
    );
    expect(await failure(source.read(0, 8192))).toMatchObject({ code: 'EIO', said: 'bad sector', silent: false });
    expect(await failure(source.read(4096, 1))).toMatchObject({ code: 'EIO' });
    expect(await source.read(0, 4096)).toEqual(CONTENT.slice(0, 4096));
    expect(await failure(source.read(8191, 2))).toMatchObject({ code: 'EIO' });
    expect(await failure(source.read(8192, 1))).toMatchObject({ code: 'not-in-bundle', silent: true });
  });

  it('gives zeros to who searches, and keeps nothing that was only searched', async () => {
    const source = await onlyDisk(
      await written(async (writer) => {
        const { source: recorded, accept } = writer.addDisk(0, facts('a'), disk('a'));
        accept(null);
        await recorded.selection?.searched.read(0, 100_000);
        await recorded.read(500, 10);
      }),
    );
    const expected = new Uint8Array(2000);
    expected.set(CONTENT.subarray(500, 510), 500);
    expect(await source.selection?.searched.read(0, 2000)).toEqual(expected);
  });

  it('has nothing of a disk that turned out to be none of the pool, and the others in the order given', async () => {
    const secret = Uint8Array.from({ length: 4096 }, (_, i) => (i * 197) & 0xff);
    const bundle = await written(async (writer) => {
      const second = writer.addDisk(1, facts('second'), disk('second'));
      const none = writer.addDisk(2, facts('none'), memorySource(secret, 'none'));
      const first = writer.addDisk(0, facts('first'), disk('first'));
      await none.source.read(0, secret.length);
      second.accept([[1048576, 1]]);
      first.accept(null);
      await second.source.read(0, 512);
    });
    const { manifest, file } = await openBundle(bundle);
    expect(manifest.disks.map(({ path, partitions }) => [path, partitions])).toEqual([
      ['first', null],
      ['second', [[1048576, 1]]],
    ]);
    expect(await file.whole(file.kept)).toEqual(CONTENT.slice(0, 512));
  });

  it('is found changed by whoever checks it, whatever byte is changed', async () => {
    const bundle = await written(async (writer) => {
      const { source: recorded, accept } = writer.addDisk(0, facts('a'), disk('a'));
      accept(null);
      await recorded.read(1000, 70_000);
    });
    const bytes = await bundle.read(0, bundle.size);
    const sound = await checkBundle(bundle, newDigest);
    expect(sound).toMatchObject({ error: null, damaged: [], manifest: { tool: ABOUT.tool } });
    const whole = new Sha256();
    whole.update(bytes);
    expect(sound.sha256).toEqual(whole.digest());
    for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 150))) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect((await checkBundle(memorySource(changed, 'x'), newDigest)).error, `byte ${at}`).not.toBeNull();
    }
    expect((await checkBundle(memorySource(bytes.slice(0, -1), 'x'), newDigest)).error).not.toBeNull();
  });

  it('does not take bytes of a damaged frame for those of the disk', async () => {
    const bundle = await written(async (writer) => {
      const { source: recorded, accept } = writer.addDisk(0, facts('a'), disk('a'));
      accept(null);
      await recorded.read(0, 2_500_000);
    });
    const bytes = await bundle.read(0, bundle.size);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    const source = await onlyDisk(memorySource(bytes, 'x'));
    expect(await failure(source.read(0, 512))).toMatchObject({ code: 'bundle-damaged', silent: true });
    expect(await source.read(2_000_000, 512)).toEqual(CONTENT.slice(2_000_000, 2_000_512));
  });
});
