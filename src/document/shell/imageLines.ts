import { raw, sh } from '../../bytes/shellLine.ts';
import { isAttached, type PlacedImage } from '../../rewind/importPlace.ts';

/** What qemu calls a format where it is not called so here. */
const QEMU_NAMES: Partial<Record<PlacedImage['format'], string>> = { vhd: 'vpc' };

/**
 * Lines that make the disks visible that are in images: through a network block device, or by a copy where there is none
 * that reads the format.
 *
 * Source: qemu-nbd(8), qemu-img(1), ewfexport(1)
 */
export function openImageLines(images: readonly PlacedImage[], readOnly: boolean): string[] {
  const attached = images.filter(isAttached);
  return [
    ...(attached.length === 0 ? [] : [`modprobe nbd nbds_max=${Math.max(16, attached.length)} max_part=0`]),
    ...images.map((image) => openLine(image, readOnly)),
  ];
}

function openLine(image: PlacedImage, readOnly: boolean): string {
  const { path, format, snapshot, pieces, shownAt } = image;
  if (format === 'pieces') return sh`cat ${path} ${pieces} > ${shownAt}`;
  // ewfexport puts the ending itself.
  if (format === 'ewf') return sh`ewfexport -q -u -f raw -t ${shownAt.replace(/\.raw$/, '')} ${path}`;
  const name = QEMU_NAMES[format] ?? format;
  if (snapshot !== null) return sh`qemu-img convert -f ${name} -l ${snapshot} -O raw ${path} ${shownAt}`;
  return sh`qemu-nbd${raw(readOnly ? ' -r' : '')} -f ${name} -c ${shownAt} ${path}`;
}
