import { sh } from '../../bytes/shellLine.ts';
import type { Parameter } from '../../rewind/parameter.ts';
import type { System } from '../../rewind/systems.ts';

/** `zfs_x` is `vfs.zfs.x`, `spa_x` `vfs.zfs.spa.x`. Source: module/os/freebsd/zfs/sysctl_os.c */
const freeBsdName = (name: string): string => `vfs.zfs.${name.replace(/^zfs_/, '').replace(/^spa_/, 'spa.')}`;

/** Source: Linux, module/zfs/spa.c, ZFS_MODULE_PARAM. Of the other systems no way is known that the running OpenZFS hears of. */
const LINES: Readonly<Record<System, ((name: string, value: string) => string) | null>> = {
  linux: (name, value) => sh`echo ${value} > ${`/sys/module/zfs/parameters/${name}`}`,
  freebsd: (name, value) => sh`sysctl ${`${freeBsdName(name)}=${value}`}`,
  darwin: null,
  illumos: null,
  windows: null,
};

/** Lines that set parameters of OpenZFS's module, as root; none on a system where no such line is known. */
export function parameterLines(parameters: readonly Pick<Parameter, 'name' | 'value'>[], system: System): string[] {
  const line = LINES[system];
  return line === null ? [] : parameters.map(({ name, value }) => line(name, value));
}
