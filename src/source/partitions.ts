import { FormatError } from '../bytes/errors.ts';
import { readDisklabels } from './disklabel.ts';
import { readEnds, type SourceEnds } from './ends.ts';
import { readGpt } from './gpt.ts';
import { markHidden } from './hidden.ts';
import { protectiveSectors, readMbr } from './mbr.ts';
import type { PartitionTables } from './partition.ts';
import type { ByteSource } from './source.ts';

export type { HiddenReason, Partition, PartitionTables } from './partition.ts';

export interface FindOptions {
  /** Bytes a sector of an MBR, which does not say so itself; 512 when not given. */
  readonly mbrSectorSize?: number;
  /** Bytes a sector of the device, where it says so; else the 512 that `losetup` gives an image are meant. */
  readonly sectorSize?: number;
  /** Of the same source, where they were read already. */
  readonly ends?: SourceEnds;
  readonly signal?: AbortSignal;
}

/**
 * All partitions that any table of the source names: GPT first, then MBR entries that are not the same extents (a
 * hybrid MBR repeats some; a disk made over by an old tool carries both, one of them stale).
 *
 * Then the slices of BSD labels and of Solaris, on the disk or in such a partition.
 *
 * Reads at most 16 KiB at the ends, the GPT entries (16 KiB as a rule), and a sector for each logical partition and for
 * each that may hold slices.
 *
 * @returns what is readable; each thing wrong is a trouble. A source without tables gives nothing of either.
 */
export async function findPartitions(source: ByteSource, options: FindOptions = {}): Promise<PartitionTables> {
  const { mbrSectorSize = 512, sectorSize = 512, signal } = options;
  const ends = options.ends ?? (await readEnds(source, signal));
  const protectedSectors = protectiveSectors(ends.head);
  const gpt = await readGpt(source, ends, protectedSectors, signal);
  const mbr = await readMbr(source, ends.head, mbrSectorSize, signal);
  const outer = [...gpt.partitions, ...mbr.partitions];
  const slices = await readDisklabels(source, ends, outer, mbrSectorSize, signal);
  const marked = markHidden([...outer, ...slices], gpt.copies, ends, sectorSize);
  const offsets = new Set(gpt.partitions.map(({ offset }) => offset));
  const partitions = marked.filter(({ kind, offset }) => kind !== 'mbr' || !offsets.has(offset));
  const cut = slices.flatMap(({ trouble }) => trouble ?? []);
  const troubles = [...ends.troubles, ...gpt.troubles, ...mbr.troubles, ...cut];
  if (protectedSectors !== null && gpt.partitions.length === 0 && gpt.troubles.length === 0) {
    const place = { source: source.name, offset: 0, path: ['MBR'] };
    const found = 'no table at either end of the source';
    troubles.push(new FormatError('format-magic', 'protective entry', 'a GPT', found, place));
  }
  return { partitions, troubles };
}
