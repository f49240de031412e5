import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import type { BlockRead, BlockReader } from '../../src/pool/blockRead.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import { NotInBundleError } from '../../src/source/source.ts';
import { createVerifier, type Verification, type Verifier, type VerifyView } from '../../src/traverse/verifier.ts';
import { pool, poolImages } from '../tools/images.ts';
import { engine, openPool } from './openedPool.ts';

/** A reader whose blocks say something else than was written while their sums hold. */
class LyingReader implements BlockReader {
  readonly #reader: BlockReader;
  readonly #lie: (bp: Blkptr, bytes: Uint8Array) => Uint8Array;
  reads = 0;

  constructor(reader: BlockReader, lie: (bp: Blkptr, bytes: Uint8Array) => Uint8Array) {
    this.#reader = reader;
    this.#lie = lie;
  }

  async read(bp: Blkptr): Promise<BlockRead> {
    this.reads++;
    const read = await this.#reader.read(bp);
    return { ...read, bytes: this.#lie(bp, read.bytes.slice()) };
  }

  verify(bp: Blkptr) {
    return this.#reader.verify(bp);
  }
}

const opening = poolImages(pool('torn-sector')).then((paths) => openPool(paths));

/** Verifies the newest candidate through the lie, without devices that could be read past it. */
async function verifyLies(
  lie: (bp: Blkptr, bytes: Uint8Array) => Uint8Array,
): Promise<{ found: Verification | ZfsUberError; reads: number }> {
  const one = await opening;
  const [newest] = one.candidates;
  if (newest === undefined) throw new Error('no candidate');
  const { view, reader } = await one.at(newest);
  const lying = new LyingReader(reader, lie);
  const blind: VerifyView = { ...view, root: withoutDevices(view.root) };
  const verifying = createVerifier({ engine }).verify(blind, { reader: lying, data: true, readOnly: true });
  const found = await verifying.catch((error: unknown) => {
    if (error instanceof ZfsUberError) return error;
    throw error;
  });
  return { found, reads: lying.reads };
}

/** What must not depend on what goes on beside it; the name of the error that ended it. */
async function outcome(verifier: Verifier, view: VerifyView, reader: BlockReader): Promise<unknown> {
  try {
    const found = await verifier.verify(view, { reader, data: true, readOnly: true });
    const { metadataErrors, dataErrors, fatal, failures } = found;
    return {
      metadataErrors,
      dataErrors,
      found: found.found,
      fatal: fatal && placeOf(fatal),
      failures: failures.map(placeOf),
    };
  } catch (error) {
    if (error instanceof ZfsUberError) return error.constructor.name;
    throw error;
  }
}

const placeOf = ({ dataset, object, level, blockId, what, kind, because }: Verification['failures'][number]) =>
  `${what} ${dataset}/${object}/${level}/${blockId} ${kind} ${because}`;

const withoutDevices = (node: VdevNode): VdevNode => ({
  ...node,
  device: null,
  children: node.children.map(withoutDevices),
});

/** Fills a block with copies of one pointer, born one after the other so that no two are the same. */
function repeat(bytes: Uint8Array, pointer: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 128 <= bytes.length; at += 128) {
    bytes.set(pointer, at);
    view.setBigUint64(at + 88, BigInt(at + 1), true);
  }
  return bytes;
}

describe('a tree of blocks that was forged', () => {
  it('is not followed in a circle', async () => {
    const { found } = await verifyLies((bp, bytes) => (bp.level > 0 ? repeat(bytes, bp.bytes) : bytes));
    expect(found).toMatchObject({ fatal: { what: 'indirect' } });
  });

  it('is not followed a thousand times at each of its levels', async () => {
    const { found, reads } = await verifyLies((bp, bytes) => {
      // Three copies has the MOS alone.
      if (bp.level < 4 || bp.dvas.length < 3) return bytes;
      const below = bytes.findIndex((byte) => byte !== 0);
      return below < 0 ? bytes : repeat(bytes, bytes.slice(0, 128));
    });
    expect(found).not.toBeInstanceOf(ZfsUberError);
    // Two levels have 1024 pointers each that differ, and few are met twice before one is judged.
    expect(reads).toBeLessThan(4000);
  });

  it('ends in a verdict whatever bytes stand in its blocks', async () => {
    const lies = fc.record({
      every: fc.integer({ min: 1, max: 12 }),
      seed: fc.integer(),
      count: fc.integer({ min: 1, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(lies, async ({ every, seed, count }) => {
        let state = seed | 0;
        const random = (below: number): number => {
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          return (state >>> 8) % below;
        };
        const { found } = await verifyLies((_, bytes) => {
          if (random(every) === 0) for (let i = 0; i < count; i++) bytes[random(bytes.length)] = random(256);
          return bytes;
        });
        expect(found).toBeDefined();
      }),
      { numRuns: 25 },
    );
  });

  it('ends in the same verdicts when the trees of several txgs are followed side by side', async () => {
    const one = await opening;
    const candidates = one.candidates.slice(0, 4);
    const views = await Promise.all(candidates.map((each) => one.at(each)));
    const lies = fc.record({
      every: fc.integer({ min: 1, max: 30 }),
      seed: fc.nat(),
      count: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(lies, async ({ every, seed, count }) => {
        /** Of a block the same whoever reads it. */
        const lie = (bp: Blkptr, bytes: Uint8Array): Uint8Array => {
          let state = (seed ^ bp.hash) | 0;
          const random = (below: number): number => {
            state = (Math.imul(state, 1664525) + 1013904223) | 0;
            return (state >>> 8) % below;
          };
          if (random(every) === 0) for (let i = 0; i < count; i++) bytes[random(bytes.length)] = random(256);
          return bytes;
        };
        const verifyAll = (verifiers: readonly Verifier[]) => {
          const readers = new Map<BlockReader, BlockReader>();
          return views.map(({ view, reader }, i) => {
            const lying = readers.get(reader) ?? new LyingReader(reader, lie);
            readers.set(reader, lying);
            const verifier = verifiers[i % verifiers.length] ?? createVerifier({ engine });
            return outcome(verifier, { ...view, root: withoutDevices(view.root) }, lying);
          });
        };
        const alone = await Promise.all(verifyAll(views.map(() => createVerifier({ engine }))));
        expect(await Promise.all(verifyAll([createVerifier({ engine })]))).toEqual(alone);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a txg of which a source has nothing to say', () => {
  it('ends by itself: those that went on beside it are verified', async () => {
    const one = await opening;
    const [newest, ...older] = one.candidates.slice(0, 4);
    if (newest === undefined) throw new Error('no candidate');
    const { reader } = await one.at(newest);
    const silent = new LyingReader(reader, (bp, bytes) => {
      if (bp.equals(newest.uberblock.rootbp)) throw new NotInBundleError(bp.place, 0);
      return bytes;
    });
    const blind = await Promise.all(
      [newest, ...older].map(async (each) => {
        const { view } = await one.at(each);
        return { ...view, root: withoutDevices(view.root) };
      }),
    );
    const verifier = createVerifier({ engine });
    const [first, ...others] = await Promise.all(blind.map((each) => outcome(verifier, each, silent)));
    expect(first).toBe('NotInBundleError');
    const alone = blind.slice(1).map((each) => outcome(createVerifier({ engine }), each, silent));
    expect(others).toEqual(await Promise.all(alone));
    expect(others).not.toContain('NotInBundleError');
  });
});
