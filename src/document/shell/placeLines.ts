import { type Raw, raw, sh } from '../../bytes/shellLine.ts';
import type { ImportPlace, MappedPlace } from '../../rewind/importPlace.ts';
import { type Showing, STORE } from '../../rewind/showing.ts';
import { beforeMap, type RemotePlace } from '../../source/network/remotePlace.ts';

type Shown = Pick<Showing, 'place' | 'copy'>;

/** Where the file system can share blocks a copy takes no time and no room until it is written to. */
export function copyLines({ place: { path, part, system }, copy }: Shown): string[] {
  // Only whole files and devices have lines on other systems; what Linux calls sparse they have no option for.
  if (system !== undefined) return [sh`cp ${path} ${copy}`];
  if (part === null) return [sh`cp --sparse=always --reflink=auto ${path} ${copy}`];
  const { start, size } = part;
  const [skip, seek] = [Math.max(start, 0), Math.max(-start, 0)];
  const range = sh`iflag=skip_bytes,count_bytes skip=${skip} count=${size - seek}`;
  const hole = seek === 0 ? '' : sh` oflag=seek_bytes seek=${seek}`;
  return [sh`dd if=${path} of=${copy} bs=1M ${raw(range + hole)} conv=sparse,notrunc && truncate -s ${size} ${copy}`];
}

/** A loop device that shows the vdev: the command whose output is its name. */
export function losetup({ place, copy }: Shown, readOnly: boolean): string {
  const { path, part } = place;
  const range = copy !== '' || part === null ? '' : sh` -o ${Math.max(part.start, 0)} --sizelimit ${sizeOf(part)}`;
  return sh`losetup${raw(readOnly ? ' -r' : '')} -f --show${raw(range)} ${copy === '' ? path : copy}`;
}

const sizeOf = ({ start, size }: { readonly start: number; readonly size: number }): number =>
  size + Math.min(start, 0);

/** A device, or a part of one, as a word of a shell. A part is shown first, and an image where only a block device will do. */
export function shownPlace(place: ImportPlace, takes: 'file' | 'block'): Raw {
  const { path, kind, part } = place;
  const shown = part !== null || (takes === 'block' && kind !== 'block');
  return raw(shown ? `"$(${losetup({ place, copy: '' }, true)})"` : sh`${path}`);
}

/** Lines that copy a place, and what is done to the copy. */
export function copyThen(place: ImportPlace, ...lines: readonly ((copy: string) => string)[]): string[] {
  const copy = `${STORE}/${place.name}`;
  return [...copyLines({ place, copy }), ...lines.map((line) => line(copy))];
}

/** `path@OFFSET+LENGTH`, as this tool takes a part of a file or device. Where a disk image is shown nothing is left of its map. */
export function sliceSpec({ image, mapped, ...place }: ImportPlace): string {
  const named = image === null ? mapped : undefined;
  const { path, part } = named ?? place;
  return `${path}${part === null ? '' : `@${part.start}+${part.size}`}${mapBehind(named, null)}`;
}

const mapBehind = (mapped: MappedPlace | undefined, remote: RemotePlace | null): string =>
  mapped === undefined ? '' : `${beforeMap(remote !== null)}${mapped.map}`;

/**
 * What zfs-uber reads a vdev from, as sources of a command: it opens images itself, and finds what belongs to one.
 */
export function sourceSpecs(vdev: ImportPlace): string[] {
  const { image, root } = vdev;
  const { path, part } = vdev.mapped ?? vdev;
  // A volume is found again where its disks are given together.
  if (image?.format === 'volume') {
    const disks = image.parts.flatMap(({ on }) => (on === null ? [] : sourceSpecs({ ...on, part: null, name: '' })));
    return [...new Set(disks)];
  }
  const { snapshot, shards, pieces } = image ?? { snapshot: null, shards: null, pieces: [] };
  const { start, size } = part ?? { start: 0, size: null };
  const place = part === null && root === undefined ? '' : `@${start}${size === null ? '' : `+${size}`}`;
  const from = root === undefined ? '' : `?root=${start + root}`;
  // What is in a snapshot is found again too.
  const within =
    snapshot === null ? `${place}${from}${mapBehind(vdev.mapped, image?.remote ?? null)}` : `#snapshot=${snapshot}`;
  const spec = `${image?.path ?? path}${within}`;
  const folders = (shards?.globs ?? []).map((glob) => glob.replace(/\/[^/]*$/, ''));
  return [[spec, ...folders].join('?shards='), ...(shards === null ? [] : pieces)];
}
