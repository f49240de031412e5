export type { System } from '../rewind/systems.ts';

import type { System } from '../rewind/systems.ts';

const SYSTEMS: Readonly<Record<string, System>> = {
  freebsd: 'freebsd',
  darwin: 'darwin',
  sunos: 'illumos',
  win32: 'windows',
};

/** @param platform as Node calls it. Any other one is taken for Linux: what it has not of that says nothing. */
export const systemOf = (platform: string): System => SYSTEMS[platform] ?? 'linux';

/** `\\\\.\\PhysicalDrive0`. Source: Microsoft, CreateFile, "Physical Disks and Volumes" */
export const isWindowsDisk = (system: System, path: string): boolean =>
  system === 'windows' && /^\\\\[.?]\\(PhysicalDrive\d+|Harddisk\d+Partition\d+)$/i.test(path);
