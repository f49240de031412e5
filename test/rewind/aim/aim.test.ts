import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scan } from '../../../src/api/scan.ts';
import { UsageError } from '../../../src/bytes/errors.ts';
import { asTxg } from '../../../src/bytes/units.ts';
import type { HistoryRecord } from '../../../src/format/history.ts';
import { parseTime } from '../../../src/rewind/aim/beforeTime.ts';
import { searchRecords } from '../../../src/rewind/aim/historyRecord.ts';
import { parseNeed } from '../../../src/rewind/aim/need.ts';
import { pool, poolImages } from '../../tools/images.ts';

const record = (about: Partial<HistoryRecord>): HistoryRecord => ({
  time: 1n,
  txg: null,
  kind: 'command',
  text: '',
  detail: null,
  dataset: null,
  user: 0n,
  hostname: 'lab',
  nvlist: { pairs: [] } as unknown as HistoryRecord['nvlist'],
  ...about,
});
const event = (txg: bigint, text: string, dataset: string | null) =>
  record({ kind: 'internal', txg: asTxg(txg), text, dataset });
const command = (text: string) => record({ text });

/** The arguments of a call. */
const input = (name: string, snapshot: string): HistoryRecord['nvlist'] => {
  const list = (key: string, value: unknown) => ({ pairs: [{ name: key, type: 'nvlist', value }] });
  return list('in_nvl', list(name, list(snapshot, { pairs: [] }))) as unknown as HistoryRecord['nvlist'];
};

const findRecord = async (records: readonly HistoryRecord[], text: string) =>
  (await searchRecords(records, text)).found;

describe('the record that is looked for in the history', () => {
  const log = [
    event(10n, 'create', 'tank/a'),
    command('zfs create tank/a'),
    event(20n, 'scrub', null),
    event(30n, 'destroy', 'tank/a'),
    event(31n, 'destroy', 'tank'),
    command('zfs destroy -r  tank/a'),
    event(40n, 'snapshot', 'tank@s'),
    command('zfs snapshot tank@s'),
  ];

  it('took effect in the first event about a dataset that the command names', async () => {
    expect(await findRecord(log, 'destroy -r tank/a')).toMatchObject({ txg: 30n, matches: 1 });
  });

  it('is the last one that fits, and says how many do', async () => {
    expect(await findRecord(log, 'zfs')).toMatchObject({
      txg: 40n,
      matches: 3,
      record: { text: 'zfs snapshot tank@s' },
    });
  });

  it('is an event where no command fits', async () => {
    expect(await findRecord(log, 'scrub')).toMatchObject({ txg: 20n, record: { kind: 'internal' } });
  });

  it('took effect in what was reached where no event belongs to it', async () => {
    expect(
      await findRecord([event(7n, 'x', null), command('a'), command('zpool export tank')], 'export'),
    ).toMatchObject({ txg: 7n });
  });

  it('is nothing where nothing fits, and the last ones that took something away are told', async () => {
    const { found, near } = await searchRecords(log, 'zfs rollback');
    expect(found).toBeNull();
    expect(near).toMatchObject([{ record: { text: 'zfs destroy -r  tank/a' }, txg: 30n }]);
  });

  it('is the very command before a later one that only begins so', async () => {
    const names = [
      event(10n, 'destroy', 'tank/a'),
      command('zfs destroy tank/a'),
      event(20n, 'destroy', 'tank/a@s'),
      command('zfs destroy tank/a@s'),
      event(30n, 'destroy', 'tank/ab'),
      command('zfs destroy tank/ab'),
    ];
    expect(await findRecord(names, 'zfs destroy tank/a')).toMatchObject({ txg: 10n, matches: 1, others: 2 });
    expect(await findRecord(names, 'zfs destroy')).toMatchObject({ txg: 30n, matches: 3, others: 0 });
  });

  it('is what a program did by itself, where no command line was logged', async () => {
    const call = record({ kind: 'ioctl', text: 'destroy_snaps', nvlist: input('snaps', 'tank/b@s') });
    const calls = [
      event(10n, 'create', 'tank/b'),
      event(40n, 'destroy', 'tank/b@s'),
      call,
      event(50n, 'destroy', 'tank/c'),
      event(60n, 'snapshot', 'tank/d@s'),
    ];
    expect(await findRecord(calls, 'zfs destroy -r tank/c')).toMatchObject({ txg: 50n, record: { kind: 'internal' } });
    expect(await findRecord(calls, 'zfs destroy tank/b@s')).toMatchObject({ txg: 40n, record: { kind: 'ioctl' } });
    expect(await findRecord(calls, 'zfs destroy tank/d')).toBeNull();
  });

  it('took effect where the event of the same name is, not where the dataset was made', async () => {
    const log = [event(10n, 'create', 'tank/a'), event(90n, 'destroy', 'tank/a'), command('zfs destroy tank/a')];
    expect(await findRecord(log, 'zfs destroy tank/a')).toMatchObject({ txg: 90n });
  });
});

describe('a time in place of a command', () => {
  it.each([
    ['2026-11-21 09:38', '2026-11-21T09:38:00Z'],
    ['2026-11-21T09:38:07', '2026-11-21T09:38:07Z'],
    ['2026-11-21 09:38 UTC', '2026-11-21T09:38:00Z'],
    ['2026-11-21', '2026-11-21T00:00:00Z'],
    ['2026-11-21 09:38:07+01:00', '2026-11-21T08:38:07Z'],
    ['2026-11-21 09:38 -0930', '2026-11-21T19:08:00Z'],
    ['2024-02-29 23:59', '2024-02-29T23:59:00Z'],
  ])('%s', (text, iso) => {
    expect(parseTime(text)).toBe(BigInt(Date.parse(iso) / 1000));
  });

  it.each(['zfs destroy tank', '2026', '2026-13-01', '2026-02-30', '2026-11-21 24:00', '2026-11-21 09', '9:38'])(
    'is not %s',
    (text) => {
      expect(parseTime(text)).toBeNull();
    },
  );
});

describe('what is needed', () => {
  it.each([
    ['tank', 'tank', null],
    ['tank/data@s1', 'tank/data@s1', null],
    ['tank/data:/a/b c', 'tank/data', ['a', 'b c']],
    ['tank/data@s1:/a', 'tank/data@s1', ['a']],
    ['tank/data@s1/a/b', 'tank/data@s1', ['a', 'b']],
    ['tank/a:b', 'tank/a:b', null],
  ])('%s', (text, dataset, path) => {
    expect(parseNeed(text)).toEqual({ text, dataset, path });
  });

  it.each(['', '/tank', 'tank/', 'tank//a', 'tank@', 'tank@a@b', 'tank#b', 'tank:/../x', 'tank@s/a:/b'])(
    'is not %j',
    (text) => {
      expect(() => parseNeed(text)).toThrow(UsageError);
    },
  );

  it('never fails but as wrong usage', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseNeed(text).text).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { seed: 1 },
    );
  });
});

describe('a scan with an aim', () => {
  const images = () => poolImages(pool('random-rot'));

  it('ranks only what is before the command, and says which record that is', async () => {
    const { pools } = await scan(await images(), { before: 'zfs destroy tank/a@s2' });
    const [found] = pools;
    expect(found?.recommendation?.txg).toBe('41');
    expect(found?.candidates.every(({ txg }) => Number(txg) < 56)).toBe(true);
    expect(found?.findings[0]).toMatchObject({ code: 'aimed-before' });
    expect(found?.findings[0]?.message).toMatch(
      /^"zfs destroy tank\/a@s2" by user 0 on lab at 2026.* took effect in txg 56/,
    );
  });

  it('ranks what was written before a time', async () => {
    const { pools } = await scan(await images(), { depth: 'mos' });
    const written = pools[0]?.candidates.map(({ timestamp }) => timestamp).sort((a, b) => a - b) ?? [];
    const middle = written[Math.floor(written.length / 2)] ?? 0;
    const before = new Date(middle * 1000).toISOString().replace('.000', '');
    const aimed = await scan(await images(), { depth: 'mos', before });
    expect(aimed.pools[0]?.candidates.length).toBe(written.filter((each) => each < middle).length);
    expect(aimed.pools[0]?.candidates.every(({ timestamp }) => timestamp < middle)).toBe(true);
    expect(aimed.pools[0]?.findings[0]).toMatchObject({ code: 'aimed-before', severity: 'info' });
  });

  it('says of an encrypted dataset that a path cannot be told, and of the dataset whether it is whole', async () => {
    const encrypted = await poolImages(pool('encrypted-lying'));
    const found = async (need: string) => (await scan(encrypted, { needs: [need] })).pools[0];
    const path = await found('tank/data:/f0');
    expect(path?.recommendation).toBeNull();
    expect(path?.findings[0]?.message).toMatch(/tank\/data:\/f0: cannot be told of in \d+ \(it is encrypted, .*key/);
    expect((await found('tank/data'))?.recommendation?.why).toMatch(/has tank\/data whole$/);
  });

  it('ranks nothing where the history has no such command', async () => {
    const { pools } = await scan(await images(), { before: 'zfs destroy nowhere' });
    expect(pools[0]).toMatchObject({ candidates: [], recommendation: null });
    expect(pools[0]?.findings[0]).toMatchObject({ code: 'aimed-before', severity: 'error' });
  });

  it('proposes a txg that has what is needed whole, and says of the others why not', async () => {
    const { pools } = await scan(await images(), { needs: ['tank/a@s2'] });
    const [found] = pools;
    const txg = found?.recommendation?.txg;
    expect(Number(txg)).toBeLessThan(56);
    expect(found?.candidates[0]?.reasons).toContain('tank/a@s2 is there and reads whole');
    const newest = found?.candidates.find((each) => each.txg === '89');
    expect(newest).toMatchObject({ verdict: 'importable' });
    expect(newest?.reasons[0]).toBe('tank/a@s2 is not there at this txg');
  });

  it('tells a damaged snapshot and file from sound ones, at the very txg that holds both', async () => {
    const only = { minTxg: 89n };
    const reasons = async (need: string) => {
      const { pools } = await scan(await images(), { ...only, needs: [need] });
      return pools[0]?.candidates[0]?.reasons;
    };
    expect((await reasons('tank/b@s15'))?.[0]).toMatch(/^tank\/b@s15 is damaged: 1 of its blocks/);
    expect((await reasons('tank/b@s15:/r9'))?.[0]).toMatch(/^tank\/b@s15:\/r9 is damaged/);
    expect(await reasons('tank/a@s14')).toContain('tank/a@s14 is there and reads whole');
    expect((await reasons('tank/b@s15:/none'))?.[0]).toBe('tank/b@s15:/none is not there at this txg');
  });

  it('cannot look into the pool at the depth of labels', async () => {
    await expect(scan(await images(), { depth: 'labels', needs: ['tank'] })).rejects.toThrow(UsageError);
  });
});

describe('a scan that is stopped', () => {
  it('is a document of what is known by then', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    const document = await scan(await poolImages(pool('random-rot')), {
      signal: stop.signal,
      onCandidate({ txg }) {
        lines.push(txg);
        if (lines.length === 3) stop.abort();
      },
    });
    expect(document.stopped).toBe(true);
    const candidates = document.pools[0]?.candidates ?? [];
    expect(lines).toHaveLength(3);
    expect(candidates.length).toBeGreaterThan(3);
    expect(candidates.filter(({ verdict }) => verdict === 'importable').map(({ txg }) => txg)).toEqual(
      lines.slice(0, 3),
    );
    expect(candidates.filter(({ verdict }) => verdict === 'unverified')).toHaveLength(candidates.length - 3);
  });

  it('before the labels were read knows nothing, and says so', async () => {
    const document = await scan(await poolImages(pool('random-rot')), { signal: AbortSignal.abort() });
    expect(document).toMatchObject({ stopped: true, pools: [] });
  });
});
