import { describe, expect, it } from 'vitest';
import { overlayOf } from '../../src/report/overlay.ts';
import { source } from './sampleDocuments.ts';

const COMMAND = ['zpool', 'import', '-d', '/e', '-N', '-f', '-F', '-T', '41', 'tank'];

describe('overlayOf', () => {
  it('lays a snapshot of the exact size over each source, opened read-only, and imports from those alone', () => {
    const overlay = overlayOf([source("/e/it's.img"), source('/dev/sdb', { kind: 'block' })], COMMAND);
    expect(overlay?.deviceMapper).toEqual([
      'truncate -s 20G /var/tmp/zu-d0.cow',
      `dmsetup create zu-d0 --table "0 262144 snapshot $(losetup -r -f --show '/e/it'\\''s.img') $(losetup -f --show /var/tmp/zu-d0.cow) N 8"`,
      'truncate -s 20G /var/tmp/zu-d1.cow',
      'dmsetup create zu-d1 --table "0 262144 snapshot /dev/sdb $(losetup -f --show /var/tmp/zu-d1.cow) N 8"',
    ]);
    expect(overlay?.qemu.slice(2)).toEqual([
      'qemu-img create -f qcow2 -F raw -b /dev/sdb /var/tmp/zu-d1.qcow2',
      'qemu-nbd -c /dev/nbd1 /var/tmp/zu-d1.qcow2',
    ]);
    expect(overlay?.commandReadWrite.join(' ')).toBe(
      'zpool import -d /dev/mapper/zu-d0 -d /dev/mapper/zu-d1 -N -f -F -T 41 tank',
    );
  });

  it('takes of a source that is a part of its path only that part', () => {
    const overlay = overlayOf([source('/e/disk', { kind: 'gpt', offsetBytes: '1048576' })], COMMAND);
    expect(overlay?.deviceMapper[1]).toContain('losetup -r -f --show -o 1048576 --sizelimit 134217728 /e/disk');
    expect(overlay?.qemu[0]).toContain('"offset":1048576,"size":134217728');
  });

  it('gives nothing for what has to be unpacked first, and without a command', () => {
    expect(overlayOf([source('/e/d.vmdk', { kind: 'vmdk' })], COMMAND)).toBeNull();
    expect(overlayOf([source('/e/d')], [])).toBeNull();
  });
});
