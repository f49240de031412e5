import type { ChecksumWords, ZfsUberError } from '../bytes/errors.ts';
import type { Txg } from '../bytes/units.ts';
import { alignedSize } from '../format/label.ts';
import type { LabelConfig } from '../format/labelConfig.ts';
import type { NvList } from '../format/nvlist.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { PlacedSignature } from '../source/foreign.ts';
import type { Laid } from '../source/overlaid.ts';
import type { HiddenReason } from '../source/partition.ts';
import type { ByteSource } from '../source/source.ts';

/**
 * What one label's config region is.
 *
 * `empty` all zeros; `absent` the source is too short to have it there; `bad-checksum` the checksum fails (it may
 * decode all the same); `malformed` the checksum holds and the content does not decode; `unreadable` read error.
 */
export type LabelStatus = 'ok' | 'bad-checksum' | 'empty' | 'malformed' | 'unreadable' | 'absent';

/** What the boot environment block of a label holds. */
export interface BootEnvironmentSurvey {
  readonly status: LabelStatus;
  /** `blank` is the block as every pool is created; `text` GRUB's environment; `nvlist`; `legacy` FreeBSD's bootonce. */
  readonly kind: 'blank' | 'text' | 'nvlist' | 'legacy' | null;
  readonly trouble: ZfsUberError | null;
}

/**
 * What one slot of an uberblock ring is.
 *
 * `valid` magic and checksum; `mmp` valid, and in the slot reserved for multihost heartbeats; `empty` all zeros;
 * `template` what a fresh label leaves: txg 0 at slot 0 and a trailer over the whole ring in the last slot (old ZFS:
 * txg 0 in every slot); `checksum` carries the magic and fails its checksum; `torn` fails with others in one 4 KiB sector
 * of an otherwise whole ring, or holds one end of a write or parts of two; `unreadable` read error; `foreign` valid, but
 * surely of another pool than the label's; `garbage` neither magic nor zeros.
 */
export type SlotState =
  | 'valid'
  | 'mmp'
  | 'empty'
  | 'template'
  | 'checksum'
  | 'torn'
  | 'unreadable'
  | 'foreign'
  | 'garbage';

export interface SlotSurvey {
  readonly index: number;
  /** Byte offset in the source. */
  readonly offset: number;
  readonly state: SlotState;
  /** Decoded wherever the magic is there, whatever the checksum says. */
  readonly uberblock: Uberblock | null;
  /** Why the state is not `valid`, where there is more to say than the state; names place, expected and found. */
  readonly trouble: ZfsUberError | null;
}

export interface RingSurvey {
  /** Bytes: 1024, 2048, 4096 or 8192. */
  readonly slotSize: number;
  /** From this device's label (its own or another of the four), or found by trying which size makes slots verify. */
  readonly slotSizeFrom: 'label' | 'inferred' | 'assumed';
  readonly slots: readonly SlotSurvey[];
}

/** Bytes that were read in one piece, and what they sum up to. */
export interface ReadSum {
  /** Byte offset in the source. */
  readonly offset: number;
  readonly length: number;
  readonly sha256: ChecksumWords;
}

export interface LabelSurvey {
  /** 0 to 3. */
  readonly index: number;
  /** Byte offset in the source. */
  readonly offset: number;
  readonly status: LabelStatus;
  /** Why the status is not `ok`. */
  readonly trouble: ZfsUberError | null;
  /** As far as it decodes, also when the checksum fails. */
  readonly nvlist: NvList | null;
  readonly config: LabelConfig | null;
  /** Null where nobody asked for it: nothing but what boots from the device needs it. */
  readonly bootEnvironment: BootEnvironmentSurvey | null;
  /** Null when the label is absent. */
  readonly ring: RingSurvey | null;
  /** Of config and ring together; null where not every byte of them could be read, and where nobody asked for it. */
  readonly sum: ReadSum | null;
}

/** A vdev that was found by its labels, which stand elsewhere than the size of its source says. */
export interface DeviceShift {
  /** The file or device that the vdev lies in. */
  readonly path: string;
  /** Bytes of it. */
  readonly pathSize: number;
  /** Byte of it where the vdev begins; negative when so much of the vdev's front is not there. */
  readonly start: number;
  /** Byte of it where the vdev was looked for first. */
  readonly expected: number;
  /** What begins there; null for the file or device itself. */
  readonly expectedBy: string | null;
  /** That is a partition. */
  readonly inPartition: boolean;
}

/** Whether the vdev, of `size` bytes, is the file or device itself, and only a part of that was given. */
export const fillsPath = ({ start, pathSize }: DeviceShift, size: number): boolean =>
  start === 0 && size === alignedSize(pathSize);

/** A vdev that the system has no device of, which then has to be shown by hand. */
export interface HiddenVdev {
  /** `no-table`: no table lists it. */
  readonly reason: HiddenReason | 'no-table';
  /** The file or device that it lies in. */
  readonly path: string;
  /** Bytes of `path`; before it when negative. */
  readonly start: number;
  /** Bytes. */
  readonly length: number;
  /** `partition 1`; null without a table. */
  readonly name: string | null;
}

/** Where a vdev lies, and what else has signed that place. */
export interface DeviceSignatures {
  /** The file or device that it lies in. */
  readonly path: string;
  /** Bytes of `path`. */
  readonly start: number;
  readonly length: number;
  /** Not all of `path`. */
  readonly part: boolean;
  /** `path` is a block device. */
  readonly block: boolean;
  readonly found: readonly PlacedSignature[];
}

/** Labels that a device does not have, made of a root that was found on it. */
export interface RootedLabels {
  /** Byte of the vdev where the meta-object set begins that is the root. */
  readonly at: number;
  readonly txg: Txg;
  /** The device as it is. */
  readonly bare: ByteSource;
  /** The labels: what is read of the device is read with them. */
  readonly laid: readonly Laid[];
}

/** All that the label regions of one device say. */
export interface DeviceSurvey {
  readonly source: ByteSource;
  /** `source.size` rounded down to 256 KiB: what the places of labels 2 and 3 are counted from. */
  readonly alignedSize: number;
  /** Always four, index 0 to 3. */
  readonly labels: readonly LabelSurvey[];
  /**
   * The most trustworthy config of the pool that the first sound label names: checksum holds, then highest txg, then
   * lowest index; null when none decodes.
   */
  readonly config: LabelConfig | null;
  /** Null where the vdev begins and ends as its source does. */
  readonly shift: DeviceShift | null;
  /** Null where the system has, or would have of an image, a device that is the vdev. */
  readonly hidden: HiddenVdev | null;
  /** What else than ZFS has signed it, or the disk around it; null where that was not looked for. */
  readonly signed: DeviceSignatures | null;
  /** Its labels are none that are on it; absent for those that are. */
  readonly rooted?: RootedLabels;
}
