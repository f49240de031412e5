import { describe, expect, it } from 'vitest';
import { asTxg } from '../../../src/bytes/units.ts';
import { verifyCommand } from '../../../src/document/shell/verifyCommand.ts';
import type { ImportPlace, PlacedImage } from '../../../src/rewind/importPlace.ts';

const STATE = { txg: asTxg(41n), checkpoint: null };

const shown = (path: string, more: Partial<ImportPlace> = {}) => {
  const place: ImportPlace = { path, kind: 'block', part: null, image: null, name: 'zu-d0', ...more };
  return { kind: 'as-is' as const, place, path, copy: '' };
};
const image = (path: string, snapshot: string | null): PlacedImage => ({
  ...{
    path,
    remote: null,
    format: 'qcow2',
    snapshot,
    pieces: [],
    shards: null,
    grown: null,
    isShown: true,
    parts: [],
    name: 'zu-d0',
    shownAt: '/dev/nbd0',
  },
});

describe('verifyCommand', () => {
  it('names each source as zfs-uber reads it, not where the system would show it', () => {
    const command = verifyCommand(
      [
        shown('/dev/sdb1'),
        shown('/e/disk', { part: { start: 1048576, size: 134217728 } }),
        shown('/dev/nbd0', { image: image('/e/a.qcow2', null) }),
        shown('/dev/nbd0', { image: image('/e/b.qcow2', 'old') }),
      ],
      STATE,
    );
    expect(command?.join(' ')).toBe(
      'zfs-uber verify --txg 41 /dev/sdb1 /e/disk@1048576+134217728 /e/a.qcow2 /e/b.qcow2#snapshot=old',
    );
  });

  it('names a map of ddrescue with the disk that it is of, and the part of that', () => {
    const mapped = { path: '/dev/sdb', part: { start: 1048576, size: 134217728 }, map: '/e/sdb.bad' };
    const whole = { path: '/e/a.img', part: null, map: '/m/a.map' };
    const command = verifyCommand([shown('/dev/sdb1', { mapped }), shown('/e/a.img', { mapped: whole })], STATE);
    expect(command?.slice(4)).toEqual(['/dev/sdb@1048576+134217728?map=/e/sdb.bad', '/e/a.img?map=/m/a.map']);
  });

  it('names a map of a disk on a network behind a hash, as what follows a question mark is for the server', () => {
    const uri = 'nbd://host/sdb';
    const remote = { kind: 'nbd', uri, tls: false } as const;
    const mapped = { path: uri, part: null, map: '/m/sdb.map' };
    const command = verifyCommand([shown('/dev/nbd0', { image: { ...image(uri, null), remote }, mapped })], STATE);
    expect(command?.at(-1)).toBe('nbd://host/sdb#map=/m/sdb.map');
  });

  it('asks for what the scan was asked for', () => {
    const also = { zfs: '2.2.3', pool: 'my pool', mayFail: 'stop' } as const;
    expect(verifyCommand([shown('/dev/sdb1')], STATE, also)).toEqual([
      ...['zfs-uber', 'verify', '--txg', '41', '--zfs', '2.2.3', '--pool', 'my pool', '--device-may-fail', 'stop'],
      '/dev/sdb1',
    ]);
  });

  it('asks for the checkpoint by its name', () => {
    const checkpoint = { heldBy: asTxg(50n) } as NonNullable<Parameters<typeof verifyCommand>[1]['checkpoint']>;
    expect(verifyCommand([shown('/dev/sdb1')], { ...STATE, checkpoint })).toEqual([
      ...['zfs-uber', 'verify', '--checkpoint', '/dev/sdb1'],
    ]);
  });

  it('is none without a device, and where the front of one is not there', () => {
    expect(verifyCommand([], STATE)).toBeNull();
    expect(verifyCommand([shown('/e/disk', { part: { start: -4096, size: 134217728 } })], STATE)).toBeNull();
  });
});
