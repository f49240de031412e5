import type { Container } from '../source/containers.ts';
import type { FoundVdevs, VdevWindow } from '../source/findVdevs.ts';
import type { Partition } from '../source/partitions.ts';
import { type ByteSource, SourceError } from '../source/source.ts';
import type { ComposedFile } from './composed.ts';
import type { DiskImage, OpenedSource, SourceDisk } from './openedSource.ts';
import type { Target } from './target.ts';

/** Where the config of label 0 ends: less than this holds nothing of a vdev. */
export const SHORTEST = 128 * 1024;

/** What the kernel has made devices of decides: it may have been told otherwise, or not have looked. */
export function asShown(found: FoundVdevs, shown: ReadonlyMap<number, number>): FoundVdevs {
  const windows = found.windows.map((window) => {
    const { partition } = window;
    if (partition === null) return window;
    const index = shown.get(partition.offset);
    const told = index === undefined ? { hidden: partition.hidden ?? 'no-device' } : { hidden: null, index };
    return { ...window, partition: { ...partition, ...told } };
  });
  return { ...found, windows };
}

export function windowEntries(file: ComposedFile, { path, image }: Target, found: FoundVdevs): OpenedSource[] {
  const remote = typeof file.origin === 'string' ? null : file.origin.kind;
  const whole = found.container ?? remote ?? (file.block ? 'block' : 'raw');
  // Without a trace every partition is offered, but not those too small for anything.
  const offered = found.traced
    ? found.windows
    : found.windows.filter(({ partition, source }) => partition === null || source.size >= SHORTEST);
  const disk = { ...diskOf(file, found, image), kept: found.kept };
  const entries = offered.map(({ partition, offset, source, foreign }) => ({
    ...entryOf(path, partition === null ? whole : kindOf(partition), offset, source, partition, disk),
    foreign,
  }));
  const [first, ...others] = entries;
  if (first === undefined) return [];
  const toldByOthers = new Set(others.flatMap(({ troubles }) => troubles));
  const rest = found.troubles.filter((trouble) => !toldByOthers.has(trouble));
  return [{ ...first, troubles: [...new Set([...first.troubles, ...rest])] }, ...others];
}

/** A slice of a label inside a partition is one as if it had been named. */
const kindOf = ({ kind }: Partition): OpenedSource['kind'] => (kind === 'gpt' || kind === 'mbr' ? kind : 'slice');

/** An entry that can be read, unless it is so short that there is nothing to read. */
export function entryOf(
  path: string,
  kind: OpenedSource['kind'],
  offset: number,
  source: ByteSource,
  partition: VdevWindow['partition'],
  disk: SourceDisk | null,
): OpenedSource {
  const trouble = partition?.trouble ?? null;
  const error = source.size < SHORTEST ? (trouble ?? tooShort(path, offset, source.size)) : null;
  const troubles = trouble === null ? [] : [trouble];
  const known = {
    path,
    kind,
    offset,
    size: source.size,
    error,
    partition,
    shift: null,
    bundle: null,
    foreign: [],
    troubles,
    madeOf: [],
  };
  const open = error === null ? { source, disk } : { source: null, disk: null };
  return { ...known, ...open, close: nothingToClose };
}

export const diskOf = (
  { disk: id, diskOffset, block, sectorSize, origin, pieces, shards, grown }: ComposedFile,
  { disk: source, container, byQemu }: Pick<FoundVdevs, 'disk' | 'container' | 'byQemu'>,
  named: Target['image'],
): SourceDisk => ({
  source,
  block,
  sectorSize: container === null || container === 'raw' ? sectorSize : null,
  origin,
  image: imageOf(container, { snapshot: named?.snapshot ?? null, byQemu, pieces, shards, grown }),
  map: named?.map ?? null,
  kept: null,
  id,
  offset: diskOffset,
});

function imageOf(container: Container['kind'] | null, file: Omit<DiskImage, 'format' | 'parts'>): DiskImage | null {
  const { pieces, shards, grown } = file;
  if (container !== null && container !== 'raw') return { format: container, ...file, parts: [] };
  const inParts = shards !== null || pieces.length > 0 || grown !== null;
  return inParts ? { format: shards === null ? 'pieces' : 'shards', ...file, parts: [] } : null;
}

function tooShort(path: string, offset: number, size: number): SourceError {
  const message = `${size} ${size === 1 ? 'byte is' : 'bytes are'} too few to hold a ZFS label (256 KiB, four on a vdev)`;
  return new SourceError('source-short', message, { source: path, offset, path: [] });
}

export const nothingToClose = async (): Promise<void> => undefined;
