import type { ImageFormat } from '../source/containers.layout.ts';
import type { RemotePlace } from '../source/network/remotePlace.ts';
import type { System } from './systems.ts';

/** What holds a disk that the system does not see, and where the disk is seen once it is open. */
export interface PlacedImage {
  /** Absolute; an address where it is on a network. */
  readonly path: string;
  /** Null for a file or device of the system. */
  readonly remote: RemotePlace | null;
  /** `raw` only on a network; `volume` for one that the device mapper makes of parts. */
  readonly format: ImageFormat | 'pieces' | 'shards' | 'volume' | 'raw';
  /** Of an internal snapshot; null for the present state. */
  readonly snapshot: string | null;
  /** The further pieces of a split image, in order, or given shards of GlusterFS; else empty. */
  readonly pieces: readonly string[];
  /** Bytes of each shard and of the whole file, and what the paths of those begin with that are in folders; null where it lies in none. */
  readonly shards: { readonly each: number; readonly whole: number; readonly globs: readonly string[] } | null;
  /** Bytes of the disk where the file is a copy that ends before; null where it does not. */
  readonly grown: number | null;
  /** Of a volume, in order and without gaps; else empty. */
  readonly parts: readonly MappedPart[];
  /** False where no program of the system shows the disk in it, or one shows another. */
  readonly isShown: boolean;
  /** What has to be made for it is named so. */
  readonly name: string;
  /** Block device or file that shows the disk. */
  readonly shownAt: string;
}

/** A part of a volume, in bytes. */
export interface MappedPart {
  readonly length: number;
  /** Null where nobody knows what stands there. */
  readonly on: {
    readonly path: string;
    readonly kind: 'block' | 'file';
    readonly offset: number;
    /** The disk image that has to be opened first, for `path` to be there; null for none. */
    readonly image: PlacedImage | null;
    readonly mapped?: MappedPlace;
  } | null;
}

/** Where a network block device shows a disk. */
export const NBD = '/dev/nbd';
/** Where the device mapper shows what it makes. */
export const MAPPED = '/dev/mapper';

/** Seen by a device of the system, and there until it is taken away; other images are copied. */
export const isAttached = ({ shownAt }: PlacedImage): boolean => isOnNbd({ shownAt }) || shownAt.startsWith(MAPPED);

/** Seen by a network block device. */
export const isOnNbd = ({ shownAt }: Pick<PlacedImage, 'shownAt'>): boolean => shownAt.startsWith(NBD);

/** Where a vdev lies, and what of that the system shows by itself. */
export interface ImportPlace {
  /** Absolute path of the file or block device that the vdev is, or is a part of. */
  readonly path: string;
  readonly kind: 'block' | 'file';
  /** The part of it that the vdev is, in bytes; null where it is all of it. A negative start: so much of the front is not there. */
  readonly part: { readonly start: number; readonly size: number } | null;
  /** The disk image that has to be opened first, for `path` to be there; null for none. */
  readonly image: PlacedImage | null;
  /** Byte of the vdev where the root lies that its labels are made of, which are not on it; absent for those that are. */
  readonly root?: number;
  /** As zfs-uber has to be told of it to read it with the map of ddrescue that it was named with; absent where there is none. */
  readonly mapped?: MappedPlace;
  /** What has to be made to show it is named so: no other source of the scan has it, no shell and no file system minds it. */
  readonly name: string;
  /** That the lines are for; absent for Linux. */
  readonly system?: System;
}

export interface MappedPlace extends Pick<ImportPlace, 'path' | 'part'> {
  /** Path of the map. */
  readonly map: string;
}

/** A file or block device that the vdev is all of. */
export const wholePlace = (
  path: string,
  kind: ImportPlace['kind'],
  name: string,
  image: PlacedImage | null = null,
): ImportPlace => ({
  path,
  kind,
  part: null,
  image,
  name,
});
