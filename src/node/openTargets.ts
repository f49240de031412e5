import { StoppedError, UsageError, ZfsUberError } from '../bytes/errors.ts';
import { isBundle } from '../source/bundle/bundleFile.ts';
import type { Digest } from '../source/bundle/frames.ts';
import { recogniseContainer } from '../source/containers.ts';
import { readEnds } from '../source/ends.ts';
import { type FoundVdevs, findVdevs } from '../source/findVdevs.ts';
import { findForeign, placed } from '../source/foreign.ts';
import type { LeftOut } from '../source/images/ddrescue.ts';
import { parseShard } from '../source/images/shards.ts';
import { lastPart, type Siblings } from '../source/images/siblings.ts';
import { type LabelledPart, ProbedEnds } from '../source/probed.ts';
import type { Sha256 } from '../source/sealedLabel.ts';
import { type BlockAnswers, type ByteSource, slice, withAnswers } from '../source/source.ts';
import { mapBounded } from './bounded.ts';
import { type ComposedFile, composed, type FileShards, IN_ONE_PIECE } from './composed.ts';
import type { FileSource } from './fileSource.ts';
import type { OpenedSource } from './openedSource.ts';
import type { SourceRecorder } from './recorder.ts';
import {
  type Beside,
  type FolderSiblings,
  type GivenFile,
  type GivenFiles,
  givenFiles,
  siblingsOf,
} from './siblings.ts';
import { asShown, diskOf, entryOf, nothingToClose, SHORTEST, windowEntries } from './sourceEntries.ts';
import type { SliceSpec } from './sourceSpec.ts';
import { noImages, type Target } from './target.ts';

/** What sources are opened by: the files of a system, or, where there are none, what a program hands in. */
export interface SourceHost {
  /** How many of so many targets are opened at a time. */
  readonly atATime: (targets: number) => number;
  /** @throws SourceError, LimitError, UnsupportedError when it cannot be opened */
  open(file: GivenFile): Promise<FileSource>;
  readonly beside: Beside;
  /** As `shardsIn`; absent where there are no folders. */
  shardsIn?(path: string, folders: readonly string[]): Promise<FileShards | null>;
  /** Partitions that the system has made devices of, by their first byte; null where it does not say. */
  shownPartitions(disk: string): Promise<ReadonlyMap<number, number> | null>;
  /** Reads of a file or device that may fail, or go away. */
  lasting(file: FileSource): ByteSource['read'];
  /** Told what of such a one is not asked for; absent where nobody notes what fails. */
  leavingOut?(file: FileSource, leftOut: LeftOut): void;
  isFile(path: string): Promise<boolean>;
  readonly sha256: Sha256;
  /** Default: our own. */
  readonly newDigest?: () => Digest;
}

export interface OpenTargetsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Takes all that is read of the sources. */
  readonly recorder?: SourceRecorder | undefined;
  /** Keeps the ends of the sources, for as long as who made it wants them. Default: while they are opened. */
  readonly ends?: ProbedEnds | undefined;
}

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

/** Opens each target, and finds the vdevs in it: as `openSources`. */
export async function openTargets(
  targets: readonly Target[],
  host: SourceHost,
  { recorder, signal, ends }: OpenTargetsOptions,
): Promise<OpenedSource[]> {
  const shards = shardsAmong(targets);
  const probes = ends ?? new ProbedEnds();
  const opening = {
    host,
    recorder: recorder ?? null,
    signal,
    probes,
    shards,
    given: givenFiles(
      targets.flatMap(({ path, reached, image }) => {
        const map = image?.map ?? null;
        return [...(map === null ? [] : [{ path: map, reached: null }]), { path, reached }];
      }),
    ),
  };
  probes.expect(targets.length);
  const opened = await mapBounded(targets, host.atATime(targets.length), (target, order) =>
    openTarget(opening, target, order),
  );
  if (ends === undefined) probes.forget();
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
}

interface Opening {
  readonly host: SourceHost;
  /** Of all targets, and the maps that were named with them. */
  readonly given: GivenFiles;
  readonly recorder: SourceRecorder | null;
  readonly signal: AbortSignal | undefined;
  readonly probes: ProbedEnds;
  readonly shards: ShardedTarget | null;
}

/** A file that GlusterFS keeps in shards. */
interface ShardedTarget {
  readonly first: Target;
  readonly shards: FileShards;
}

/** Null unless all that was given is one file and shards of one: the id is kept where only GlusterFS finds it. */
function shardsAmong(targets: readonly Target[]): ShardedTarget | null {
  const [first, ...others] = targets.filter(({ path }) => parseShard(lastPart(path)) === null);
  const names = [...new Set(targets.map(({ path }) => lastPart(path)))].filter((name) => parseShard(name) !== null);
  const ids = new Set(names.map((name) => parseShard(name)?.id));
  if (first === undefined || others.length > 0 || ids.size !== 1) return null;
  const usable = first.image === null && first.error === null;
  return usable ? { first, shards: { files: names, globs: [], sizes: null } } : null;
}

/** @param order of the target among all */
async function openTarget(opening: Opening, target: Target, order: number): Promise<Opened> {
  const { host, recorder, signal, given, probes, shards } = opening;
  const failed = (error: ZfsUberError): Opened => {
    recorder?.fail(order, target, error);
    return { target, disk: null, parts: [], entries: [failure(target, error)] };
  };
  if (target.error !== null) return failed(target.error);
  if (signal?.aborted) return failed(stoppedAt(target.path));
  let opened: FileSource | null = null;
  let siblings: FolderSiblings | null = null;
  let probed: ByteSource | null = null;
  const closeAll = async (): Promise<void> => {
    await opened?.close();
    await siblings?.close();
  };
  try {
    const { path, reached } = target;
    opened = await host.open({ path, reached });
    const folders = target.image?.shards ?? [];
    const inFolders = folders.length === 0 ? null : ((await host.shardsIn?.(path, folders)) ?? null);
    const found = inFolders?.files.map((file) => ({ path: file, reached: null })) ?? [];
    siblings = siblingsOf(host.beside, opened, found.length === 0 ? given : new Map([...given, ...givenFiles(found)]));
    const inShards = target === shards?.first ? shards.shards : inFolders;
    const lasting = { ...opened, read: host.lasting(opened) };
    // What is reached over a network holds its ends itself; what a map leaves out is not read with what is beside it.
    const probing = reached === null && (target.image?.map ?? null) === null;
    if (probing) probed = probes.of(lasting);
    const file = { ...lasting, read: (probed ?? lasting).read };
    const keyed =
      target.slice === null && (await isBundle(file, signal))
        ? await bundledEntries(opening, file)
        : await diskEntries(opening, { file, siblings, shards: inShards }, target, order);
    if (probed !== null) probes.opened(probed, labelledParts(keyed));
    const readable = keyed.some(({ entry }) => entry.source !== null);
    const parts = readable ? siblings.opened : [];
    // Of shards in folders more are opened as they are read.
    const globs = inFolders?.globs.map((each) => `${each}.*`) ?? [];
    const inGlobs = new Set(inFolders?.files);
    const named = parts.filter(({ name }) => !inGlobs.has(name));
    if (!readable) await closeAll();
    const close = countedClose(closeAll, keyed.length);
    const madeOf = [...named.map(({ name }) => name), ...globs];
    const entries = keyed.map(({ key, entry }) => ({
      key,
      entry: { ...entry, madeOf: [...entry.madeOf, ...madeOf], close: close() },
    }));
    return { target, disk: opened.disk, parts: parts.map(({ disk }) => disk), entries };
  } catch (error) {
    await closeAll();
    if (signal?.aborted) return failed(stoppedAt(target.path));
    if (!(error instanceof ZfsUberError) || error instanceof UsageError) throw error;
    if (target.directory !== null && isEmptyFile(error)) return { target, disk: null, parts: [], entries: [] };
    return { ...failed(error), disk: opened?.disk ?? null };
  } finally {
    if (probed !== null) probes.opened(probed, []);
  }
}

/** Where the labels of a file lie that is the disk itself; null of one that holds it in another form. */
function labelledParts(entries: Opened['entries']): readonly LabelledPart[] | null {
  const parts = entries.map(({ entry }) => entry);
  return parts.every(({ disk }) => disk === null || disk.image === null) ? parts : null;
}

async function diskEntries(
  { host, recorder, signal }: Opening,
  { file, siblings, shards }: { file: FileSource; siblings: FolderSiblings; shards: FileShards | null },
  target: Target,
  order: number,
): Promise<Opened['entries']> {
  if (recorder !== null && (target.slice?.root ?? null) !== null) {
    throw new UsageError(`${target.path}: a bundle is of what is on a device, and these labels are not`);
  }
  let shown: ReadonlyMap<number, number> | null = null;
  const ask = async () => (shown = await host.shownPartitions(file.disk.replace(/^block /, '')));
  const whole = await composed(file, siblings, target.image?.map ?? null, shards);
  if (whole.leftOut !== null) host.leavingOut?.(file, whole.leftOut);
  const recorded = (await recorder?.record(order, target, whole)) ?? null;
  const beside = recorder?.siblings(order, target, siblings) ?? null;
  const entries = await entriesOf(host, { ...whole, ...recorded?.file }, beside ?? siblings, target, ask, signal);
  if (entries.length > 0) {
    recorded?.accept(shown);
    beside?.accept();
  }
  return keyedBy(file, target, answered(entries, recorder?.answers ?? null));
}

/** The same, with blocks that are answered for, or of which the answers are kept. */
function answered(entries: readonly OpenedSource[], answers: BlockAnswers | null): readonly OpenedSource[] {
  if (answers === null) return entries;
  return entries.map((entry) => ({
    ...entry,
    source: entry.source && withAnswers(entry.source, answers),
    disk: entry.disk && { ...entry.disk, source: withAnswers(entry.disk.source, answers) },
  }));
}

/** Of a bundle the disks that it stands for, as if they were there. */
async function bundledEntries({ host, recorder, signal }: Opening, bundle: FileSource): Promise<Opened['entries']> {
  if (recorder !== null) throw new UsageError(`${bundle.name} is a bundle: make one of the devices themselves`);
  const { bundledTargets } = await import('./bundledDisks.ts');
  const all: Opened['entries'][number][] = [];
  for (const each of await bundledTargets(bundle, host.newDigest, signal)) {
    const { target, file, partitions, origin, answers, siblings } = each;
    const found =
      target.error === null
        ? keyedBy(
            file,
            target,
            await entriesOf(host, { ...file, ...IN_ONE_PIECE }, siblings, target, async () => partitions, signal),
          )
        : [failure(target, target.error)];
    for (const { key, entry } of found) {
      const [told = entry] = answered([entry], answers);
      const madeOf = siblings.found.map(({ name }) => name);
      all.push({ key: `${key} ${origin.path}`, entry: { ...told, bundle: origin, madeOf } });
    }
  }
  return all;
}

const keyedBy = (
  { disk, diskOffset }: FileSource,
  { image }: Target,
  entries: readonly OpenedSource[],
): Opened['entries'] =>
  entries.map((entry) => ({
    key: `${disk} ${image?.snapshot ?? ''} ${diskOffset + entry.offset} ${entry.root ?? ''}`,
    entry,
  }));

/** @param shownOf which partitions the system has made devices of; null where it does not say */
async function entriesOf(
  host: SourceHost,
  file: ComposedFile,
  siblings: Siblings,
  target: Target,
  shownOf: () => Promise<ReadonlyMap<number, number> | null>,
  signal?: AbortSignal,
): Promise<OpenedSource[]> {
  if (target.directory !== null && file.size < SHORTEST) return [];
  const sectorSize = file.sectorSize === null ? {} : { sectorSize: file.sectorSize };
  const snapshot = target.image?.snapshot ?? null;
  const stop = signal === undefined ? {} : { signal };
  const find = () => findVdevs(file, { sha256: host.sha256, siblings, snapshot, ...sectorSize, ...stop });
  if (target.slice !== null) return [await sliceEntry(file, target, target.slice, find, signal)];
  const found = await find();
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

/** Of what is an image a part of the disk in it; of anything else a part of the file. */
async function sliceEntry(
  file: ComposedFile,
  { path, image: named }: Target,
  { offset, length, root }: SliceSpec,
  find: () => Promise<FoundVdevs>,
  signal: AbortSignal | undefined,
): Promise<OpenedSource> {
  const image = recogniseContainer(await readEnds(file, signal)) === null ? null : await find();
  const inside = image === null || image.refusal !== null ? null : image.container;
  const source = inside === null ? file : (image?.disk ?? file);
  const found = { disk: source, container: inside, byQemu: image?.byQemu ?? 'writes' };
  const window = slice(source, offset, length ?? Math.max(0, source.size - offset));
  const entry = entryOf(path, 'slice', offset, window, null, diskOf(file, found, named));
  const foreign = placed(await findForeign(window, null, signal), offset, window.size);
  return { ...entry, foreign, ...(root !== null && { root: root - offset }) };
}

function failure({ path, slice }: Pick<Target, 'path' | 'slice'>, error: ZfsUberError): Opened['entries'][number] {
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
  return [...empty].flatMap(([path, nothing]) => (nothing ? [failure({ path, slice: null }, noImages(path))] : []));
}

/** In a directory, a packed file beside what it unpacks to says nothing new. */
async function isPackedTwin(host: SourceHost, { path, directory }: Target): Promise<boolean> {
  const unpacked = path.replace(/\.[^./]+$/, '');
  return directory !== null && unpacked !== path && (await host.isFile(unpacked));
}

const isEmptyFile = (error: ZfsUberError): boolean => error.code === 'source-empty';

/** Gives out closers, each of which counts once; the last one closes what is open. */
export function countedClose(closeAll: () => Promise<void>, count: number): () => () => Promise<void> {
  let left = count;
  return () => {
    let open = true;
    return async () => {
      if (open && --left === 0) await closeAll();
      open = false;
    };
  };
}
