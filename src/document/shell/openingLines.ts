import { type Raw, raw, sh } from '../../bytes/shellLine.ts';
import { CONTAINERS } from '../../rewind/findings/containers.ts';
import type { ImportPlace } from '../../rewind/importPlace.ts';
import type { ForeignKind } from '../../source/foreign.ts';
import { copyThen, shownPlace } from './placeLines.ts';

/**
 * Lines that make the device that is inside.
 *
 * Source: cryptsetup(8), geli(8), gmirror(8), mdconfig(8), mdadm(8), vgchange(8), lvs(8), integritysetup(8); Linux,
 * Documentation/admin-guide/bcache.rst
 */
export function openingLines(container: ForeignKind, place: ImportPlace): string[] {
  const { name, kind, path } = place;
  const takes = CONTAINERS[container].takes === 'file' ? 'file' : 'block';
  const device = shownPlace(place, takes);
  switch (container) {
    case 'luks':
      return [sh`cryptsetup open --readonly ${device} ${name}`];
    case 'bitlocker':
      return [sh`cryptsetup open --type bitlk --readonly ${device} ${name}`];
    case 'geli':
      return [sh`geli attach -r ${kind === 'block' ? raw(sh`${path}`) : memoryDisk(path)}`];
    case 'geom':
      return [...(kind === 'block' ? [] : [memoryDiskLine(path)]), 'gmirror load'];
    case 'md':
    case 'firmware-raid':
      return [sh`mdadm --assemble --readonly --run /dev/md127 ${device}`];
    case 'lvm':
      return [sh`d=${device}; vgchange -ay $(pvs --noheadings -o vg_name "$d")`, 'lvs --noheadings -o lv_path'];
    case 'bcache':
      return copyThen(place, (copy) => sh`echo "$(losetup -f --show ${copy})" > /sys/fs/bcache/register`);
    case 'integrity':
      return copyThen(place, (copy) => sh`integritysetup open "$(losetup -f --show ${copy})" ${name}`);
    default:
      return [];
  }
}

const memoryDiskLine = (path: string): string => sh`mdconfig -a -t vnode -o readonly -f ${path}`;
const memoryDisk = (path: string): Raw => raw(`"$(${memoryDiskLine(path)})"`);
