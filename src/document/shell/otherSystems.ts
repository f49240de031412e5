import { raw, sh } from '../../bytes/shellLine.ts';
import { loopNumber } from '../../rewind/showing.ts';
import type { System } from '../../rewind/systems.ts';

interface LoopLines {
  /** Shows a whole file as a disk, at `shown`. */
  readonly show: (file: string, shown: string, readOnly: boolean) => string;
  readonly detach: (shown: string, file: string) => string;
}

/**
 * How a file is shown as a disk where there is no `losetup`. Numbers are chosen so high that nobody has them.
 *
 * Source: FreeBSD, mdconfig(8); macOS, hdiutil(1); illumos, lofiadm(8)
 */
export const LOOPS: Readonly<Record<Exclude<System, 'linux' | 'windows'>, LoopLines>> = {
  freebsd: {
    show: (file, shown, readOnly) =>
      sh`mdconfig -a -t vnode${raw(readOnly ? ' -o readonly' : '')} -u ${loopNumber(shown)} -f ${file}`,
    detach: (shown) => sh`mdconfig -d -u ${loopNumber(shown)}`,
  },
  darwin: {
    show: (file, shown, readOnly) => {
      const attach = sh`hdiutil attach -imagekey diskimage-class=CRawDiskImage -nomount${raw(readOnly ? ' -readonly' : '')} ${file}`;
      return sh`ln -s "$(${raw(attach)} | awk '{print $1; exit}')" ${shown}`;
    },
    detach: (shown) => sh`hdiutil detach "$(readlink ${shown})"; rm ${shown}`,
  },
  illumos: {
    show: (file, shown, readOnly) => sh`lofiadm${raw(readOnly ? ' -r' : '')} -a ${file} ${shown}`,
    detach: (shown) => sh`lofiadm -d ${shown}`,
  },
};
