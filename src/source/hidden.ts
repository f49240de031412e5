import type { SourceEnds } from './ends.ts';
import { isProtective, looseBootRecord } from './mbr.ts';
import type { HiddenReason, Partition } from './partition.ts';

/** What one copy of a GPT is to Linux. */
export interface GptCopy {
  readonly from: Partition['from'];
  /** Bytes. */
  readonly sectorSize: number;
  /** The first rule that it breaks; null when it is taken. */
  readonly fault: HiddenReason | null;
}

/** Linux gives a disk no more partitions than this. Source: Linux, block/partitions/check.h and core.c, DISK_MAX_PARTS */
const MOST_PARTITIONS = 255;

/**
 * Marks the partitions that Linux makes no device of. One table decides for a disk: the GPT when the boot record has a
 * protective entry and the primary copy keeps every rule, else the boot record when it has no entry of type 0xee. The
 * backup GPT counts for nothing unless the kernel is started with the word `gpt`.
 *
 * Source: Linux 6.1, block/partitions/efi.c, find_valid_gpt, is_gpt_valid, is_pte_valid; msdos.c, msdos_partition;
 * core.c, blk_add_partition; each rule was tried with that kernel
 *
 * @param copies of a GPT that were found, for sectors of any size
 * @param sectorSize bytes a sector of the device
 */
export function markHidden(
  partitions: readonly Partition[],
  copies: readonly GptCopy[],
  ends: SourceEnds,
  sectorSize: number,
): Partition[] {
  const record = looseBootRecord(ends.head);
  const refusal = gptRefusal(record, copies, sectorSize);
  if (refusal === null) {
    const taken = partitions.filter((each) => each.kind === 'gpt' && each.from === 'primary' && isListed(each));
    return partitions.map((each) => {
      if (each.kind === 'gpt' && each.from === 'primary' && !isListed(each)) return { ...each, hidden: 'past-end' };
      return { ...each, hidden: taken.some((other) => covers(other, each)) ? null : 'other-table' };
    });
  }
  const gptOwns = record?.entries.some(isProtective) ?? false;
  const odd = record?.entries.some(({ status }) => status !== 0 && status !== 0x80) ?? false;
  const taken = partitions.filter(
    (each) => each.kind === 'mbr' && record !== null && !gptOwns && !odd && each.sectorSize === sectorSize,
  );
  return partitions.map((each) => {
    if (taken.some((other) => covers(other, each))) return { ...each, hidden: null };
    if (each.kind === 'gpt' || gptOwns) return { ...each, hidden: refusal };
    if (record === null) return { ...each, hidden: 'boot-signature' };
    return { ...each, hidden: odd ? 'boot-indicator' : 'sector-size' };
  });
}

/** Why the GPT of a disk is passed over; null when it is used. */
function gptRefusal(
  record: ReturnType<typeof looseBootRecord>,
  copies: readonly GptCopy[],
  sectorSize: number,
): HiddenReason | null {
  if (record === null) return 'boot-signature';
  if (!record.entries.some((entry) => isProtective(entry) && entry.firstLba === 1)) return 'protective-entry';
  const primary = copies.find((copy) => copy.from === 'primary' && copy.sectorSize === sectorSize);
  if (primary !== undefined) return primary.fault;
  return copies.some((copy) => copy.sectorSize === sectorSize) || copies.length === 0 ? 'no-primary' : 'sector-size';
}

/** An entry that ends behind the disk is left out, unlike one of an MBR, which is cut. */
const isListed = ({ trouble, index }: Partition): boolean => trouble === null && index <= MOST_PARTITIONS;

/** Whether `other` is the same device, perhaps longer: the vdev in it ends where its labels say. */
const covers = (shown: Partition, other: Partition): boolean =>
  shown.offset === other.offset && shown.length >= other.length;
