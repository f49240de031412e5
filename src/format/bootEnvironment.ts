import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { BOOT_ENVIRONMENT, BOOT_ENVIRONMENT_VERSIONS, BOOT_HEADER_MAGIC } from './bootEnvironment.layout.ts';
import type { NvList } from './nvlist.ts';
import { decodeText } from './nvlistCursor.ts';
import { decodeWholeNvlist } from './nvlistStream.ts';

/**
 * What a boot loader keeps in a label. `blank` is the block as pools are created, of whatever age; `text` GRUB's environment; `legacy`
 * the command that FreeBSD's loader runs once.
 */
export type BootEnvironment =
  | { readonly kind: 'blank' }
  | { readonly kind: 'text' | 'legacy'; readonly text: string }
  | { readonly kind: 'nvlist'; readonly nvlist: NvList };

/**
 * Decodes a boot environment block. Says nothing about its checksum.
 *
 * @param block 8 KiB
 * @throws FormatError, LimitError when it claims to be an nvlist and is none; FormatError `format-bounds` when too short
 * Source: module/zfs/vdev_label.c, vdev_label_read_bootenv
 */
export function decodeBootEnvironment(block: Uint8Array, place: Place): BootEnvironment {
  const { version, payload } = read(BOOT_ENVIRONMENT, block, false, place);
  if (version === BOOT_ENVIRONMENT_VERSIONS.nvlist) {
    return { kind: 'nvlist', nvlist: decodeWholeNvlist(payload, inside(place, 'nvlist', 8)) };
  }
  if (version === BOOT_ENVIRONMENT_VERSIONS.text) {
    const text = toNul(payload);
    return text === '' ? { kind: 'blank' } : { kind: 'text', text };
  }
  const magics = [version, new DataView(block.buffer, block.byteOffset, 8).getBigUint64(0, true)];
  if (magics.includes(BOOT_HEADER_MAGIC)) return { kind: 'blank' };
  return { kind: 'legacy', text: toNul(block) };
}

function toNul(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return decodeText(nul === -1 ? bytes : bytes.subarray(0, nul));
}
