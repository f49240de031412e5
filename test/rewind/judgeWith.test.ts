import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asTxg } from '../../src/bytes/units.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { type FileSource, openFileSource } from '../../src/node/fileSource.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import type { JudgeOptions } from '../../src/rewind/judgement.ts';
import { judgeWithDevicesOf, rangeOf, type WithDevices } from '../../src/rewind/judgeWith.ts';
import { pool as fixture, poolImages } from '../tools/images.ts';

const engine = chooseEngine();
let sources: FileSource[] = [];
let pool: Pool;

beforeAll(async () => {
  sources = await Promise.all((await poolImages(fixture('offline-leg'))).map((path) => openFileSource(path)));
  const devices = await Promise.all(sources.map((source) => surveyDevice(source, engine)));
  const [found] = assemblePools(devices).pools;
  if (found === undefined) throw new Error('no pool');
  pool = found;
});
afterAll(async () => void (await Promise.all(sources.map((source) => source.close()))));

/** With which options the pool is judged with its first device alone; null where it is not judged. */
async function askedWith(options: Partial<JudgeOptions>, asked?: WithDevices): Promise<JudgeOptions | null> {
  const blocks: JudgeOptions['blocks'] = { engine, open: (root, more) => openBlockReader(root, { engine, ...more }) };
  let given: JudgeOptions | null = null;
  const judgeWith = judgeWithDevicesOf(pool, { depth: 'mos', blocks, ...options }, async (part, _, judging) => {
    expect(part.devices).toEqual(pool.devices.slice(0, 1));
    given = judging;
    const nothing = {
      candidates: [],
      findings: [],
      recommendation: null,
      waysOut: [],
      relaxed: new Map(),
      cut: null,
      versions: [],
      stopped: false,
    };
    return { pool: part, depth: judging.depth, ...nothing };
  });
  await judgeWith(pool.devices.slice(0, 1), asked);
  return given;
}

describe('a pool that is judged with other devices', () => {
  it('is judged in the range given, within what was asked for', async () => {
    const range = rangeOf([7n, 5n, 9n].map(asTxg));
    expect(await askedWith({}, { range })).toMatchObject({ minTxg: 5n, maxTxg: 9n });
    expect(await askedWith({ minTxg: 6n, maxTxg: 8n }, { range })).toMatchObject({ minTxg: 6n, maxTxg: 8n });
    expect(await askedWith({ minTxg: 2n, maxTxg: 12n }, { range })).toMatchObject({ minTxg: 5n, maxTxg: 9n });
    expect(await askedWith({ minTxg: 2n })).toMatchObject({ minTxg: 2n, maxTxg: null });
  });

  it('is told of to nobody, and for no further ways out, unless these are asked for', async () => {
    const told = await askedWith({ onCandidate: () => {}, onProgress: () => {}, onShare: () => {} });
    expect(told).toMatchObject({ waysOut: false });
    expect(Object.keys(told ?? {})).not.toEqual(expect.arrayContaining([expect.stringMatching(/^on[A-Z]/)]));
    expect(await askedWith({}, { waysOut: true })).toMatchObject({ waysOut: true });
  });

  it('keeps what the rewind shall lead to, unless that is of no account', async () => {
    const aim = { before: 'zfs destroy', needs: [] };
    expect(await askedWith({ aim })).toMatchObject({ aim });
    expect(await askedWith({ aim }, { aimed: false })).not.toHaveProperty('aim');
  });

  it('is not judged by labels alone, nor once the judging was ended', async () => {
    expect(await askedWith({ depth: 'labels' })).toBeNull();
    expect(await askedWith({ signal: AbortSignal.abort() })).toBeNull();
  });
});
