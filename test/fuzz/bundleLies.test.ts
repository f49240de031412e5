import { beforeAll, describe, expect, it } from 'vitest';
import { Sha256 } from '../../src/block/sha256.ts';
import { loadFramePacker, type PackFrame } from '../../src/block/zstdFrames.ts';
import { encode } from '../../src/bytes/encode.ts';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import {
  BUNDLE_MAGIC,
  BUNDLE_VERSION,
  HEADER,
  RUN,
  TRAILER,
  TRAILER_MAGIC,
} from '../../src/source/bundle/bundle.layout.ts';
import { FrameWriter, sha256Of } from '../../src/source/bundle/frames.ts';
import { openBundle } from '../../src/source/bundle/openBundle.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { pickFrom, random, SEED } from './random.ts';

/** Bundles that lie under digests that fit: an answer or a typed error, and never more memory than the file allows. */

const LIES = 400;
const newDigest = () => new Sha256();
const asBytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
/** Numbers at which a bound may be one off, and beyond all of them. */
const NUMBERS = [
  0n,
  1n,
  511n,
  4096n,
  1n << 20n,
  (1n << 20n) + 1n,
  1n << 31n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 64n) - 1n,
];
const WORDS: readonly unknown[] = [null, true, -1, 0.5, 1e300, '', 'x'.repeat(70_000), [], {}, [[[]]], '\u001b[2J'];

let pack: PackFrame;
beforeAll(async () => {
  pack = await loadFramePacker();
});

interface Claims {
  readonly kept: Uint8Array;
  readonly runs: readonly Parameters<typeof encode<(typeof RUN)['fields']>>[1][];
  readonly manifest: string;
  /** What the trailer says in place of what is true. */
  readonly said: Readonly<Record<string, bigint>>;
}

async function forged({ kept, runs, manifest, said }: Claims): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const frames = new FrameWriter({ write: async (part) => void parts.push(part), pack, newDigest });
  frames.put(encode(HEADER, { magic: asBytes(BUNDLE_MAGIC), version: BUNDLE_VERSION }, true));
  frames.add(kept);
  frames.endStream();
  for (const run of runs) frames.add(encode(RUN, run, true));
  frames.endStream();
  const text = new TextEncoder().encode(manifest);
  frames.add(text);
  frames.endStream();
  const directory = frames.directory();
  const trailer = {
    magic: asBytes(TRAILER_MAGIC),
    version: BUNDLE_VERSION,
    directory: BigInt(frames.size),
    kept: BigInt(kept.length),
    runs: BigInt(runs.length),
    answers: 0n,
    manifest: BigInt(text.length),
    directorySha256: sha256Of(newDigest, directory),
    fileSha256: new Uint8Array(32),
    ...said,
  };
  frames.put(directory);
  frames.put(encode(TRAILER, trailer, true).subarray(0, TRAILER.fields.fileSha256.offset));
  frames.seal();
  await frames.settled();
  return Uint8Array.from(Buffer.concat(parts));
}

const DISK = {
  path: 'a',
  absolutePath: '/a',
  slice: null,
  directory: null,
  size: 1 << 20,
  block: false,
  sectorSize: null,
  id: 'a',
  offset: 0,
  partitions: null,
  failure: null,
  gone: null,
  identity: null,
};
const MANIFEST = {
  schema: 'zfs-uber/bundle-manifest/1',
  tool: { name: 'x', version: '1' },
  startedAt: '',
  finishedAt: '',
  commandLine: null,
  stopped: false,
  disks: [DISK, { ...DISK, path: 'b', id: 'b' }],
  errors: [{ code: 'EIO', message: 'x', kind: 'read' }],
};

/** @returns whether it opened */
async function exercise(bytes: Uint8Array, pick: (below: number) => number): Promise<boolean> {
  try {
    const { disks } = await openBundle(memorySource(bytes, 'lie'));
    for (const disk of disks) {
      for (let i = 0; i < 8 && disk !== null; i++) {
        const offset = pick(disk.size);
        const length = pick(Math.min(disk.size - offset, 100_000));
        expect(typeof disk.selection?.lacks(offset, length)).toBe('boolean');
        const read = await disk.read(offset, length).catch((error: unknown) => error);
        if (read instanceof Uint8Array) expect(read).toHaveLength(length);
        else expect(read).toBeInstanceOf(ZfsUberError);
        await disk.selection?.searched
          .read(offset, length)
          .catch((error: unknown) => expect(error).toBeInstanceOf(ZfsUberError));
      }
    }
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(ZfsUberError);
    return false;
  }
}

describe(`a bundle that lies (ZFS_UBER_SEED=${SEED})`, () => {
  it('gives typed errors, whatever its tables say under digests that fit', async () => {
    const opened: boolean[] = [];
    for (let seed = SEED; seed < SEED + LIES; seed++) {
      const pick = random(seed);
      const often = (share: number): boolean => pick(100) < share;
      const lie = (value: bigint): bigint => (often(12) ? pickFrom(pick, NUMBERS) : value);
      const kept = new Uint8Array(pick(3) * 700_000 + pick(5000)).fill(seed & 255);
      let offset = 0n;
      const runs = Array.from({ length: pick(6) }, (_, i) => {
        const length = BigInt(1 + pick(5000));
        const run = {
          disk: i < 4 ? 0 : 1,
          error: often(10) ? pick(4) : 0,
          offset: lie(offset),
          length: lie(length),
          position: lie(BigInt(pick(Math.max(1, kept.length)))),
        };
        offset = i === 3 ? 0n : offset + length + BigInt(pick(300));
        return run;
      });
      const spoilt: Record<string, unknown> = structuredClone(MANIFEST);
      if (often(40)) {
        const whose = pickFrom(pick, [spoilt, MANIFEST.disks[0] ?? {}, MANIFEST.errors[0] ?? {}]);
        const changed = { ...whose, [pickFrom(pick, Object.keys(whose))]: pickFrom(pick, WORDS) };
        if (whose === spoilt) Object.assign(spoilt, changed);
        else if (whose === MANIFEST.errors[0]) spoilt['errors'] = [changed];
        else spoilt['disks'] = [changed, MANIFEST.disks[1]];
      }
      const manifest = often(5) ? '{"schema"' : JSON.stringify(spoilt);
      const name = pickFrom(pick, ['directory', 'kept', 'runs', 'manifest']);
      const said = often(25) ? { [name]: pickFrom(pick, NUMBERS) } : {};
      opened.push(await exercise(await forged({ kept, runs, manifest, said }), pick));
    }
    // Both kinds were tried.
    expect(new Set(opened)).toEqual(new Set([true, false]));
  });

  it('gives typed errors, whatever bytes are hit or cut off', async () => {
    const runs = [{ disk: 0, error: 0, offset: 512n, length: 40_000n, position: 0n }];
    const sound = await forged({
      kept: new Uint8Array(40_000).fill(7),
      runs,
      manifest: JSON.stringify(MANIFEST),
      said: {},
    });
    expect(await exercise(sound, random(SEED))).toBe(true);
    for (let seed = SEED; seed < SEED + LIES; seed++) {
      const pick = random(seed);
      const bytes = sound.slice(0, pick(4) === 0 ? pick(sound.length) : sound.length);
      for (let hits = pick(4); hits >= 0 && bytes.length > 0; hits--) bytes[pick(bytes.length)] = pick(256);
      await exercise(bytes, pick);
    }
  });
});
