import { sourceHandles } from '../document/handles.ts';
import type { DiskImage, OpenedSource } from '../node/openedSource.ts';
import type { System } from '../node/systems.ts';
import { type DeviceSignatures, fillsPath, type HiddenVdev } from '../pool/survey.ts';
import {
  type ImportPlace,
  isAttached,
  isOnNbd,
  MAPPED,
  type MappedPart,
  type MappedPlace,
  NBD,
  type PlacedImage,
  wholePlace,
} from '../rewind/importPlace.ts';
import { STORE } from '../rewind/showing.ts';
import { type Partition, partitionName } from '../source/partition.ts';
import { absolutePath as absolutePathOf, SYSTEM } from './host.ts';

/**
 * Where each source of a scan lies, for the commands: by absolute path, so that they work from any folder. Null where no
 * command shows it: bytes that a program handed in; what lies in several files on a network.
 */
export function importPlaces(
  opened: readonly OpenedSource[],
  system: System = SYSTEM,
): Map<OpenedSource, ImportPlace | null> {
  const handles = sourceHandles(opened.map(({ path }) => path));
  const images = new Map<string, PlacedImage>();
  return new Map(
    opened.map((each, index) => {
      const name = `zu-${handles[index]}`;
      const { disk, madeOf } = each;
      const shown = disk === null || disk.origin === 'path' || (disk.origin !== 'given' && madeOf.length === 0);
      const place = shown ? placeOf(each, name, imageOf(each, name, images), system) : null;
      const rooted = place === null || each.root === undefined ? place : { ...place, root: each.root };
      return [each, rooted === null ? null : onSystem({ ...rooted, ...mappedPlace(each) }, system)];
    }),
  );
}

const RAW = {
  format: 'raw',
  snapshot: null,
  pieces: [],
  shards: null,
  grown: null,
  byQemu: 'writes',
  parts: [],
} as const;

/** QEMU opens no image of which a file is missing, whatever lies in the others. */
function isShownByQemu({ disk, troubles }: OpenedSource): boolean {
  const { format, byQemu } = disk?.image ?? RAW;
  const needsAll = format === 'qcow2' || format === 'vmdk';
  return byQemu !== 'shows-none' && !(needsAll && troubles.some(({ code }) => code === 'needs-file'));
}

/** All parts of the disk in an image are seen where the image is opened, once. */
function imageOf(opened: OpenedSource, name: string, images: Map<string, PlacedImage>): PlacedImage | null {
  const { image = null, origin = 'path' } = opened.disk ?? {};
  const remote = typeof origin === 'string' ? null : origin;
  const path =
    remote === null ? absolutePath(opened) : remote.kind === 'nbd' ? remote.uri : (remote.url ?? remote.shown);
  if (image === null && remote === null) return null;
  const { format, snapshot, pieces, shards, grown, byQemu, parts } = image ?? RAW;
  const mapped = parts.map((part, at) => mappedPart(part, `${name}p${at}`, images));
  const key = format === 'volume' ? (opened.disk?.id ?? path) : `${path}#${snapshot}`;
  const number = [...images.values()].filter(isOnNbd).length;
  const fetched = format === 'raw' && (remote?.kind !== 'nbd' || remote.tls);
  const inParts = format === 'pieces' || format === 'shards' || format === 'ewf';
  const copied = fetched || inParts || byQemu === 'reads' || snapshot !== null;
  const device = format === 'volume' ? `${MAPPED}/${name}` : `${NBD}${number}`;
  const shownAt = copied ? `${STORE}/${name}.raw` : device;
  const placed = images.get(key) ?? {
    path,
    remote,
    format,
    snapshot,
    pieces: pieces.map((each) => absolutePathOf(each)),
    parts: mapped,
    isShown: isShownByQemu(opened),
    grown,
    shards: shards && { ...shards, globs: shards.globs.map((each) => absolutePathOf(each)) },
    name,
    shownAt,
  };
  images.set(key, placed);
  return placed;
}

function mappedPart(
  { length, on }: DiskImage['parts'][number],
  name: string,
  images: Map<string, PlacedImage>,
): MappedPart {
  if (on === null || on.opened.disk === null) return { length, on: null };
  const image = imageOf(on.opened, name, images);
  const path = image?.shownAt ?? absolutePath(on.opened);
  const block = image === null ? on.opened.disk.block : isAttached(image);
  const whole = { ...on.opened, offset: 0, size: on.opened.disk.source.size };
  return { length, on: { path, kind: block ? 'block' : 'file', offset: on.offset, image, ...mappedPlace(whole) } };
}

/** A map is of the whole disk, whatever the system calls its partitions. */
function mappedPlace(opened: OpenedSource): { readonly mapped?: MappedPlace } {
  const { disk, bundle, shift, offset, size } = opened;
  if (disk === null || disk.map === null) return {};
  const start = shift?.start ?? offset;
  const part = start === 0 && size === disk.source.size ? null : { start, size };
  return { mapped: { path: absolutePath(opened), part, map: bundle === null ? absolutePathOf(disk.map) : disk.map } };
}

/** What another system than Linux has no lines for has no place. */
function onSystem(place: ImportPlace, system: System): ImportPlace | null {
  if (system === 'linux') return place;
  const { image, part, kind } = place;
  const none = image !== null || part !== null || (system === 'windows' && kind === 'file');
  return none ? null : { ...place, system };
}

function placeOf(opened: OpenedSource, name: string, image: PlacedImage | null, system: System): ImportPlace {
  const { kind, offset, size, partition, disk, shift } = opened;
  const whole = image?.shownAt ?? absolutePath(opened);
  const block = image === null ? disk?.block || kind === 'block' : isAttached(image);
  const is = block ? 'block' : 'file';
  if (shift !== null) {
    if (fillsPath(shift, size)) return wholePlace(whole, is, name, image);
    return { path: whole, kind: is, part: { start: shift.start, size }, image, name };
  }
  const named = partition === null || image !== null ? null : partitionPath(whole, partition, system);
  if (named !== null && is === 'block' && partition?.hidden === null) return wholePlace(named, is, name);
  // Where a volume begins is told by where its first part does.
  const begins = offset === 0 || image?.format === 'volume';
  const fills = partition === null && begins && (disk === null || size === disk.source.size);
  if (fills) return wholePlace(whole, is, name, image);
  return { path: whole, kind: is, part: { start: offset, size }, image, name };
}

/** Of what a bundle stands for, where it was on the host on which the bundle was made. */
const absolutePath = ({ path, bundle }: OpenedSource): string => bundle?.absolutePath ?? absolutePathOf(path);

/**
 * The system's name for a partition: `/dev/sdb1`, `/dev/nvme0n1p1`, `/dev/disk/by-id/ata-X-part1`; FreeBSD `/dev/da0p1`, in
 * an MBR `/dev/da0s1`; macOS `/dev/disk2s1`. Null where it has no name that is known here.
 *
 * Source: Linux, block/partitions/core.c, add_partition; systemd, rules.d/60-persistent-storage.rules; FreeBSD, gpart(8)
 */
function partitionPath(disk: string, { index, kind }: Partition, system: System): string | null {
  if (system === 'freebsd')
    return kind === 'gpt' || kind === 'mbr' ? `${disk}${kind === 'gpt' ? 'p' : 's'}${index}` : null;
  if (system === 'darwin') return `${disk.replace('/dev/rdisk', '/dev/disk')}s${index}`;
  if (system !== 'linux') return null;
  if (/^\/dev\/(disk\/by-[^/]+|mapper)\//.test(disk)) return `${disk}-part${index}`;
  return `${disk}${/\d$/.test(disk) ? 'p' : ''}${index}`;
}

/** Where a vdev lies that the system has no device of; null where it has one, or is given the image of one. */
export function hiddenVdev({ path, partition, shift, offset, size }: OpenedSource): HiddenVdev | null {
  const place = { path, start: offset, length: size };
  if (shift !== null) return fillsPath(shift, size) ? null : { ...place, reason: 'no-table', name: null };
  const reason = partition?.hidden ?? null;
  return partition === null || reason === null ? null : { ...place, reason, name: partitionName(partition) };
}

/** Where a source lies, and what else than ZFS has signed that place. */
export function signaturesOf(opened: OpenedSource): DeviceSignatures {
  const { offset, size, disk, foreign } = opened;
  const whole = disk === null || (offset === 0 && size === disk.source.size);
  return {
    path: absolutePath(opened),
    start: offset,
    length: size,
    part: !whole,
    block: disk?.block ?? false,
    found: foreign,
  };
}
