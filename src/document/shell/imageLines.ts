import { raw, sh } from '../../bytes/shellLine.ts';
import { shellWord } from '../../bytes/shellWord.ts';
import { SECTOR } from '../../bytes/units.ts';
import { isAttached, isOnNbd, type MappedPart, type PlacedImage } from '../../rewind/importPlace.ts';
import { STORE } from '../../rewind/showing.ts';
import type { RemotePlace } from '../../source/network/remotePlace.ts';

/** What qemu calls a format where it is not called so here. */
const QEMU_NAMES: Partial<Record<PlacedImage['format'], string>> = { vhd: 'vpc' };

/**
 * Lines that make the disks visible that are in images, or on a network: through a network block device, or by a copy where there is none
 * that reads the format.
 *
 * Source: qemu-nbd(8), qemu-img(1), ewfexport(1)
 */
export function openImageLines(images: readonly PlacedImage[], readOnly: boolean): string[] {
  const attached = images.filter(isOnNbd);
  return [
    ...(attached.length === 0 ? [] : [`modprobe nbd nbds_max=${Math.max(16, attached.length)} max_part=0`]),
    ...images.flatMap((image) => openLinesOf(image, readOnly)),
  ];
}

/** What a server has is opened there where it can be, and fetched where it cannot. */
function openLinesOf(image: PlacedImage, readOnly: boolean): string[] {
  const { remote, format, shownAt, name } = image;
  if (format === 'volume') return [volumeLine(image, readOnly)];
  if (remote === null) {
    const join = joinLine(image);
    if (join === null) return [openLine(image, readOnly)];
    return isJoined(image) ? [join] : [join, openLine({ ...image, path: joinedAt(image) }, readOnly)];
  }
  const opens = remote.kind === 'nbd' && !remote.tls;
  if (opens && format !== 'ewf') return [openLine(image, readOnly)];
  const file = format === 'raw' ? shownAt : `${STORE}/${name}.${format}`;
  const fetch = fetchLine(remote, file, name);
  return format === 'raw' ? [fetch] : [fetch, openLine({ ...image, path: file }, readOnly)];
}

/** Source: curl(1), nbdcopy(1); POSIX, XCU 2.6.2: an address that is not to be printed is asked for */
function fetchLine(remote: RemotePlace, file: string, name: string): string {
  if (remote.kind === 'nbd') return sh`nbdcopy ${remote.uri} ${file}`;
  if (remote.url !== null) return sh`curl -fL -o ${file} ${remote.url}`;
  const asked = `"\${${name.replace(/[^a-z0-9]/gi, '_')}:?set it to the whole address of this source}"`;
  return sh`curl -fL -o ${file} ${raw(asked)}`;
}

function openLine(image: PlacedImage, readOnly: boolean): string {
  const { path, format, snapshot, shownAt } = image;
  // ewfexport puts the ending itself.
  if (format === 'ewf') return sh`ewfexport -q -u -f raw -t ${shownAt.replace(/\.raw$/, '')} ${path}`;
  const name = QEMU_NAMES[format] ?? format;
  if (snapshot !== null) return sh`qemu-img convert -f ${name} -l ${snapshot} -O raw ${path} ${shownAt}`;
  if (!isAttached(image)) return sh`qemu-img convert -f ${name} -O raw ${path} ${shownAt}`;
  return sh`qemu-nbd${raw(readOnly ? ' -r' : '')} -f ${name} -c ${shownAt} ${path}`;
}

/** The disk is the file that its parts make. */
const isJoined = ({ format }: PlacedImage): boolean => format === 'pieces' || format === 'shards';

const joinedAt = (image: PlacedImage): string =>
  isJoined(image) ? image.shownAt : `${STORE}/${image.name}.${image.format}`;

/** Null for a file that lies in one piece. */
function joinLine(image: PlacedImage): string | null {
  const { path, pieces, shards, grown } = image;
  const to = joinedAt(image);
  const grow = grown === null ? '' : sh`truncate -s ${grown} ${to}`;
  if (shards !== null) return [shardsLine(image, shards), grow].filter((line) => line !== '').join('; ');
  if (pieces.length === 0 && grown === null) return null;
  const copy = pieces.length === 0 ? sh`cp --sparse=always ${path} ${to}` : sh`cat ${path} ${pieces} > ${to}`;
  return [copy, grow].filter((line) => line !== '').join('; ');
}

/** Each shard goes to its place, which its name ends in; where none is, the copy has a hole. */
function shardsLine(image: PlacedImage, { each, whole, globs }: NonNullable<PlacedImage['shards']>): string {
  const { path, pieces } = image;
  const to = joinedAt(image);
  const place = raw(`seek=$((\${f##*.} * ${each}))`);
  const put = sh`dd if="$f" of=${to} bs=1M oflag=seek_bytes ${place} conv=notrunc,sparse status=none`;
  const parts = raw(
    [...pieces.map((each) => shellWord(each)), ...globs.map((glob) => `${shellWord(glob)}.[1-9]*`)].join(' '),
  );
  return sh`cp --sparse=always ${path} ${to}; for f in ${parts}; do ${raw(put)}; done; truncate -s ${whole} ${to}`;
}

/**
 * The device mapper puts the parts of a volume together. What lies on a disk that is not there gives an error.
 *
 * Source: dmsetup(8), losetup(8); Linux, Documentation/admin-guide/device-mapper/linear.rst
 */
function volumeLine({ parts, name }: PlacedImage, readOnly: boolean): string {
  const only = raw(readOnly ? ' -r' : '');
  const disks = [...new Set(parts.flatMap(({ on }) => on?.path ?? []))];
  const loops = disks.flatMap((path, at) =>
    parts.some(({ on }) => on?.path === path && on.kind === 'file')
      ? [sh`d${at}=$(losetup${only} -f --show ${path})`]
      : [sh`d${at}=$(readlink -f ${path})`],
  );
  const table = raw(
    mappedLines(parts, disks)
      .map((line) => `"${line}"`)
      .join(' '),
  );
  return sh`${raw(loops.join('; '))}; printf '%s\\n' ${table} | dmsetup create${only} ${name}`;
}

function mappedLines(parts: readonly MappedPart[], disks: readonly string[]): string[] {
  let at = 0;
  return parts.map(({ length, on }) => {
    const [start, count] = [at / SECTOR, length / SECTOR];
    at += length;
    if (on === null) return `${start} ${count} error`;
    return `${start} ${count} linear $d${disks.indexOf(on.path)} ${on.offset / SECTOR}`;
  });
}

/** Takes away what shows the disk in an image. What a mapping alone holds goes with it. */
export function closeImageLine({ shownAt, format, name }: PlacedImage): string {
  if (format !== 'volume') return sh`qemu-nbd -d ${shownAt}`;
  return sh`l=$(dmsetup deps -o devname ${name} | grep -o 'loop[0-9]*'); dmsetup remove ${name}; for d in $l; do losetup -d /dev/$d; done`;
}
