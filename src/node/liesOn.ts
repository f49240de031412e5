import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { deviceFolder, deviceNumber, majorOf } from './deviceNumber.ts';
import { systemPath } from './systemPath.ts';

/** What is asked of `stat`; a link was followed. */
export interface Looked {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly rdev: bigint;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
}

/** What the system says of files and of devices that stand on one another. Nothing here is a word about a path that is not there. */
export interface SystemView {
  stat(path: string): Looked | null;
  /** The path without links; null where it is not there. */
  real(path: string): string | null;
  text(path: string): string | null;
  list(path: string): readonly string[];
}

export const SYSTEM_VIEW: SystemView = {
  stat: (path) => orNull(() => statSync(systemPath(path), { bigint: true, throwIfNoEntry: false })) ?? null,
  real: (path) => orNull(() => realpathSync(systemPath(path), 'utf8')),
  text: (path) => orNull(() => readFileSync(path, 'utf8')),
  list: (path) => orNull(() => readdirSync(path)) ?? [],
};

/** What cannot be looked at cannot be written to either. */
function orNull<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}

/**
 * Whether what is written to `output`, a path that need not be there yet, changes a source: it is that very file or
 * device, by whatever name, or lies in a file system on it, also by way of loop devices, partitions of an image, and
 * devices of the device mapper and md. A file system on another partition of a device is not on that device: nothing of it
 * is where a vdev is.
 */
export function liesOn(output: string, source: string, view: SystemView = SYSTEM_VIEW): boolean {
  const is = view.stat(source);
  if (is === null) return false;
  const changed = changedBy(output, view);
  return sourceKeys(is, view).some((key) => changed.has(key));
}

const fileKey = ({ dev, ino }: Looked): string => `file ${dev}:${ino}`;
const deviceKey = (rdev: bigint): string => `device ${rdev}`;

/** A loop device has the bytes of its file. */
function sourceKeys(is: Looked, view: SystemView): string[] {
  // Disks of BSD systems are character devices.
  if (!is.isBlockDevice()) return [fileKey(is), ...(is.isCharacterDevice() ? [deviceKey(is.rdev)] : [])];
  const behind = backingFile(deviceFolder(is.rdev), view);
  return [fileKey(is), deviceKey(is.rdev), ...(behind === null ? [] : [fileKey(behind)])];
}

/** Files and devices of which some byte changes when `output` is written. */
function changedBy(output: string, view: SystemView): ReadonlySet<string> {
  const changed = new Set<string>();
  const there = view.stat(output);
  const around = there ?? view.stat(dirname(resolve(output)));
  if (there !== null) changed.add(fileKey(there));
  const waiting = around === null ? [] : [fileSystemDevice(output, around, view)];
  for (let device = waiting.pop(); device !== undefined; device = waiting.pop()) {
    const key = deviceKey(device);
    if (changed.has(key)) continue;
    changed.add(key);
    const folder = deviceFolder(device);
    for (const name of view.list(`${folder}/slaves`)) waiting.push(...numberIn(`${folder}/slaves/${name}/dev`, view));
    const isPart = view.text(`${folder}/partition`) !== null;
    // The disk around a partition is another source; the file that this disk is, is changed as a whole.
    const behind = backingFile(isPart ? `${folder}/..` : folder, view);
    if (behind === null) continue;
    changed.add(fileKey(behind));
    waiting.push(behind.dev);
  }
  return changed;
}

/** Some file systems (Btrfs) have numbers of their own for what they lie on: the table of mounts has the device. */
function fileSystemDevice(output: string, { dev }: Looked, view: SystemView): bigint {
  if (majorOf(dev) !== 0n) return dev;
  const path = view.real(output) ?? view.real(dirname(resolve(output)));
  let mounted: { readonly at: string; readonly from: string } | null = null;
  for (const line of (path === null ? null : view.text('/proc/self/mountinfo'))?.split('\n') ?? []) {
    const [, at, from] = MOUNT.exec(line) ?? [];
    if (path === null || at === undefined || from === undefined) continue;
    const point = unescaped(at);
    const holds = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`);
    if (holds && point.length >= (mounted?.at.length ?? 0)) mounted = { at: point, from: unescaped(from) };
  }
  const device = mounted?.from.startsWith('/') ? view.stat(mounted.from) : null;
  return device?.isBlockDevice() ? device.rdev : dev;
}

/** Source: proc_pid_mountinfo(5): the mount point is the fifth field, the source the second behind the dash. */
const MOUNT = /^\S+ \S+ \S+ \S+ (\S+) .* - \S+ (\S+)/;

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The file of a loop device. Source: Linux, drivers/block/loop.c, loop_attr_backing_file_show */
function backingFile(folder: string, view: SystemView): Looked | null {
  const path = view.text(`${folder}/loop/backing_file`);
  return path === null ? null : view.stat(path.replace(/\n$/, ''));
}

function numberIn(path: string, view: SystemView): bigint[] {
  const [, major, minor] = /^(\d{1,9}):(\d{1,9})\s*$/.exec(view.text(path) ?? '') ?? [];
  return major === undefined || minor === undefined ? [] : [deviceNumber(BigInt(major), BigInt(minor))];
}
