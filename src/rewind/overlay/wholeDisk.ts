import type { Guid } from '../../bytes/units.ts';
import type { GptRefusal, RestoredGpt } from '../../source/restoredGpt.ts';
import { type DiskPart, restoreGpt } from '../../source/restoredGpt.ts';
import type { ByteSource } from '../../source/source.ts';
import type { OverlayDevice, Patch } from './plan.ts';

/** What an overlay is laid over: the vdev, or the disk that it is a part of. */
export interface OverlayExtent {
  readonly source: ByteSource;
  /** Of `source`, by offset; none overlaps another. */
  readonly patches: readonly Patch[];
  /** Where the vdev lies in `source`; null where it is all of it. */
  readonly vdev: DiskPart | null;
}

/** A disk with a vdev that is a part of it. */
export interface HoldingDisk {
  readonly source: ByteSource;
  /** Bytes a logical sector; null where nothing says so. */
  readonly sectorSize: number | null;
  readonly vdev: DiskPart;
  /** Other vdevs of the plan lie on it too. */
  readonly shared: boolean;
}

/** The overlay of the vdev alone. */
export const vdevExtent = ({ device, patches }: OverlayDevice): OverlayExtent => ({
  source: device.rooted?.bare ?? device.source,
  patches,
  vdev: null,
});

/**
 * The overlay of the whole disk, with a partition table where its own is damaged or lost: what is patched in the vdev is
 * patched there, and nothing else beside the table.
 *
 * @returns null where the disk has a table that counts
 */
export async function wholeDiskExtent(
  { leaf, patches }: OverlayDevice,
  { source, sectorSize, vdev, shared }: HoldingDisk,
  pool: Guid,
  signal?: AbortSignal,
): Promise<OverlayExtent | GptRefusal | null> {
  const { guid, type } = leaf.config;
  const restored = await restoreGpt(source, vdev, { sectorSize, guids: { pool, vdev: guid }, signal });
  if (restored === null || typeof restored === 'string') return restored;
  if (shared) return 'several-vdevs';
  if (type === 'file') return 'file-vdev';
  const moved = patches.map((patch) => ({ ...patch, offset: vdev.start + patch.offset }));
  const all = [...moved, ...tablePatches(restored)].sort((a, b) => a.offset - b.offset);
  return { source, patches: all, vdev };
}

function tablePatches({ from, bootRecord, tables }: RestoredGpt): Patch[] {
  const why = from === 'backup' ? 'gpt-restored' : 'gpt-made';
  return [
    ...(bootRecord === null ? [] : [{ ...bootRecord, why: 'boot-record' as const }]),
    ...tables.map((laid) => ({ ...laid, why }) as const),
  ];
}
