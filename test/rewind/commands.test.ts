import { describe, expect, it } from 'vitest';
import { asGuid, asTxg } from '../../src/bytes/units.ts';
import type { LabelConfig } from '../../src/format/labelConfig.ts';
import type { Verdict } from '../../src/load/predict.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { Pool } from '../../src/pool/pool.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { type CommandOptions, importCommands } from '../../src/rewind/commands.ts';
import { wholePlace } from '../../src/rewind/importPlace.ts';
import { type DeviceSpec, device, mirrorPool, vdev } from '../pool/surveys.ts';

const OPTIONS: CommandOptions = {
  placeOf: ({ source: { name } }) => wholePlace(name, name.startsWith('/dev/') ? 'block' : 'file', 'zu-d0'),
  ambiguousName: false,
  logMissing: false,
};

function poolOf(devices: readonly DeviceSurvey[]): Pool {
  const [pool] = assemblePools(devices).pools;
  if (pool === undefined) throw new Error('no pool');
  return pool;
}

function line(pool: Pool, options: Partial<CommandOptions> = {}, devices = pool.devices): string {
  return importCommands(pool, asTxg(41n), devices, { ...OPTIONS, ...options }).readOnly.join(' ');
}

const single = (more: Partial<DeviceSpec>) => poolOf([device({ name: '/e/d0', tree: vdev(5n), ...more })]);

describe('importCommands', () => {
  it('gives the words of the contract in their order, read-only and read-write', () => {
    const { readOnly, readWrite } = importCommands(single({}), asTxg(41n), single({}).devices, OPTIONS);
    expect(readOnly.join(' ')).toBe('zpool import -d /e/d0 -N -f -o readonly=on -F -T 41 tank');
    expect(readWrite.join(' ')).toBe('zpool import -d /e/d0 -N -f -F -T 41 tank');
  });

  const checkpoint = (plain: boolean, verdict: Verdict = 'importable') => {
    const pool = single({});
    const options = { ...OPTIONS, checkpoint: { heldBy: asTxg(90n), plain }, verdict };
    const { readOnly, readWrite } = importCommands(pool, asTxg(41n), pool.devices, options);
    return [readOnly.join(' '), readWrite.join(' ')];
  };

  it('goes back to a checkpoint from the newest txg, or read-only from the one that keeps it', () => {
    expect(checkpoint(true)).toEqual([
      'zpool import -d /e/d0 -N -f -o readonly=on --rewind-to-checkpoint tank',
      'zpool import -d /e/d0 -N -f --rewind-to-checkpoint tank',
    ]);
    expect(checkpoint(false, 'readonly')).toEqual([
      'zpool import -d /e/d0 -N -f -o readonly=on -F -T 90 --rewind-to-checkpoint tank',
      '',
    ]);
  });

  it('gives no command that puts a checkpoint into the rings that then does not load', () => {
    for (const verdict of ['damaged', 'incomplete', 'readonly'] as const) expect(checkpoint(true, verdict)[1]).toBe('');
    expect(checkpoint(true, 'unverified')[1]).not.toBe('');
  });

  it('names each file and each block device itself, so that nothing beside them is found', () => {
    const tree = vdev(10n, { type: 'mirror', children: [vdev(11n), vdev(12n, { type: 'disk' }), vdev(13n)] });
    const legs = ['/e/b', '/dev/sdb1', '/e/a'].map((name, i) => device({ name, guid: BigInt(11 + i), tree }));
    expect(line(poolOf(legs))).toContain('-d /dev/sdb1 -d /e/a -d /e/b -N');
    const pool = poolOf(mirrorPool([5n]));
    expect(line(pool, {}, pool.devices.slice(0, 1))).toContain('import -d d11 -N');
  });

  it('gives of two copies of one device the newer alone', () => {
    const copies = ['/e/backup-of-d0', '/e/d0'].map((name, i) =>
      device({ name, tree: vdev(5n), uberblocks: [{ txg: BigInt(5 + i) }], more: { txg: asTxg(BigInt(5 + i)) } }),
    );
    expect(line(poolOf(copies))).toContain('import -d /e/d0 -N');
  });

  it('imports by guid under another name what has none that every command takes, or shares it', () => {
    expect(line(single({ poolName: 'a b' }))).toMatch(/ 41 a b$/);
    expect(line(single({}), { ambiguousName: true })).toMatch(/ 41 -t 1 tank-1$/);
    for (const poolName of ['12345', '-X', 'tank;reboot', '$(id)', 'a\nb', '\x1b[2J', 'a ', '', 'x'.repeat(256)])
      expect(line(single({ poolName }))).toMatch(/ 41 1 pool-1$/);
  });

  it('makes names of the last six digits of the guid, short enough to be names', () => {
    const guid = { poolGuid: asGuid(1_234_567_890n) };
    const long = 'x'.repeat(210);
    expect(line(single({ poolName: '-X', more: guid }))).toMatch(/ 41 1234567890 pool-567890$/);
    expect(line(single({ poolName: long, more: guid }), { ambiguousName: true })).toBe(
      `zpool import -d /e/d0 -N -f -o readonly=on -F -T 41 -t 1234567890 ${'x'.repeat(200)}-567890`,
    );
  });

  it('says beside the commands what the pool is called then, and what they pass over', () => {
    const about = (pool: Pool, options: Partial<CommandOptions> = {}) => {
      const {
        readOnly: _,
        readWrite: __,
        ...rest
      } = importCommands(pool, asTxg(41n), pool.devices, { ...OPTIONS, ...options });
      return rest;
    };
    expect(about(single({}))).toEqual({ pool: 'tank', withoutLog: false, destroyed: false, byGuid: null });
    const destroyed = single({ more: { state: 'destroyed' } });
    expect(about(destroyed, { logMissing: true, ambiguousName: true })).toEqual({
      pool: 'tank-1',
      withoutLog: true,
      destroyed: true,
      byGuid: 'ambiguous-name',
    });
  });

  it('gives none that would crash or hang the machine, but that which only reads where only writing does', () => {
    const hazardous = (verdict?: Verdict) => {
      const options = { ...OPTIONS, hazardous: true, ...(verdict === undefined ? {} : { verdict }) };
      const { readOnly, readWrite } = importCommands(single({}), asTxg(41n), single({}).devices, options);
      return [readOnly.length > 0, readWrite.length > 0];
    };
    expect(hazardous('readonly')).toEqual([true, false]);
    expect(hazardous('damaged')).toEqual([false, false]);
    expect(hazardous()).toEqual([false, false]);
  });

  it('adds -m for a missing log and -D for a destroyed pool, before the name', () => {
    expect(line(single({ more: { state: 'destroyed' } }), { logMissing: true })).toMatch(/-T 41 -m -D tank$/);
  });

  /** Three top-level vdevs, of which those of `before` have labels from before the end of the pool. */
  const stripe = (before: readonly string[], old: Partial<LabelConfig>, now: Partial<LabelConfig>) =>
    poolOf(
      ['/e/a', '/e/b', '/e/c'].map((name, id) => {
        const stale = before.includes(name);
        const more = { ...(stale ? old : now), vdevChildren: 3 };
        return device({ name, tree: vdev(BigInt(10 + id), { id }), txg: stale ? 4n : 9n, more });
      }),
    );

  it('adds -D only where the label that zpool believes says so: of three in a row that of the middle', () => {
    const destroyed = (...before: string[]) => line(stripe(before, {}, { state: 'destroyed' }));
    expect(destroyed('/e/a')).toMatch(/ -D tank$/);
    expect(destroyed('/e/c')).toMatch(/ -D tank$/);
    expect(destroyed('/e/b')).not.toContain('-D');
    expect(destroyed('/e/b', '/e/c')).not.toContain('-D');
  });

  it('asks by guid where a device has the name that the pool had before', () => {
    expect(line(stripe(['/e/c'], { name: 'old' }, {}))).toMatch(/ -t 1 tank$/);
    expect(line(stripe(['/e/c'], {}, {}))).toMatch(/ 41 tank$/);
  });

  it('gives no command for a pool whose guid no label says', () => {
    const bare = poolOf([device({ name: 'bare', uberblocks: [{ txg: 5n }] })]);
    expect(importCommands(bare, asTxg(41n), bare.devices, OPTIONS)).toEqual({
      readOnly: [],
      readWrite: [],
      pool: '',
      withoutLog: false,
      destroyed: false,
      byGuid: null,
    });
  });
});
