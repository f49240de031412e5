import { UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import { type Container, recogniseContainer } from './containers.ts';
import { BSD_ZFS } from './disklabel.layout.ts';
import { readEnds, type SourceEnds } from './ends.ts';
import { findForeign, type PlacedSignature, placed } from './foreign.ts';
import { ZFS_TYPE_GUIDS } from './gpt.layout.ts';
import type { ByQemu, KeptHashes } from './images/imageFile.ts';
import { NO_SIBLINGS, type Siblings } from './images/siblings.ts';
import { innerEnd } from './innerEnd.ts';
import { TYPE_ZFS } from './mbr.layout.ts';
import { findPartitions, type Partition } from './partitions.ts';
import { isSealedLabel, type Sha256 } from './sealedLabel.ts';
import { type ByteSource, slice } from './source.ts';
import { findVdevTrace } from './vdevTrace.ts';

/** A part of a source that is, or may be, a vdev. */
export interface VdevWindow {
  readonly source: ByteSource;
  /** Bytes in the disk, which is the source itself unless that is a container. */
  readonly offset: number;
  /** Null for the whole disk. */
  readonly partition: Partition | null;
  /** Absolute in the disk: labels where a magic of ZFS was seen. */
  readonly labels: readonly number[];
  /** Of the window and of the disk around it. */
  readonly foreign: readonly PlacedSignature[];
}

export interface FoundVdevs {
  /** The source, or the disk inside it. */
  readonly disk: ByteSource;
  /** Null when the source is the disk itself. */
  readonly container: Container['kind'] | null;
  /** What the image keeps of its own bytes; null where it keeps nothing. */
  readonly kept: KeptHashes | null;
  /** What QEMU does with the container. */
  readonly byQemu: ByQemu;
  /** Why the container cannot be looked into; null when there is none, or it can. */
  readonly refusal: ZfsUberError | null;
  /** Without any trace it is the whole disk and every partition; empty only after a refusal. */
  readonly windows: readonly VdevWindow[];
  /** False when nothing of ZFS was seen anywhere. */
  readonly traced: boolean;
  /** About the tables, and what could not be read of them. */
  readonly troubles: readonly ZfsUberError[];
}

export interface FindVdevsOptions {
  /** Bytes a logical sector, where the device says so; an image does not. */
  readonly sectorSize?: number;
  /** Decides between a container and a disk with a container's magic left in its first bytes. */
  readonly sha256: Sha256;
  /** Where what an image is made of besides is looked up; left out: nowhere. */
  readonly siblings?: Siblings;
  /** Name or id of a snapshot inside an image. */
  readonly snapshot?: string | null;
  readonly signal?: AbortSignal;
}

/**
 * Which parts of a source are vdevs: the whole disk, partitions of it, or both (a label that was there before the
 * disk was partitioned). Reads up to 64 KiB as a rule: both ends, the tables, a few bytes in the labels; and 83 KiB of
 * each of those parts for what else has signed it.
 */
export async function findVdevs(source: ByteSource, options: FindVdevsOptions): Promise<FoundVdevs> {
  const ends = await readEnds(source, options.signal);
  const asDisk = await findOnDisk(source, ends, options);
  const container = recogniseContainer(ends);
  if (container === null) return asItself(source, asDisk, null, options);
  const own = await labelsAgainst(asDisk, container, options);
  if (own === ALL) return asItself(source, asDisk, container, options);
  const inside = await inContainer(source, container, options);
  // A file that is as long as the disk in it may have the last labels where that has them.
  const isImage = own === 0 || (inside.refusal === null && (await sealedLabels(inside, options)) > own);
  return isImage ? inside : asItself(source, asDisk, container, options);
}

function asItself(
  source: ByteSource,
  asDisk: OnDisk,
  container: Container | null,
  { snapshot = null }: FindVdevsOptions,
): FoundVdevs {
  if (snapshot !== null) return refused(source, container?.kind ?? 'raw', noSnapshot(source, snapshot));
  const both = container?.holdsSectors ? [readAsDisk(source)] : [];
  const troubles = [...both, ...asDisk.troubles];
  return { ...asDisk, troubles, disk: source, container: null, kept: null, byQemu: 'writes', refusal: null };
}

async function inContainer(source: ByteSource, container: Container, options: FindVdevsOptions): Promise<FoundVdevs> {
  const { siblings = NO_SIBLINGS, snapshot = null, signal } = options;
  const { kind } = container;
  try {
    const { disk, troubles, kept = null, byQemu = 'writes' } = await container.open(source, { siblings, snapshot });
    const inside = await findOnDisk(disk, await readEnds(disk, signal), options);
    return {
      ...inside,
      troubles: [...troubles, ...inside.troubles],
      disk,
      container: kind,
      kept,
      byQemu,
      refusal: null,
    };
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return refused(source, kind, error);
  }
}

/** Who writes to a disk can make its first bytes those of an image, and who makes an image can put labels there. */
function readAsDisk({ name }: ByteSource): UnsupportedError {
  const message = `its first bytes are those of an image, and labels of ZFS verify at their places: it is read as the disk itself`;
  return new UnsupportedError(message, { source: name, offset: 0, path: [] });
}

const refused = (source: ByteSource, container: Container['kind'], refusal: ZfsUberError): FoundVdevs => ({
  disk: source,
  container,
  kept: null,
  byQemu: 'writes',
  refusal,
  windows: [],
  traced: false,
  troubles: [],
});

function noSnapshot(source: ByteSource, snapshot: string): UnsupportedError {
  const message = `it is a raw disk, which has no snapshot ${printable(snapshot)} inside`;
  return new UnsupportedError(message, { source: source.name, offset: 0, path: [] });
}

type OnDisk = Omit<FoundVdevs, 'disk' | 'container' | 'kept' | 'byQemu' | 'refusal'>;

async function findOnDisk(disk: ByteSource, ends: SourceEnds, options: FindVdevsOptions): Promise<OnDisk> {
  const { sectorSize, signal } = options;
  const whole = await windowOf(disk, null, signal);
  let tables = await findPartitions(disk, { ends, mbrSectorSize: sectorSize ?? 512, ...options });
  let partitions = await windowsOf(disk, tables.partitions, signal);
  const blank = partitions.every(({ labels }) => labels.length === 0);
  if (sectorSize === undefined && blank && tables.partitions.some(({ kind }) => kind === 'mbr')) {
    // An image of a disk with 4096-byte sectors: its MBR counts in those, and does not say so.
    const other = await findPartitions(disk, { ends, mbrSectorSize: 4096, ...options });
    const windows = await windowsOf(disk, other.partitions, signal);
    if (windows.some(({ labels }) => labels.length > 0)) [tables, partitions] = [other, windows];
  }
  const all = [whole, ...partitions];
  const kept = all.filter((window) => ownsTrace(window, all));
  const tracedWhole = kept.includes(whole);
  const used = all.filter(
    (window) =>
      kept.includes(window) ||
      (!tracedWhole && isZfsType(window.partition) && !kept.some((other) => other.partition?.within === window.offset)),
  );
  const windows = await withForeign(disk, ends, used.length > 0 ? used : all, signal);
  return { windows, traced: kept.length > 0, troubles: tables.troubles };
}

async function withForeign(
  disk: ByteSource,
  ends: SourceEnds,
  windows: readonly VdevWindow[],
  signal?: AbortSignal,
): Promise<VdevWindow[]> {
  const found = placed(await findForeign(disk, ends, signal), 0, disk.size);
  // The table of a disk is what its partitions are found by; over the front of a vdev that fills the disk it is foreign.
  const around = found.filter(({ kind }) => kind !== 'table');
  const signed: VdevWindow[] = [];
  for (const window of windows) {
    const { source, offset, partition } = window;
    const whole = window.labels.length > 0 ? found : around;
    const own = partition === null ? whole : placed(await findForeign(source, null, signal), offset, source.size);
    // The end of the last partition may be that of the disk.
    const others = around.filter((each) => !own.some((other) => other.offset === each.offset));
    const told = { ...window, foreign: [...own, ...(partition === null ? [] : others)] };
    signed.push(await asInside(told, own, signal));
  }
  return signed;
}

/** The window as the layer has it that is signed behind it, where labels say that a vdev is on that. */
async function asInside(
  window: VdevWindow,
  own: readonly PlacedSignature[],
  signal?: AbortSignal,
): Promise<VdevWindow> {
  const { source, offset, labels } = window;
  const signatures = own.map((each) => ({ ...each, offset: each.offset - offset }));
  const end = await innerEnd(source, signatures, signal);
  if (end === null) return window;
  const inside = { ...slice(source, 0, end), name: source.name };
  const trace = await findVdevTrace(inside, signal);
  if (trace.labels.length <= labels.length) return window;
  return { ...window, source: inside, labels: trace.labels.map((label) => label + offset) };
}

async function windowsOf(disk: ByteSource, partitions: readonly Partition[], signal?: AbortSignal) {
  const windows: VdevWindow[] = [];
  for (const partition of partitions) windows.push(await windowOf(disk, partition, signal));
  return windows;
}

async function windowOf(disk: ByteSource, partition: Partition | null, signal?: AbortSignal): Promise<VdevWindow> {
  const offset = partition?.offset ?? 0;
  const source = partition === null ? disk : slice(disk, offset, partition.length);
  const trace = await findVdevTrace(source, signal);
  return { source, offset, partition, labels: trace.labels.map((label) => label + offset), foreign: [] };
}

/**
 * Whether a window has a label that no other one has a better claim to. A partition that ends near the end of the disk
 * has its last labels where the disk would have one: they belong to the window in which more labels were seen.
 */
function ownsTrace(window: VdevWindow, all: readonly VdevWindow[]): boolean {
  const better = all.filter((other) => other.labels.length > window.labels.length);
  return window.labels.some((label) => !better.some((other) => other.labels.includes(label)));
}

function isZfsType(partition: Partition | null): boolean {
  if (partition === null) return false;
  if (partition.kind === 'mbr') return Number(partition.type) === TYPE_ZFS;
  if (partition.kind === 'bsd') return Number(partition.type) === BSD_ZFS;
  return ZFS_TYPE_GUIDS.some((type) => type === partition.type);
}

/** Labels of a vdev. */
const ALL = 4;

/**
 * How many labels say that the magic of a container is a leftover in the first bytes of a disk: as many as a vdev has for what
 * holds no sectors. Where the container holds sectors as they are, its labels show their magics too, and only a checksum tells
 * that they are in their own place.
 */
async function labelsAgainst(
  found: OnDisk,
  { holdsSectors, beginsWithDisk }: Container,
  options: FindVdevsOptions,
): Promise<number> {
  if (beginsWithDisk || !found.traced) return 0;
  return holdsSectors ? sealedLabels(found, options) : ALL;
}

/** Labels of one window that verify at their places, of that which has the most. */
async function sealedLabels(
  { windows }: Pick<OnDisk, 'windows'>,
  { sha256, signal }: FindVdevsOptions,
): Promise<number> {
  let most = 0;
  for (const { source, offset, labels } of windows) {
    let sealed = 0;
    for (const label of labels) if (await isSealedLabel(source, label - offset, sha256, signal)) sealed++;
    most = Math.max(most, sealed);
  }
  return most;
}
