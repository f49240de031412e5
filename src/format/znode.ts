import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import type { SaValues } from './sa.ts';
import { ZNODE } from './znode.layout.ts';

/** What a filesystem says of one of its files. Null where it does not. */
export interface Znode {
  /** Object of the directory that it was last linked into. */
  readonly parent: bigint | null;
  /** File type and permissions as stat gives them. */
  readonly mode: bigint | null;
  /** Bytes. */
  readonly size: bigint | null;
  readonly links: bigint | null;
  /** Directory of its extended attributes. */
  readonly xattr: bigint | null;
  /** Seconds since 1970. */
  readonly modificationTime: bigint | null;
}

/** @throws FormatError `format-bounds` below 144 bytes */
export function decodeZnode(bonus: Uint8Array, littleEndian: boolean, place: Place): Znode {
  const { parent, mode, size, links, xattr, modificationTime } = read(ZNODE, bonus, littleEndian, place);
  return {
    parent,
    mode,
    size,
    links,
    xattr: xattr === 0n ? null : xattr,
    modificationTime: modificationTime[0] ?? null,
  };
}

/** The same from system attributes. Source: module/zfs/zfs_sa.c, zfs_attr_table. */
export function znodeOfAttributes({ values, littleEndian }: SaValues): Znode {
  const word = (name: string): bigint | null => {
    const bytes = values.get(name);
    if (bytes === undefined || bytes.length < 8) return null;
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, littleEndian);
  };
  return {
    parent: word('ZPL_PARENT'),
    mode: word('ZPL_MODE'),
    size: word('ZPL_SIZE'),
    links: word('ZPL_LINKS'),
    xattr: word('ZPL_XATTR'),
    modificationTime: word('ZPL_MTIME'),
  };
}
