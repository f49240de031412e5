import { isInside, PRIMARY } from './disklabel.ts';
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
 * backup GPT counts for nothing unless the kernel is started with the word `gpt`. Slices are looked for in partitions of
 * the boot record, by their type, and in sector 0 where that is a Sun label.
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
  const outer = refusal === null ? byGpt(partitions) : byBootRecord(partitions, record, refusal, sectorSize);
  const reasonOf: Reason = (each) => {
    if (isOfDisk(each) || outer(each) === null) return outer(each);
    // A Sun label has its own magic where a boot record has 55 aa, so that no other table but a GPT can stand beside it.
    if (each.within === null) return each.kind === 'bsd' ? 'no-label' : refusal === null ? 'other-table' : null;
    const holder = partitions.find((other) => isOfDisk(other) && other.offset === each.within);
    if (holder?.kind !== 'mbr' || holder.index > PRIMARY) return 'no-label';
    return each.kind === 'bsd' && !isInside(each, holder) ? 'no-label' : outer(holder);
  };
  return partitions.map((each) => ({ ...each, hidden: reasonOf(each) }));
}

/** What tables of the disk list, not those inside a partition. */
const isOfDisk = ({ kind }: Partition): boolean => kind === 'gpt' || kind === 'mbr';

type Reason = (partition: Partition) => HiddenReason | null;

function byGpt(partitions: readonly Partition[]): Reason {
  const own = ({ kind, from }: Partition): boolean => kind === 'gpt' && from === 'primary';
  const taken = partitions.filter((each) => own(each) && isListed(each));
  return (each) => {
    if (own(each) && !isListed(each)) return 'past-end';
    return taken.some((other) => covers(other, each)) ? null : 'other-table';
  };
}

function byBootRecord(
  partitions: readonly Partition[],
  record: ReturnType<typeof looseBootRecord>,
  refusal: HiddenReason,
  sectorSize: number,
): Reason {
  const gptOwns = record?.entries.some(isProtective) ?? false;
  const odd = record?.entries.some(({ status }) => status !== 0 && status !== 0x80) ?? false;
  const counts = record !== null && !gptOwns && !odd;
  const taken = partitions.filter((each) => each.kind === 'mbr' && counts && each.sectorSize === sectorSize);
  return (each) => {
    if (taken.some((other) => covers(other, each))) return null;
    if (each.kind === 'gpt' || gptOwns) return refusal;
    if (record === null) return 'boot-signature';
    return odd ? 'boot-indicator' : 'sector-size';
  };
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
