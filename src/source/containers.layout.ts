/** Formats of disk images that are read here. */
export type ImageFormat = 'qcow2' | 'vmdk' | 'vdi' | 'vhd' | 'vhdx' | 'ewf';

/** Bytes that tell a format. */
export interface Signature {
  /** What the contract calls a source of it; `raw` for formats it has no word for. */
  readonly kind: ImageFormat | 'raw';
  /** For a sentence: `a qcow2 image`. */
  readonly name: string;
  /** From the start of the file; from its end where it is negative. */
  readonly offset: number;
  /** One character a byte. */
  readonly magic: string;
  /** What a person can do with a file of it, where it is not read here; `{}` stands for the path. */
  readonly advice: string | null;
  /** Null where it is not read here. */
  readonly format: ImageFormat | null;
  /** Sectors of the disk can stand in the file as they are, so that magics of ZFS in it say nothing. */
  readonly holdsSectors: boolean;
}

/**
 * Sources: QEMU docs/interop/qcow2.rst, parallels.txt and block/vdi.c; VMware Virtual Disk Format 5.0; [MS-VHDX] 2.2; Microsoft VHD
 * specification, "hard disk footer"; libewf, EWF and EWF2 specifications; AFFLIB, lib/afflib.h; QEMU block/dmg.c; Ceph,
 * doc/dev/rbd-export.rst; AFF4 Standard v1.0; RFC 1952, RFC 8878, xz file format 1.1, APPNOTE.TXT.
 */
export const SIGNATURES: readonly Signature[] = [
  ...disk('qcow2', 'a qcow2 image', 0, 'QFI\xfb\0\0\0\x02', 'QFI\xfb\0\0\0\x03'),
  ...foreign('a qcow image of version 1', 0, 'QFI\xfb\0\0\0\x01'),
  ...disk('vmdk', 'a VMDK image', 0, 'KDMV\x01\0\0\0', 'KDMV\x02\0\0\0', 'KDMV\x03\0\0\0'),
  ...disk('vmdk', 'an ESX sparse VMDK image', 0, 'COWD\x01\0\0\0', '\xbe\xba\xfe\xca\0\0\0\0\x01\0\0\0\x02\0\0\0'),
  ...disk('vmdk', 'a VMDK descriptor', 0, '# Disk DescriptorFile'),
  ...disk('vdi', 'a VDI image', 0x40, '\x7f\x10\xda\xbe\x01\0\x01\0'),
  ...disk('vhdx', 'a VHDX image', 0, 'vhdxfile'),
  ...disk('vhd', 'a dynamic VHD image', 0, 'conectix'),
  ...disk('ewf', 'an Expert Witness (E01) image', 0, 'EVF\x09\x0d\x0a\xff\0'),
  ...foreign('a QED image', 0, 'QED\0'),
  ...foreign('an Apple disk image (DMG)', -512, 'koly\0\0\0\x04'),
  ...exported('an Ex01 image (EnCase 7)', 0, 'try `ewfexport -u -f raw -t NEW {}` of libewf, or', 'EVF2\x0d\x0a\x81\0'),
  ...exported('an AFF image', 0, 'show it as a raw one with `affuse {} FOLDER` of afflib, or', 'AFF10\x0d\x0a\0'),
  // The first entry of the zip archive that it is.
  ...exported(
    'an AFF4 image',
    30,
    'see what is in it with `unzip -l {}`, show it as a raw one with a program that knows AFF4, or',
    'container.description',
  ),
  ...exported(
    'an export of Ceph (rbd export --export-format 2)',
    0,
    'import it into a cluster with `rbd import --export-format 2 {} NAME` and attach that with `rbd-nbd`, or',
    'rbd image v2\n',
  ),
  ...foreign('a Parallels image', 0, 'WithoutFreeSpace', 'WithouFreSpacExt'),
  packed('compressed with gzip', 0, '\x1f\x8b\x08', 'gunzip -k'),
  // Block mode with codes of 16 bits, which every `compress` writes.
  packed('compressed with compress', 0, '\x1f\x9d\x90', 'gunzip -k'),
  packed('compressed with zstd', 0, '\x28\xb5\x2f\xfd', 'zstd -d'),
  packed('compressed with xz', 0, '\xfd7zXZ\0', 'xz -dk'),
  // Behind `BZh` and the level.
  packed('compressed with bzip2', 4, '1AY&SY', 'bunzip2 -k'),
  packed('compressed with lz4', 0, '\x04\x22\x4d\x18', 'lz4 -d'),
  packed('a 7z archive', 0, '7z\xbc\xaf\x27\x1c', '7z x'),
  packed('a zip archive', 0, 'PK\x03\x04', 'unzip'),
  packed('a tar archive', 257, 'ustar', 'tar -xSf'),
];

function disk(kind: ImageFormat, name: string, offset: number, ...magics: string[]): Signature[] {
  return magics.map((magic) => ({ kind, name, offset, magic, advice: null, format: kind, holdsSectors: true }));
}

function foreign(name: string, offset: number, ...magics: string[]): Signature[] {
  const advice =
    'convert it with `qemu-img convert -O raw {} NEW.img`, or attach it with `qemu-nbd -r -c /dev/nbd0 {}`';
  return magics.map((magic) => ({ kind: 'raw', name, offset, magic, advice, format: null, holdsSectors: true }));
}

function exported(name: string, offset: number, first: string, magic: string): Signature[] {
  const advice = `${first} export it again as a raw image`;
  return [{ kind: 'raw', name, offset, magic, advice, format: null, holdsSectors: true }];
}

function packed(name: string, offset: number, magic: string, command: string): Signature {
  const advice = `unpack it first, keeping holes where the tool can: \`${command} {}\``;
  return { kind: 'raw', name, offset, magic, advice, format: null, holdsSectors: false };
}
