/** Bytes that tell a format, and what a person can do with a file of it until this library reads it. */
export interface Signature {
  /** What the contract calls a source of it; `raw` for formats it has no word for. */
  readonly kind: 'qcow2' | 'vmdk' | 'vdi' | 'vhdx' | 'raw';
  /** For a sentence: `a qcow2 image`. */
  readonly name: string;
  /** From the start of the file. */
  readonly offset: number;
  /** One character a byte. */
  readonly magic: string;
  /** `{}` stands for the path. */
  readonly advice: string;
  /** Sectors of the disk can stand in the file as they are, so that magics of ZFS in it say nothing. */
  readonly holdsSectors: boolean;
}

/**
 * Sources: QEMU docs/interop/qcow2.rst, parallels.txt and block/vdi.c; VMware Virtual Disk Format 5.0; [MS-VHDX] 2.2; Microsoft VHD
 * specification, "hard disk footer"; libewf, EWF specification; RFC 1952, RFC 8878, xz file format 1.1, APPNOTE.TXT.
 */
export const SIGNATURES: readonly Signature[] = [
  ...disk('qcow2', 'a qcow2 image', 0, 'QFI\xfb\0\0\0\x02', 'QFI\xfb\0\0\0\x03'),
  ...disk('raw', 'a qcow image of version 1', 0, 'QFI\xfb\0\0\0\x01'),
  ...disk('vmdk', 'a VMDK image', 0, 'KDMV\x01\0\0\0', 'KDMV\x02\0\0\0', 'KDMV\x03\0\0\0'),
  ...disk('vmdk', 'an ESX sparse VMDK image', 0, 'COWD\x01\0\0\0'),
  ...disk('vdi', 'a VDI image', 0x40, '\x7f\x10\xda\xbe\x01\0\x01\0'),
  ...disk('vhdx', 'a VHDX image', 0, 'vhdxfile'),
  ...disk('raw', 'a dynamic VHD image', 0, 'conectix'),
  ...disk('raw', 'a QED image', 0, 'QED\0'),
  ...disk('raw', 'a Parallels image', 0, 'WithoutFreeSpace', 'WithouFreSpacExt'),
  {
    kind: 'vmdk',
    name: 'a VMDK descriptor without data',
    offset: 0,
    magic: '# Disk DescriptorFile',
    advice: 'give the extent file that it names (often NAME-flat.vmdk), which is a raw image',
    holdsSectors: false,
  },
  {
    kind: 'raw',
    name: 'an Expert Witness (E01) image',
    offset: 0,
    magic: 'EVF\x09\x0d\x0a\xff\0',
    advice: 'mount it with `ewfmount {} DIR` and give DIR/ewf1, or convert it with `ewfexport -f raw {}`',
    holdsSectors: true,
  },
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

function disk(kind: Signature['kind'], name: string, offset: number, ...magics: string[]): Signature[] {
  const advice =
    'convert it with `qemu-img convert -O raw {} NEW.img`, or attach it with `qemu-nbd -r -c /dev/nbd0 {}`';
  return magics.map((magic) => ({ kind, name, offset, magic, advice, holdsSectors: true }));
}

function packed(name: string, offset: number, magic: string, command: string): Signature {
  const advice = `unpack it first, keeping holes where the tool can: \`${command} {}\``;
  return { kind: 'raw', name, offset, magic, advice, holdsSectors: false };
}

/** Ends a VHD of any kind; the only thing that tells a fixed one from a raw image. All integers are big-endian. */
export const VHD_FOOTER = { bytes: 512, magic: 'conectix', diskTypeAt: 60, fixed: 2 } as const;
