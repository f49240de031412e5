import type { ZfsUberError } from '../bytes/errors.ts';
import type { DeviceShift } from '../pool/survey.ts';
import type { ImageFormat } from '../source/containers.layout.ts';
import type { Container } from '../source/containers.ts';
import type { PlacedSignature } from '../source/foreign.ts';
import type { ByQemu, KeptHashes } from '../source/images/imageFile.ts';
import type { RemotePlace } from '../source/network/remotePlace.ts';
import type { Partition } from '../source/partitions.ts';
import type { ByteSource } from '../source/source.ts';
import type { BundleOrigin } from './bundledDisks.ts';
import type { FoundShards } from './composed.ts';

/** One source of a command: a vdev, or what may be one, or the reason why there is nothing to read. */
export interface OpenedSource {
  /** As given, or the path of the file inside a given directory. Raw text. */
  readonly path: string;
  readonly kind: Container['kind'] | 'block' | 'nbd' | 'http' | 'gpt' | 'mbr' | 'slice';
  /** Bytes in the path where `source` begins. */
  readonly offset: number;
  /** Bytes of `source`; without one, of the file as far as known, or 0. */
  readonly size: number;
  /** Null exactly when there is an error. */
  readonly source: ByteSource | null;
  readonly error: ZfsUberError | null;
  readonly partition: Partition | null;
  /** What it is a part of; null exactly when there is an error. */
  readonly disk: SourceDisk | null;
  /** Set when it was found by labels that stand elsewhere than the size of the source, partition or slice says. */
  readonly shift: DeviceShift | null;
  /** Byte of `source` where the root lies of which its labels are to be made; absent for those that are there. */
  readonly root?: number;
  /** The bundle that stands for the device; null where that is there itself. */
  readonly bundle: BundleOrigin | null;
  /** What else than ZFS has signed it, or the disk around it. */
  readonly foreign: readonly PlacedSignature[];
  /** Partition tables that are damaged, partitions that pass the end. Those of a disk are told by its first entry. */
  readonly troubles: readonly ZfsUberError[];
  /** Paths of the files that it is made of besides: parents, segments, pieces, a map of what was read. */
  readonly madeOf: readonly string[];
  /** The file is closed with the last entry of it. */
  close(): Promise<void>;
}

/** How a file holds a disk that it is not itself. */
export interface DiskImage {
  readonly format: ImageFormat | 'pieces' | 'shards' | 'volume';
  readonly snapshot: string | null;
  /** Paths of the further pieces of a split image, or of the shards of a file of GlusterFS. */
  readonly pieces: readonly string[];
  /** Null where the file lies in no shards of GlusterFS. */
  readonly shards: FoundShards | null;
  /** Bytes of the disk where the file is a copy that ends before; null where it does not. */
  readonly grown: number | null;
  readonly byQemu: ByQemu;
  /** Of a volume of LVM, in order and without gaps, each with what it lies on and the byte of the disk there; else empty. */
  readonly parts: readonly { readonly length: number; readonly on: VolumeDisk | null }[];
}

/** What a part of a volume lies on. */
export interface VolumeDisk {
  readonly opened: OpenedSource;
  /** Bytes in its disk. */
  readonly offset: number;
}

/** The file or device, or the disk inside a file, that an entry is all or a part of. */
export interface SourceDisk {
  readonly source: ByteSource;
  readonly block: boolean;
  /** Bytes a logical sector; null where nothing says so, as of every image. */
  readonly sectorSize: number | null;
  /** Where the file or device is; `given` where a program handed its bytes in. */
  readonly origin: 'path' | 'given' | RemotePlace;
  /** The form in which the file holds the disk; null where the file is the disk. */
  readonly image: DiskImage | null;
  /** Map of ddrescue that it was named with; null where there is none, or one that was found. */
  readonly map: string | null;
  /** What the image keeps of its own bytes; null where it keeps nothing. */
  readonly kept: KeptHashes | null;
  /** The same for two paths that lead to the same bytes, of which `offset` says where these begin. */
  readonly id: string;
  readonly offset: number;
}
