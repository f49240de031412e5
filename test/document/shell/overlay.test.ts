import { describe, expect, it } from 'vitest';
import { asTxg } from '../../../src/bytes/units.ts';
import { overlayOf } from '../../../src/document/shell/overlay.ts';
import { stepLines } from '../../../src/document/shell/stepLines.ts';
import type { ImportPlace } from '../../../src/rewind/importPlace.ts';
import type { Showing } from '../../../src/rewind/showing.ts';

const STATE = { txg: asTxg(41n), checkpoint: null };
const COMMAND = ['zpool', 'import', '-d', '/e', '-N', '-f', '-F', '-T', '41', 'tank'];

function showing(kind: Showing['kind'], path: string, at: number, more: Partial<ImportPlace> = {}): Showing {
  const place = { path, kind: 'file' as const, part: null, image: null, name: `zu-d${at}`, ...more };
  const store = kind === 'copy' ? `/var/tmp/zu-d${at}` : '';
  return { kind, place, path: kind === 'loop' ? `/run/zu-d${at}` : store || path, copy: store };
}
const image = (path: string, at: number, more: Partial<ImportPlace> = {}) => showing('loop', path, at, more);
const disk = (path: string, at: number) => showing('as-is', path, at, { kind: 'block' });
const file = (path: string, at: number) => showing('as-is', path, at);

describe('overlayOf', () => {
  it('names the command that makes overlays of the same vdevs, a part of a disk as that part', () => {
    const part = { part: { start: 1048576, size: 134217728 } };
    expect(overlayOf([image('/e/a', 0), image('/e/disk', 1, part)], COMMAND, STATE)?.plain.join(' ')).toBe(
      'zfs-uber overlay --txg 41 -o /var/tmp/zu-overlay-41 /e/a /e/disk@1048576+134217728',
    );
  });

  it('lays a snapshot over each disk, opened read-only, and imports from those alone', () => {
    const overlay = overlayOf([image("/e/it's.img", 0), disk('/dev/sdb', 1)], COMMAND, STATE);
    const table = '"0 $(blockdev --getsz $o) snapshot $o $c N 8"';
    expect(overlay?.deviceMapper).toEqual([
      'truncate -s 20G /var/tmp/zu-d0-try.cow',
      `o=$(losetup -r -f --show '/e/it'\\''s.img'); c=$(losetup -f --show /var/tmp/zu-d0-try.cow); dmsetup create zu-d0-try --table ${table}; losetup -d $o $c`,
      'truncate -s 20G /var/tmp/zu-d1-try.cow',
      `o=$(readlink -f /dev/sdb); c=$(losetup -f --show /var/tmp/zu-d1-try.cow); dmsetup create zu-d1-try --table ${table}; losetup -d $c`,
    ]);
    expect(overlay?.qemu.slice(2)).toEqual([
      'qemu-img create -f qcow2 -F raw -b /dev/sdb /var/tmp/zu-d1-try.qcow2',
      'qemu-nbd -c /dev/nbd1 /var/tmp/zu-d1-try.qcow2',
    ]);
    expect(overlay?.commandReadWrite.join(' ')).toBe(
      'zpool import -d /dev/mapper/zu-d0-try -d /dev/mapper/zu-d1-try -N -f -F -T 41 tank',
    );
    expect(overlay?.undo).toBe('dmsetup remove zu-d0-try zu-d1-try; rm /var/tmp/zu-d0-try.cow /var/tmp/zu-d1-try.cow');
  });

  it('takes of a vdev that is a part of its path only that part', () => {
    const overlay = overlayOf([image('/e/disk', 0, { part: { start: 1048576, size: 134217728 } })], COMMAND, STATE);
    expect(overlay?.deviceMapper[1]).toContain('losetup -r -f --show -o 1048576 --sizelimit 134217728 /e/disk');
    expect(overlay?.qemu[0]).toContain('"offset":1048576,"size":134217728');
  });

  it('does for several whole devices of one kind what the lines do in one', () => {
    const paths = ["/e/it's.img", '/e/b', '/e/c'];
    expect(
      overlayOf(
        paths.map((path, at) => image(path, at)),
        COMMAND,
        STATE,
      )?.deviceMapperLoop,
    ).toMatch(/^i=0; for d in '\/e\/it'\\''s.img' \/e\/b \/e\/c; do .*losetup -r -f --show "\$d".*done$/);
    const blocks = ['/dev/sdb', '/dev/sdc', '/dev/sdd'].map(disk);
    expect(overlayOf(blocks, COMMAND, STATE)?.deviceMapperLoop).not.toContain('losetup -r');
    expect(overlayOf(blocks.slice(1), COMMAND, STATE)?.deviceMapperLoop).toBeNull();
    expect(
      overlayOf([image('/e/a', 0), disk('/dev/sdb', 1), disk('/dev/sdc', 2)], COMMAND, STATE)?.deviceMapperLoop,
    ).toBeNull();
    const part = { part: { start: 1048576, size: 134217728 } };
    expect(
      overlayOf(
        [0, 1, 2].map((at) => image('/e/disk', at, part)),
        COMMAND,
        STATE,
      )?.deviceMapperLoop,
    ).toBeNull();
  });

  it('copies what were files, which OpenZFS does not open as block devices', () => {
    const overlay = overlayOf([file("/e/it's.img", 0), image('/e/b', 1)], COMMAND, STATE);
    expect(overlay?.copies).toEqual([`cp --sparse=always --reflink=auto '/e/it'\\''s.img' /var/tmp/zu-d0-try`]);
    expect(overlay?.deviceMapper).toHaveLength(2);
    expect(overlay?.commandReadWrite.slice(2, 6)).toEqual(['-d', '/var/tmp/zu-d0-try', '-d', '/dev/mapper/zu-d1-try']);
    expect(overlay?.undo).toContain('rm /var/tmp/zu-d0-try /var/tmp/zu-d1-try.cow');
  });

  it('gives nothing without a command, and where a device has to be completed first', () => {
    expect(overlayOf([image('/e/d', 0)], [], STATE)).toBeNull();
    expect(
      overlayOf([showing('padded', '/e/d', 0, { part: { start: -512, size: 99 * 512 } })], COMMAND, STATE),
    ).toBeNull();
  });
});

describe('stepLines', () => {
  const lines = (kind: 'show-read-only' | 'show-read-write' | 'detach' | 'copy', ...showings: Showing[]) =>
    stepLines({ kind, showings });

  it('shows each image by a loop device under a name that is known before, and takes both away', () => {
    const odd = image("/e/it's.img", 0);
    expect(lines('show-read-only', odd)).toEqual([`ln -s "$(losetup -r -f --show '/e/it'\\''s.img')" /run/zu-d0`]);
    expect(lines('show-read-write', odd)).toEqual([`ln -s "$(losetup -f --show '/e/it'\\''s.img')" /run/zu-d0`]);
    expect(lines('detach', odd)).toEqual(['losetup -d "$(readlink /run/zu-d0)"; rm /run/zu-d0']);
    const part = image('/e/a', 3, { part: { start: 512, size: 4096 } });
    expect(lines('show-read-only', part)).toEqual([
      'ln -s "$(losetup -r -f --show -o 512 --sizelimit 4096 /e/a)" /run/zu-d3',
    ]);
  });

  it('shows many whole images in one line', () => {
    const many = ['/e/a', '/e/b', '/e/c'].map((path, i) => image(path, i + 7));
    expect(lines('show-read-only', ...many)).toEqual([
      'i=7; for d in /e/a /e/b /e/c; do ln -s "$(losetup -r -f --show "$d")" /run/zu-d$i; i=$((i+1)); done',
    ]);
    expect(lines('detach', ...many)).toEqual([
      'for i in $(seq 7 9); do losetup -d "$(readlink /run/zu-d$i)"; rm /run/zu-d$i; done',
    ]);
  });

  it('makes a file of a slice of one', () => {
    const slice = showing('copy', '/e/d0.img', 0, { part: { start: 0, size: 67108864 } });
    expect(lines('copy', slice)).toEqual([
      'dd if=/e/d0.img of=/var/tmp/zu-d0 bs=1M iflag=skip_bytes,count_bytes skip=0 count=67108864 conv=sparse,notrunc && truncate -s 67108864 /var/tmp/zu-d0',
    ]);
  });
});
