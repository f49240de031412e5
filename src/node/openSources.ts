import { StoppedError, UnsupportedError, UsageError, ZfsUberError } from '../bytes/errors.ts';
import type { DeviceShift } from '../pool/survey.ts';
import { isBundle } from '../source/bundle/bundleFile.ts';
import type { ImageFormat } from '../source/containers.layout.ts';
import type { Container } from '../source/containers.ts';
import { type FoundVdevs, findVdevs, type VdevWindow } from '../source/findVdevs.ts';
import { findForeign, type PlacedSignature, placed } from '../source/foreign.ts';
import { NO_SIBLINGS, type Siblings } from '../source/images/siblings.ts';
import type { Partition } from '../source/partitions.ts';
import { type ByteSource, SourceError, slice } from '../source/source.ts';
import { vanishing } from '../source/vanishing.ts';
import { shownPartitions } from './blockDevice.ts';
import { mapBounded } from './bounded.ts';
import type { BundleOrigin } from './bundledDisks.ts';
import { type ComposedFile, composed } from './composed.ts';
import { expandSpecs, noImages, type Target } from './expandSpecs.ts';
import { FILE_HOST, type FileHost } from './fileHost.ts';
import { type FileSource, openFileSource } from './fileSource.ts';
import { type HandlePool, handlePool } from './handlePool.ts';
import { sourcesAtATime } from './openFiles.ts';
import type { SourceRecorder } from './recorder.ts';
import { type FolderSiblings, siblingsOf } from './siblings.ts';

/** One source of a command: a vdev, or what may be one, or the reason why there is nothing to read. */
export interface OpenedSource {
  /** As given, or the path of the file inside a given directory. Raw text. */
  readonly path: string;
  readonly kind: Container['kind'] | 'block' | 'gpt' | 'mbr' | 'slice';
  /** Bytes in the path where `source` begins. */
  readonly offset: number;
  /** Bytes of `source`; without one, of the file as far as known, or 0. */
  readonly size: number;
  /** Null exactly when there is an error. */
  readonly source: ByteSource | null;
  readonly error: ZfsUberError | null;
  readonly partition: Partition | null;
  /** What it is a part of; null exactly when there is an error. */
  readonly disk: SourceDisk | null;
  /** Set when it was found by labels that stand elsewhere than the size of the source, partition or slice says. */
  readonly shift: DeviceShift | null;
  /** The bundle that stands for the device; null where that is there itself. */
  readonly bundle: BundleOrigin | null;
  /** What else than ZFS has signed it, or the disk around it. */
  readonly foreign: readonly PlacedSignature[];
  /** Partition tables that are damaged, partitions that pass the end. Those of a disk are told by its first entry. */
  readonly troubles: readonly ZfsUberError[];
  /** Paths of the files that it is made of besides: parents, segments, pieces, a map of what was read. */
  readonly madeOf: readonly string[];
  /** The file is closed with the last entry of it. */
  close(): Promise<void>;
}

/** How a file holds a disk that it is not itself. */
export interface DiskImage {
  readonly format: ImageFormat | 'pieces';
  readonly snapshot: string | null;
  /** Paths of the further pieces of a split image. */
  readonly pieces: readonly string[];
}

/** The file or device, or the disk inside a file, that an entry is all or a part of. */
export interface SourceDisk {
  readonly source: ByteSource;
  readonly block: boolean;
  /** The form in which the file holds the disk; null where the file is the disk. */
  readonly image: DiskImage | null;
  /** The same for two paths that lead to the same bytes, of which `offset` says where these begin. */
  readonly id: string;
  readonly offset: number;
}

export interface OpenOptions {
  readonly pool?: HandlePool;
  readonly signal?: AbortSignal;
  /** Takes all that is read of the sources. */
  readonly recorder?: SourceRecorder | undefined;
}

/** Files probed at a time. */
const CONCURRENT = 16;
/** Where the config of label 0 ends: less than this holds nothing of a vdev. */
const SHORTEST = 128 * 1024;
/** No vdev is smaller, so a smaller file without any trace was never one. Source: include/sys/vdev_impl.h, SPA_MINDEVSIZE */
const SMALLEST_VDEV = 64 * 1024 * 1024;

/** One target after opening; `key` is the same for entries that begin at the same bytes. */
interface Opened {
  readonly target: Target;
  /** The file; null when it was not opened. */
  readonly disk: string | null;
  /** Files that it is made of besides. */
  readonly parts: readonly string[];
  readonly entries: readonly { readonly key: string; readonly entry: OpenedSource }[];
}

/**
 * Opens what was named: devices, images, `path@OFFSET+LENGTH`, directories of images. A disk with partitions gives
 * those that look like vdevs, and the whole disk where it does too. What is named twice is opened once.
 *
 * In a directory, files without any trace of ZFS that are too small to be a vdev are passed over in silence.
 *
 * @returns in the order of `specs`, files of a directory by name; a thing that cannot be opened, or had no turn before
 *   `options.signal` was aborted, is an entry with its error and does not keep the others away
 */
export async function openSources(specs: readonly string[], options: OpenOptions = {}): Promise<OpenedSource[]> {
  const atATime = Math.min(CONCURRENT, sourcesAtATime());
  const pool = options.pool ?? handlePool(FILE_HOST);
  try {
    const targets = await expandSpecs(pool.host, specs, atATime);
    const { recorder = null, signal } = options;
    const opening = { pool, recorder, signal, given: targets.map(({ path }) => path) };
    const opened = await mapBounded(targets, atATime, (target, order) => openTarget(opening, target, order));
    const parts = new Set(opened.flatMap((each) => each.parts));
    const seen = new Set<string>();
    const entries: OpenedSource[] = [];
    const offered = opened.flatMap(({ disk, entries: own }) =>
      own.map((each) => ({ ...each, part: parts.has(disk ?? '') })),
    );
    const empty = emptyDirectories(opened).map((each) => ({ ...each, part: false }));
    for (const { key, entry, part } of [...offered, ...empty]) {
      if (part || seen.has(key)) await entry.close();
      else entries.push(entry);
      seen.add(key);
    }
    return entries;
  } catch (error) {
    await pool.releaseAll();
    throw error;
  }
}

interface Opening {
  readonly pool: HandlePool;
  /** Paths of all targets. */
  readonly given: readonly string[];
  readonly recorder: SourceRecorder | null;
  readonly signal: AbortSignal | undefined;
}

/** @param order of the target among all */
async function openTarget(opening: Opening, target: Target, order: number): Promise<Opened> {
  const { pool, recorder, signal, given } = opening;
  const failed = (error: ZfsUberError): Opened => {
    recorder?.fail(order, target, error);
    return { target, disk: null, parts: [], entries: [failure(target, error)] };
  };
  if (target.error !== null) return failed(target.error);
  if (signal?.aborted) return failed(stoppedAt(target.path));
  let opened: FileSource | null = null;
  let siblings: FolderSiblings | null = null;
  const closeAll = async (): Promise<void> => {
    await opened?.close();
    await siblings?.close();
  };
  try {
    opened = await openFileSource(target.path, pool);
    siblings = siblingsOf(pool, opened, [target.image?.map ?? [], given].flat());
    const file = { ...opened, read: vanishing(opened).read };
    const keyed =
      target.slice === null && (await isBundle(file, signal))
        ? await bundledEntries(opening, file)
        : await diskEntries(opening, file, siblings, target, order);
    const readable = keyed.some(({ entry }) => entry.source !== null);
    const parts = readable ? siblings.opened : [];
    if (!readable) await closeAll();
    const close = countedClose(closeAll, keyed.length);
    const madeOf = parts.map(({ name }) => name);
    const entries = keyed.map(({ key, entry }) => ({ key, entry: { ...entry, madeOf, close: close() } }));
    return { target, disk: opened.disk, parts: parts.map(({ disk }) => disk), entries };
  } catch (error) {
    await closeAll();
    if (signal?.aborted) return failed(stoppedAt(target.path));
    if (!(error instanceof ZfsUberError) || error instanceof UsageError) throw error;
    if (target.directory !== null && isEmptyFile(error)) return { target, disk: null, parts: [], entries: [] };
    return { ...failed(error), disk: opened?.disk ?? null };
  }
}

async function diskEntries(
  { pool: { host }, recorder, signal }: Opening,
  file: FileSource,
  siblings: FolderSiblings,
  target: Target,
  order: number,
): Promise<Opened['entries']> {
  let shown: ReadonlyMap<number, number> | null = null;
  const ask = async () => (shown = await shownPartitions(host, file.disk.replace(/^block /, '')));
  const whole = await composed(file, siblings, target.image?.map ?? null);
  const joined = siblings.opened.length;
  const recorded = (await recorder?.record(host, order, target, whole)) ?? null;
  const entries = await entriesOf(host, { ...whole, ...recorded?.file }, siblings, target, ask, signal);
  if (recorded !== null && siblings.opened.length > joined) throw notBundled(file, siblings.opened);
  if (entries.length > 0) recorded?.accept(shown);
  return keyedBy(file, target, entries);
}

/** A bundle holds what was read of one file. */
function notBundled(file: FileSource, others: readonly FileSource[]): UnsupportedError {
  const names = others.map(({ name }) => name).join(', ');
  const message = `its disk lies in other files too (${names}): make a raw copy, and the bundle of that`;
  return new UnsupportedError(message, { source: file.name, offset: 0, path: [] });
}

/** Of a bundle the disks that it stands for, as if they were there. */
async function bundledEntries(
  { pool: { host }, recorder, signal }: Opening,
  bundle: FileSource,
): Promise<Opened['entries']> {
  if (recorder !== null) throw new UsageError(`${bundle.name} is a bundle: make one of the devices themselves`);
  const { bundledTargets } = await import('./bundledDisks.ts');
  const all: Opened['entries'][number][] = [];
  for (const { target, file, partitions, origin } of await bundledTargets(bundle, signal)) {
    const found =
      target.error === null
        ? keyedBy(
            file,
            target,
            await entriesOf(host, { ...file, pieces: [] }, NO_SIBLINGS, target, async () => partitions, signal),
          )
        : [failure(target, target.error)];
    all.push(...found.map(({ key, entry }) => ({ key: `${key} ${origin.path}`, entry: { ...entry, bundle: origin } })));
  }
  return all;
}

const keyedBy = (
  { disk, diskOffset }: FileSource,
  { image }: Target,
  entries: readonly OpenedSource[],
): Opened['entries'] =>
  entries.map((entry) => ({ key: `${disk} ${image?.snapshot ?? ''} ${diskOffset + entry.offset}`, entry }));

/** @param shownOf which partitions the system has made devices of; null where it does not say */
async function entriesOf(
  host: FileHost,
  file: ComposedFile,
  siblings: Siblings,
  target: Target,
  shownOf: () => Promise<ReadonlyMap<number, number> | null>,
  signal?: AbortSignal,
): Promise<OpenedSource[]> {
  if (target.slice !== null) {
    const { offset, length } = target.slice;
    const window = slice(file, offset, length ?? Math.max(0, file.size - offset));
    const entry = entryOf(target.path, 'slice', offset, window, null, diskOf(file, file, null, null));
    return [{ ...entry, foreign: placed(await findForeign(window, null, signal), offset, window.size) }];
  }
  if (target.directory !== null && file.size < SHORTEST) return [];
  const sectorSize = file.sectorSize === null ? {} : { sectorSize: file.sectorSize };
  const snapshot = target.image?.snapshot ?? null;
  const stop = signal === undefined ? {} : { signal };
  const found = await findVdevs(file, { sha256, siblings, snapshot, ...sectorSize, ...stop });
  if (found.refusal !== null) {
    if (await isPackedTwin(host, target)) return [];
    const kind = found.container ?? 'raw';
    return [{ ...entryOf(target.path, kind, 0, file, null, null), source: null, error: found.refusal }];
  }
  if (target.directory !== null && !found.traced && (file.size < SMALLEST_VDEV || file.size % 512 !== 0)) return [];
  const parted = file.block && found.windows.some(({ partition }) => partition !== null);
  const shown = parted ? await shownOf() : null;
  return windowEntries(file, target, shown === null ? found : asShown(found, shown));
}

/** What the kernel has made devices of decides: it may have been told otherwise, or not have looked. */
function asShown(found: FoundVdevs, shown: ReadonlyMap<number, number>): FoundVdevs {
  const windows = found.windows.map((window) => {
    const { partition } = window;
    if (partition === null) return window;
    const index = shown.get(partition.offset);
    const told = index === undefined ? { hidden: partition.hidden ?? 'no-device' } : { hidden: null, index };
    return { ...window, partition: { ...partition, ...told } };
  });
  return { ...found, windows };
}

function windowEntries(file: ComposedFile, { path, image }: Target, found: FoundVdevs): OpenedSource[] {
  const whole = found.container ?? (file.block ? 'block' : 'raw');
  // Without a trace every partition is offered, but not those too small for anything.
  const offered = found.traced
    ? found.windows
    : found.windows.filter(({ partition, source }) => partition === null || source.size >= SHORTEST);
  const disk = diskOf(file, found.disk, found.container, image?.snapshot ?? null);
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
function entryOf(
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

const diskOf = (
  { disk, diskOffset, block, pieces }: ComposedFile,
  source: ByteSource,
  container: Container['kind'] | null,
  snapshot: string | null,
): SourceDisk => ({
  source,
  block,
  image: imageOf(container, snapshot, pieces),
  id: disk,
  offset: diskOffset,
});

function imageOf(
  container: Container['kind'] | null,
  snapshot: string | null,
  pieces: readonly string[],
): DiskImage | null {
  if (container !== null && container !== 'raw') return { format: container, snapshot, pieces: [] };
  return pieces.length > 0 ? { format: 'pieces', snapshot: null, pieces } : null;
}

function tooShort(path: string, offset: number, size: number): SourceError {
  const message = `${size} ${size === 1 ? 'byte is' : 'bytes are'} too few to hold a ZFS label (256 KiB, four on a vdev)`;
  return new SourceError('source-short', message, { source: path, offset, path: [] });
}

function failure({ path, slice }: Target, error: ZfsUberError): Opened['entries'][number] {
  const offset = slice?.offset ?? 0;
  const kind: OpenedSource['kind'] = slice === null ? 'raw' : 'slice';
  const nothing = {
    source: null,
    disk: null,
    partition: null,
    shift: null,
    bundle: null,
    foreign: [],
    troubles: [],
    madeOf: [],
  };
  const entry = { path, kind, offset, size: 0, error, ...nothing };
  return { key: `failed ${kind} ${offset} ${path}`, entry: { ...entry, close: nothingToClose } };
}

/** For a source that had no turn before the work was stopped. */
export const stoppedAt = (source: string): StoppedError => new StoppedError({ source, offset: 0, path: [] });

/** One failure for each directory of which nothing came. */
function emptyDirectories(opened: readonly Opened[]): Opened['entries'] {
  const empty = new Map<string, boolean>();
  for (const { target, entries } of opened) {
    if (target.directory === null) continue;
    empty.set(target.directory, (empty.get(target.directory) ?? true) && entries.length === 0);
  }
  return [...empty].flatMap(([path, nothing]) =>
    nothing ? [failure({ path, slice: null, image: null, directory: null, error: null }, noImages(path))] : [],
  );
}

/** In a directory, a packed file beside what it unpacks to says nothing new. */
async function isPackedTwin(host: FileHost, { path, directory }: Target): Promise<boolean> {
  const unpacked = path.replace(/\.[^./]+$/, '');
  if (directory === null || unpacked === path) return false;
  return host.stat(unpacked).then(
    (status) => status.isFile(),
    () => false,
  );
}

const isEmptyFile = (error: ZfsUberError): boolean => error.code === 'source-empty';

const nothingToClose = async (): Promise<void> => undefined;

/** Gives out closers, each of which counts once; the last one closes what is open. */
function countedClose(closeAll: () => Promise<void>, count: number): () => () => Promise<void> {
  let left = count;
  return () => {
    let open = true;
    return async () => {
      if (open && --left === 0) await closeAll();
      open = false;
    };
  };
}

/** The module is loaded when it is first needed, which on most sources it never is. */
function sha256(bytes: Uint8Array): Uint8Array {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest();
}
