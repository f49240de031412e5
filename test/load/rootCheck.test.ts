import { describe, expect, it } from 'vitest';
import { ChecksumError, FormatError, LimitError, UnsupportedError } from '../../src/bytes/errors.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import { checkRoot, checkRoots } from '../../src/load/rootCheck.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import { type Attempt, UnavailableBlockError } from '../../src/pool/blockRead.ts';
import { device, uberblock, vdev } from '../pool/surveys.ts';
import { fakeReader, objset } from '../rewind/fakeReader.ts';

const PLACE = { source: 'd', offset: 0, path: [] };
const attempt = (outcome: Attempt['outcome']): Attempt => ({ place: null, vdev: 'd', outcome, error: null });

const reading = (answer: Uint8Array | Error) => fakeReader(() => answer);
const bp = uberblock({ txg: 5n }).rootbp;
const stateOf = async (answer: Uint8Array | Error, pointer: Blkptr = bp) =>
  (await checkRoot(pointer, reading(answer))).state;

describe('checkRoot', () => {
  it('recognises a meta-object set', async () => {
    expect(await checkRoot(bp, reading(objset(1n)))).toMatchObject({ state: 'reads', copies: ['0:5000'], error: null });
  });

  it.each([
    ['an object set of files', objset(2n)],
    ['a block whose meta-dnode is none', objset(1n, 19)],
    ['a block of zeros', new Uint8Array(1024)],
    ['a block that is too short', new Uint8Array(512)],
  ])('calls %s corrupted, because its checksum held', async (_, bytes) => {
    expect(await stateOf(bytes)).toBe('corrupted');
  });

  it.each([
    ['destroyed', new UnavailableBlockError('x', [attempt('wrong'), attempt('absent')], PLACE)],
    ['missing-devices', new UnavailableBlockError('x', [attempt('absent'), attempt('absent')], PLACE)],
    ['destroyed', new ChecksumError('fletcher4', [0n, 0n, 0n, 0n], [1n, 0n, 0n, 0n], PLACE)],
    ['corrupted', new FormatError('format-value', 'lz4', 'a length', 'none', PLACE)],
    ['unsupported', new UnsupportedError('skein', PLACE)],
    ['unsupported', new LimitError('too deep', PLACE)],
  ] as const)('says %s for what the reader throws', async (state, error) => {
    expect(await stateOf(error)).toBe(state);
  });

  it('does not hide an error that is no statement about the bytes', async () => {
    await expect(checkRoot(bp, reading(new TypeError('a bug')))).rejects.toThrow('a bug');
  });
});

describe('checkRoots', () => {
  const pool = assemblePools([
    device({ name: 'd', tree: vdev(5n), uberblocks: [{ txg: 5n }, { txg: 6n, root: 5n }, { txg: 7n }, { txg: 8n }] }),
  ]).pools[0];
  const candidates = pool === undefined ? [] : collectCandidates(pool);

  it('reads each distinct root block once and tells how far it is', async () => {
    let reads = 0;
    const reader = fakeReader(() => {
      reads++;
      return objset(1n);
    });
    const told: string[] = [];
    const checks = await checkRoots(candidates, reader, { onChecked: (done, all) => told.push(`${done}/${all}`) });
    const distinct = new Set(candidates.map(({ rootKey }) => rootKey)).size;
    expect([reads, checks.size, told.length, told.at(-1)]).toEqual([
      distinct,
      distinct,
      distinct,
      `${distinct}/${distinct}`,
    ]);
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    await expect(checkRoots(candidates, reading(objset(1n)), { signal: stop.signal })).rejects.toThrow('stopped');
  });
});
