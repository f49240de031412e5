import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { decodeBootEnvironment } from '../../src/format/bootEnvironment.ts';
import { encodeXdr, pair } from '../tools/nvlistEncode.ts';

const place = { source: 'disk0.img', offset: 0x2000, path: ['label 0', 'boot environment'] };
const text = new TextEncoder();

function block(version: bigint, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8192);
  new DataView(bytes.buffer).setBigUint64(0, version);
  bytes.set(payload, 8);
  return bytes;
}

describe('a boot environment block', () => {
  it('is blank as pools are made', () => {
    expect(decodeBootEnvironment(new Uint8Array(8192), place)).toEqual({ kind: 'blank' });
  });

  it.each([true, false])('is blank with the boot header of labels before 2009, littleEndian %s', (littleEndian) => {
    const bytes = new Uint8Array(8192);
    new DataView(bytes.buffer).setBigUint64(0, 0x2f5b007b10cn, littleEndian);
    expect(decodeBootEnvironment(bytes, place)).toEqual({ kind: 'blank' });
  });

  it("holds GRUB's text up to a NUL", () => {
    const grub = text.encode('# GRUB Environment Block\nsaved_entry=1\n\0junk');
    const expected = { kind: 'text', text: '# GRUB Environment Block\nsaved_entry=1\n' };
    expect(decodeBootEnvironment(block(0n, grub), place)).toEqual(expected);
  });

  it('holds an nvlist, whose version word is big-endian on every host', () => {
    const nvlist = { pairs: [pair('freebsd:bootonce', 'string', 'zfs:tank/ROOT/new:')] };
    expect(decodeBootEnvironment(block(1n, encodeXdr(nvlist)), place)).toEqual({ kind: 'nvlist', nvlist });
  });

  it("holds the command of FreeBSD's older loaders from its first byte", () => {
    const bytes = new Uint8Array(8192);
    bytes.set(text.encode('zfs:tank/ROOT/default:'));
    expect(decodeBootEnvironment(bytes, place)).toEqual({ kind: 'legacy', text: 'zfs:tank/ROOT/default:' });
  });

  it('that says nvlist and is none is an error that names the place of it', () => {
    const damaged = block(1n, Uint8Array.of(9));
    expect(() => decodeBootEnvironment(damaged, place)).toThrow(FormatError);
    expect(() => decodeBootEnvironment(damaged, place)).toThrow(
      'disk0.img @ 0x2008 label 0 > boot environment > nvlist',
    );
  });
});
