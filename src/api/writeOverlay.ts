import { createHash } from 'node:crypto';
import { UsageError } from '../bytes/errors.ts';
import { bytesOfFileName, hasRawBytes } from '../bytes/fileName.ts';
import { orNull } from '../dataset/orNull.ts';
import type { OverlayDeviceEntry, OverlayForm } from '../document/overlayDocument.ts';
import type { Carrier } from '../document/shell/importScript.ts';
import { mappedTable } from '../document/shell/mappedTable.ts';
import type { FilePiece, NewFolder } from '../node/newFolder.ts';
import { isZero } from '../pool/labelWindow.ts';
import type { ImportPlace } from '../rewind/importPlace.ts';
import type { OverlayDevice, Patch } from '../rewind/overlay/plan.ts';
import type { OverlayExtent } from '../rewind/overlay/wholeDisk.ts';
import type { Laid } from '../source/overlaid.ts';
import { patchedRanges } from '../source/patchedRanges.ts';
import { type Backing, CLUSTER, qcow2Overlay } from '../source/qcow2Overlay.ts';
import type { ByteSource } from '../source/source.ts';
import { zeroed } from '../source/zeroed.ts';

const SECTOR = 512;
/** Sectors of most disks, of which a mapping is made. */
const PAGE = 4096;
/** What is copied at a time. */
const CHUNK = 1024 * 1024;
/** Of which an image is asked at a time where it has data. */
const STRETCH = 1024 * CHUNK;

/** A device of the plan, and where it lies. */
export interface Laying {
  readonly name: string;
  /** Index into the sources of the document. */
  readonly source: number | null;
  readonly device: OverlayDevice;
  readonly extent: OverlayExtent;
  /** Where the extent lies. */
  readonly place: ImportPlace;
  /** It is bytes of `place.path` as they are, not unpacked from a container. */
  readonly plain: boolean;
  readonly form: OverlayForm;
}

/** How the overlay comes before zpool, and what the document says of it. */
export interface LaidDevice {
  readonly carrier: Carrier;
  readonly entry: OverlayDeviceEntry;
}

/**
 * What the document says of a device whose overlay is not written.
 *
 * @throws the reason of `signal`
 */
export async function describeLaying(laying: Laying, signal?: AbortSignal): Promise<OverlayDeviceEntry> {
  return (await describe(laying, signal)).entry;
}

/**
 * Writes the files of one device: its overlay, and its own bytes of all that the overlay changes.
 *
 * @throws UsageError for a form that the device cannot have; OutputError; the reason of `signal`
 */
export async function writeLaying(folder: NewFolder, laying: Laying, signal?: AbortSignal): Promise<LaidDevice> {
  const { name, form } = laying;
  const { entry, undo } = await describe(laying, signal);
  await folder.write(`${name}.undo`, undo);
  const { file, carrier } = await FORMS[form](folder, laying, signal);
  return { carrier, entry: { ...entry, file, undo: `${name}.undo` } };
}

type Write = (
  folder: NewFolder,
  laying: Laying,
  signal: AbortSignal | undefined,
) => Promise<{ readonly file: string; readonly carrier: Carrier }>;

const FORMS: Readonly<Record<OverlayForm, Write>> = { qcow2: writeQcow2, dm: writeMapped, copy: writeCopy };

const sourceOf = ({ extent }: Laying): ByteSource => extent.source;
const wasFile = ({ device }: Laying): boolean => device.leaf.config.type === 'file';
const wholeSectors = (size: number): number => size - (size % SECTOR);

async function writeQcow2(folder: NewFolder, laying: Laying, signal?: AbortSignal) {
  const { name, extent } = laying;
  const { source, vdev } = extent;
  const laid = await patchedRanges(source, extent.patches, CLUSTER, signal);
  const bytes = qcow2Overlay(wholeSectors(source.size), backingOf(laying), laid);
  const file = `${name}.qcow2`;
  await folder.write(file, [{ offset: 0, bytes }]);
  const carrier: Carrier = wasFile(laying) ? { kind: 'unpacked' } : { kind: 'nbd', vdev };
  return { file, carrier };
}

/** @throws UsageError where QEMU cannot be told what lies below */
function backingOf({ place, plain, extent }: Laying): Backing {
  const { path, kind, part } = place;
  const only = (why: string): UsageError => new UsageError(`${path}: ${why}; use --as copy`);
  if (!plain) throw only('a qcow2 overlay is laid over raw bytes');
  if (part === null) return { name: bytesOfFileName(path), format: 'raw' };
  if (part.start < 0) throw only('the front of the vdev is not in it');
  if (hasRawBytes(path)) throw only('QEMU takes no path that is no UTF-8 for a part of a file');
  const below = { driver: kind === 'block' ? 'host_device' : 'file', filename: path };
  const size = wholeSectors(extent.source.size);
  const described = `json:${JSON.stringify({ driver: 'raw', offset: part.start, size, file: below })}`;
  return { name: new TextEncoder().encode(described), format: 'raw' };
}

async function writeMapped(folder: NewFolder, laying: Laying, signal?: AbortSignal) {
  const { name, extent, place, plain } = laying;
  const { source, vdev } = extent;
  const start = place.part?.start ?? 0;
  if (!plain || start < 0 || start % SECTOR !== 0 || wasFile(laying)) {
    const why = wasFile(laying)
      ? 'it was a file vdev, which OpenZFS opens as a file only'
      : 'a mapping wants whole sectors of raw bytes';
    throw new UsageError(`${place.path}: ${why}; use --as copy`);
  }
  const ranges = await patchedRanges(source, extent.patches, PAGE, signal);
  await folder.write(`${name}.patch`, inARow(ranges));
  const table = new TextEncoder().encode(mappedTable(start, source.size, ranges));
  await folder.write(`${name}.table`, [{ offset: 0, bytes: table }]);
  const sectors = wholeSectors(source.size) / SECTOR;
  const carrier: Carrier = { kind: 'mapped', origin: place.path, block: place.kind === 'block', sectors, vdev };
  return { file: `${name}.table`, carrier };
}

async function writeCopy(folder: NewFolder, laying: Laying, signal?: AbortSignal) {
  const { name, extent, place, plain } = laying;
  const { source, vdev } = extent;
  const file = `${name}.img`;
  const cloneOf = plain && place.part === null && place.kind === 'file' ? place.path : null;
  const size = source.size;
  await folder.write(file, extent.patches, { size, cloneOf, otherwise: copied(source, signal) });
  const carrier: Carrier = wasFile(laying) ? { kind: 'file' } : { kind: 'loop', vdev };
  return { file, carrier };
}

/** All that is not zeros. What an image says to be zeros is not read: of a large disk that is most. */
async function* copied(source: ByteSource, signal?: AbortSignal): AsyncGenerator<FilePiece> {
  const whole = zeroed(source);
  for (let from = 0; from < source.size; from += STRETCH) {
    const length = Math.min(STRETCH, source.size - from);
    const all = [{ kind: 'data', offset: from, length }] as const;
    for (const run of (await source.runs?.(from, length, signal)) ?? all) {
      const end = run.kind === 'data' ? run.offset + run.length : run.offset;
      for (let offset = run.offset; offset < end; offset += CHUNK) {
        const bytes = await whole.read(offset, Math.min(CHUNK, end - offset), signal);
        if (!isZero(bytes)) yield { offset, bytes };
      }
    }
  }
}

function* inARow(ranges: readonly Laid[]): Generator<FilePiece> {
  let offset = 0;
  for (const { bytes } of ranges) {
    yield { offset, bytes };
    offset += bytes.length;
  }
}

interface Described {
  readonly entry: OverlayDeviceEntry;
  readonly undo: readonly FilePiece[];
}

async function describe(laying: Laying, signal?: AbortSignal): Promise<Described> {
  const { name, device, extent, place } = laying;
  const source = sourceOf(laying);
  const undo: FilePiece[] = [];
  const regions: OverlayDeviceEntry['regions'][number][] = [];
  let at = 0;
  for (const { offset, bytes, why } of regionsOf(extent.patches)) {
    const before = await orNull(() => source.read(offset, bytes.length, signal));
    undo.push({ offset: at, bytes: before ?? new Uint8Array(bytes.length) });
    regions.push({
      offsetBytes: offset.toString(),
      lengthBytes: bytes.length.toString(),
      why,
      sha256Before: before === null ? null : digest(before),
      sha256After: digest(bytes),
      undoOffsetBytes: at.toString(),
    });
    at += bytes.length;
  }
  const entry = {
    name,
    source: laying.source,
    path: place.path,
    guid: device.leaf.config.guid.toString(),
    type: device.leaf.config.type,
    by: device.by,
    sizeBytes: source.size.toString(),
    vdevOffsetBytes: extent.vdev?.start.toString() ?? null,
    file: null,
    undo: null,
    regions,
  };
  return { entry, undo };
}

/** Patches for one reason that touch are one region. */
function regionsOf(patches: readonly Patch[]): Patch[] {
  const regions: Patch[] = [];
  for (const patch of patches) {
    const last = regions.at(-1);
    if (last === undefined || last.why !== patch.why || last.offset + last.bytes.length !== patch.offset) {
      regions.push(patch);
      continue;
    }
    const bytes = new Uint8Array(last.bytes.length + patch.bytes.length);
    bytes.set(last.bytes);
    bytes.set(patch.bytes, last.bytes.length);
    regions[regions.length - 1] = { ...last, bytes };
  }
  return regions;
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
