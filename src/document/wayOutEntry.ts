import type { WayOut } from '../rewind/waysOut.ts';
import { commandEntries } from './commandEntries.ts';
import type { WayOutEntry } from './recommendation.types.ts';
import type { SourceIndexOf } from './sourceEntry.ts';
import { shellStepEntry } from './stepEntry.ts';

export function wayOutEntry(
  {
    kind,
    txg,
    parameters,
    readOnly,
    readWrite,
    withoutLog,
    steps,
    verdict,
    risks,
    tops,
    devices,
    metadataErrors,
  }: WayOut,
  sourceIndexOf: SourceIndexOf,
): WayOutEntry {
  const indexes = devices?.flatMap((device) => sourceIndexOf(device) ?? []).sort((a, b) => a - b);
  return {
    kind,
    txg: txg.toString(),
    verdict,
    parameters: parameters.map(({ name, value }) => ({ name, value })),
    onFreeBsd: parameters.map(({ name, value }) => `sysctl ${onFreeBsd(name)}=${value}`),
    steps: steps.map(shellStepEntry),
    ...commandEntries({ readOnly, readWrite }),
    ...(withoutLog && readOnly.length > 0 ? { withoutLog } : {}),
    risks,
    tops,
    ...(indexes === undefined ? {} : { sources: indexes }),
    metadataErrors,
  };
}

/** `zfs_x` is `vfs.zfs.x`, `spa_x` `vfs.zfs.spa.x`. Source: module/os/freebsd/zfs/sysctl_os.c */
const onFreeBsd = (name: string): string => `vfs.zfs.${name.replace(/^zfs_/, '').replace(/^spa_/, 'spa.')}`;
