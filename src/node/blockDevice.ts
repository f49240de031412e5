import { LimitError } from '../bytes/errors.ts';
import { majorOf, minorOf } from './deviceNumber.ts';
import type { FileHost, ReadHandle } from './fileHost.ts';
import { isFull } from './openFiles.ts';

/** What the kernel says of a block device. */
export interface BlockGeometry {
  /** Bytes; null when the kernel does not say. */
  readonly size: number | null;
  /** Bytes a logical sector: reads begin and end on such. */
  readonly sectorSize: number;
  /** The disk it lies on, `8:0`, and where there: the device itself at 0 unless it is a partition. */
  readonly disk: string;
  readonly diskOffset: number;
}

/** Sizes and starts in /sys are in these, whatever the logical sector is. Source: Linux Documentation/ABI/stable/sysfs-block */
const SYSFS_SECTOR = 512;

/**
 * Geometry from /sys. Nothing there (another system, a container without /sys) gives no size and sectors of 4096
 * bytes, which every device can be read in.
 *
 * @param rdev device number as `stat` gives it
 */
export async function blockGeometry(host: FileHost, rdev: bigint): Promise<BlockGeometry> {
  const own = `${majorOf(rdev)}:${minorOf(rdev)}`;
  const base = `/sys/dev/block/${own}`;
  // One after the other: other devices are asked at the same time, and open files may be few.
  const size = await readNumber(host, `${base}/size`);
  const sector = await readNumber(host, `${base}/queue/logical_block_size`);
  const diskSector = await readNumber(host, `${base}/../queue/logical_block_size`);
  const start = await readNumber(host, `${base}/start`);
  const disk = await readLine(host, `${base}/../dev`);
  const sectorSize = sector ?? diskSector ?? 4096;
  const partition = start !== null && disk !== null;
  return {
    size: size === null ? null : size * SYSFS_SECTOR,
    sectorSize: isSectorSize(sectorSize) ? sectorSize : 4096,
    disk: partition ? disk : own,
    diskOffset: partition ? start * SYSFS_SECTOR : 0,
  };
}

/** What the maker of a device has written on it; null where the kernel does not say. */
export interface DeviceIdentity {
  readonly model: string | null;
  readonly serial: string | null;
  readonly wwid: string | null;
}

/** @param disk device number, `8:0` */
export async function deviceIdentity(host: FileHost, disk: string): Promise<DeviceIdentity> {
  const base = `/sys/dev/block/${disk}`;
  const model = await readLine(host, `${base}/device/model`);
  const serial = await readLine(host, `${base}/device/serial`);
  const wwid = (await readLine(host, `${base}/device/wwid`)) ?? (await readLine(host, `${base}/wwid`));
  return { model, serial, wwid };
}

/**
 * Partitions of a disk that the kernel has made devices of.
 *
 * @param disk device number, `8:0`
 * @returns by the byte where each begins, its number; null where /sys does not say, as of a device of the device mapper
 * Source: Linux Documentation/ABI/stable/sysfs-block
 */
export async function shownPartitions(host: FileHost, disk: string): Promise<ReadonlyMap<number, number> | null> {
  const base = `/sys/dev/block/${disk}`;
  const names = await host.list(base).catch((error: unknown) => {
    if (error instanceof Error && 'syscall' in error && !isFull(error)) return null;
    throw error;
  });
  // What kpartx makes of a multipath device are devices of their own, not partitions of it.
  if (names === null || names.includes('dm')) return null;
  const shown = new Map<number, number>();
  // Of what a disk has there, only its partitions end in a digit.
  for (const name of names.filter((each) => /[0-9]$/.test(each))) {
    const number = await readNumber(host, `${base}/${name}/partition`);
    const start = await readNumber(host, `${base}/${name}/start`);
    if (number !== null && start !== null) shown.set(start * SYSFS_SECTOR, number);
  }
  return shown;
}

/**
 * The size of a device by reading: doubles until nothing comes, then halves the gap; about 60 reads of one sector.
 * Unreadable sectors count as there.
 *
 * @throws LimitError when there is no end below 2^53
 */
export async function measureByReading(handle: ReadHandle, sectorSize: number, name: string): Promise<number> {
  const buffer = new Uint8Array(sectorSize);
  const has = async (sector: number): Promise<boolean> => {
    try {
      return (await handle.read(buffer, 0, sectorSize, sector * sectorSize)).bytesRead > 0;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EIO') return true;
      throw error;
    }
  };
  const most = Math.floor(Number.MAX_SAFE_INTEGER / sectorSize);
  if (!(await has(0))) return 0;
  let there = 0;
  let gone = 1;
  while (await has(gone)) {
    there = gone;
    gone *= 2;
    if (gone >= most)
      throw new LimitError('the device has no end below 2^53 bytes', { source: name, offset: 0, path: [] });
  }
  while (gone - there > 1) {
    const middle = Math.floor((there + gone) / 2);
    if (await has(middle)) there = middle;
    else gone = middle;
  }
  return gone * sectorSize;
}

const isSectorSize = (size: number): boolean => size >= 512 && size <= 65536 && Number.isInteger(Math.log2(size));

async function readNumber(host: FileHost, path: string): Promise<number | null> {
  const line = await readLine(host, path);
  if (line === null || !/^[0-9]{1,13}$/.test(line)) return null;
  return Number(line);
}

/** A file of /sys that is not there says that the device has no such property. */
async function readLine(host: FileHost, path: string): Promise<string | null> {
  try {
    return (await host.readText(path)).trim();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && !isFull(error)) return null;
    throw error;
  }
}
