import { describe, expect, it } from 'vitest';
import { attachLines } from '../../../src/document/shell/attach.ts';
import { overlayOf } from '../../../src/document/shell/overlay.ts';
import { source } from '../sampleDocuments.ts';

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

  it('does for several whole devices of one kind what the lines do in one, and takes it all away again', () => {
    const files = overlayOf([source("/e/it's.img"), source('/e/b')], COMMAND);
    expect(files?.deviceMapperLoop).toMatch(
      /^i=0; for d in '\/e\/it'\\''s.img' \/e\/b; do .*losetup -r -f --show "\$d".*done$/,
    );
    expect(files?.undo).toMatch(/^for i in 0 1; do dmsetup remove zu-d\$i; .*done$/);
    const blocks = ['/dev/sdb', '/dev/sdc'].map((path) => source(path, { kind: 'block' }));
    expect(overlayOf(blocks, COMMAND)?.deviceMapperLoop).not.toContain('losetup -r');
    expect(overlayOf(blocks.slice(1), COMMAND)?.deviceMapperLoop).toBeNull();
    expect(overlayOf([source('/e/a'), ...blocks], COMMAND)?.deviceMapperLoop).toBeNull();
    const part = source('/e/disk', { kind: 'gpt', offsetBytes: '1048576' });
    expect(overlayOf([part, part], COMMAND)?.deviceMapperLoop).toBeNull();
  });

  it('copies what were files, which OpenZFS does not open as block devices', () => {
    const overlay = overlayOf([source("/e/it's.img"), source('/e/b')], COMMAND, true);
    expect(overlay?.copies).toEqual([
      `mkdir /var/tmp/zu; i=0; for d in '/e/it'\\''s.img' /e/b; do cp --sparse=always --reflink=auto "$d" /var/tmp/zu/d$i; i=$((i+1)); done`,
    ]);
    expect(overlay?.deviceMapper).toEqual([]);
    expect(overlay?.commandReadWrite.slice(0, 4)).toEqual(['zpool', 'import', '-d', '/var/tmp/zu']);
  });

  it('gives nothing for what has to be unpacked first, and without a command', () => {
    expect(overlayOf([source('/e/d.vmdk', { kind: 'vmdk' })], COMMAND)).toBeNull();
    expect(overlayOf([source('/e/d')], [])).toBeNull();
  });
});

describe('attachLines', () => {
  it('show each image read-only, of a part of an image only that part', () => {
    expect(attachLines([])).toEqual([]);
    expect(attachLines([source("/e/it's.img")])).toEqual([`losetup -r -f --show '/e/it'\\''s.img'`]);
    expect(attachLines([source('/e/a'), source('/e/b')])).toEqual([
      'for d in /e/a /e/b; do losetup -r -f --show "$d"; done',
    ]);
    expect(attachLines([source('/e/a', { kind: 'mbr', offsetBytes: '512' })])).toEqual([
      'losetup -r -f --show -o 512 --sizelimit 134217728 /e/a',
    ]);
  });
});
