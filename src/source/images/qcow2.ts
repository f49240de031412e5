import type { ZfsUberError } from '../../bytes/errors.ts';
import { printable } from '../../bytes/printable.ts';
import type { Decoded } from '../../bytes/struct.ts';
import type { ByteSource } from '../source.ts';
import { diskSize, ImageFile, type OpenedImage } from './imageFile.ts';
import { mappedSource } from './mapped.ts';
import { openParent, type Parent } from './parent.ts';
import {
  QCOW2_COMPRESSION_AT,
  QCOW2_EXTENSION,
  QCOW2_EXTENSION_TYPES,
  QCOW2_FEATURE,
  QCOW2_HEADER,
  QCOW2_HEADER_3,
  QCOW2_INCOMPATIBLE,
  QCOW2_SNAPSHOT,
} from './qcow2.layout.ts';
import { type Qcow2, qcow2Map } from './qcow2Map.ts';
import type { ImageFolder } from './siblings.ts';

const MOST_NAME = 1023;
/** Source: QEMU, block/qcow2.h, QCOW_MAX_SNAPSHOTS */
const MOST_SNAPSHOTS = 65536;
const MOST_EXTENSIONS = 64;

/**
 * The disk in a qcow2 image of version 2 or 3: clusters as they are or compressed (deflate, zstd), subclusters, an
 * external data file, a chain of backing files. Reference counts are not looked at.
 *
 * @param snapshot name or id of an internal snapshot; null for the present state
 * @throws FormatError for a header that contradicts itself; UnsupportedError for an encrypted image, an unknown
 *   incompatible feature, a snapshot or data file that is not there
 * Source: QEMU, docs/interop/qcow2.rst
 */
export async function openQcow2(
  source: ByteSource,
  folder: ImageFolder,
  snapshot: string | null,
): Promise<OpenedImage> {
  const file = new ImageFile(source, 'qcow2 image');
  const header = await file.structure(QCOW2_HEADER, 0, false);
  const features = await featuresOf(file, header.version);
  if (header.cryptMethod !== 0) {
    throw file.unsupported('it is encrypted: unlock it with `qemu-nbd -r` and a secret object, and give the device');
  }
  const { clusterBits } = header;
  if (clusterBits < 9 || clusterBits > 21) throw file.wrong('cluster_bits', 20, '9 to 21', clusterBits);
  const extensions = await extensionsOf(file, features.headerLength, header);
  refuseUnknown(file, features.incompatible, extensions.features);
  const view = snapshot === null ? null : await findSnapshot(file, header, snapshot);
  const troubles: ZfsUberError[] = [];
  if (isSet(features.incompatible, QCOW2_INCOMPATIBLE.corrupt)) {
    troubles.push(file.wrong('incompatible features', 72, 'an image that QEMU holds for sound', 'the bit corrupt'));
  }
  const parent = await parentOf(file, header, extensions.backingFormat, folder);
  troubles.push(...(parent?.troubles ?? []));
  const size = diskSize(file, view?.size ?? header.size);
  const image: Qcow2 = {
    file,
    data: await dataOf(file, features.incompatible, extensions.dataFile, folder),
    clusterBits,
    extendedL2: isSet(features.incompatible, QCOW2_INCOMPATIBLE.extendedL2),
    zstd: features.zstd,
    l1: { offset: Number(view?.l1Offset ?? header.l1Offset), entries: view?.l1Size ?? header.l1Size },
    size,
    parent,
  };
  const name = snapshot === null ? source.name : `${source.name}#snapshot=${snapshot}`;
  return { disk: mappedSource(name, qcow2Map(image)), troubles };
}

const isSet = (set: bigint, bit: bigint): boolean => ((set >> bit) & 1n) === 1n;

interface Features {
  readonly incompatible: bigint;
  readonly headerLength: number;
  readonly zstd: boolean;
}

async function featuresOf(file: ImageFile, version: number): Promise<Features> {
  if (version === 2) return { incompatible: 0n, headerLength: QCOW2_HEADER.size, zstd: false };
  if (version !== 3) throw file.unsupported(`it is a qcow2 image of version ${version}; 2 and 3 are known`);
  const { incompatible, headerLength } = await file.structure(QCOW2_HEADER_3, 0, false);
  if (headerLength < QCOW2_HEADER_3.size || headerLength > 65536) {
    throw file.wrong('header_length', 100, `${QCOW2_HEADER_3.size} to 65536`, headerLength);
  }
  let zstd = false;
  if (isSet(incompatible, QCOW2_INCOMPATIBLE.compression)) {
    const [kind = 0] = await file.bytes(QCOW2_COMPRESSION_AT, 1, 'compression type');
    if (kind > 1)
      throw file.unsupported(`it is compressed in a way numbered ${kind}; 0 (deflate) and 1 (zstd) are known`);
    zstd = kind === 1;
  }
  return { incompatible, headerLength, zstd };
}

interface Extensions {
  readonly backingFormat: string | null;
  readonly dataFile: string | null;
  /** Names of incompatible features, by bit. */
  readonly features: ReadonlyMap<number, string>;
}

async function extensionsOf(
  file: ImageFile,
  from: number,
  { backingOffset, clusterBits }: Decoded<typeof QCOW2_HEADER.fields>,
): Promise<Extensions> {
  let backingFormat: string | null = null;
  let dataFile: string | null = null;
  const features = new Map<number, string>();
  const end = Math.min(backingOffset === 0n ? 2 ** clusterBits : Number(backingOffset), 2 ** clusterBits);
  let at = from;
  for (let i = 0; i < MOST_EXTENSIONS && at + QCOW2_EXTENSION.size <= end; i++) {
    const { type, length } = await file.structure(QCOW2_EXTENSION, at, false);
    if (type === QCOW2_EXTENSION_TYPES.end) break;
    const body = at + QCOW2_EXTENSION.size;
    if (body + length > end) throw file.wrong('header extension', at, `a length up to ${end - body}`, length);
    if (type === QCOW2_EXTENSION_TYPES.backingFormat)
      backingFormat = await textOf(file, body, length, 'backing format');
    if (type === QCOW2_EXTENSION_TYPES.dataFile) dataFile = await textOf(file, body, length, 'data file name');
    if (type === QCOW2_EXTENSION_TYPES.features) {
      for (let entry = body; entry + QCOW2_FEATURE.size <= body + length; entry += QCOW2_FEATURE.size) {
        const { set, bit } = await file.structure(QCOW2_FEATURE, entry, false);
        if (set === 0) features.set(bit, await textOf(file, entry + 2, QCOW2_FEATURE.size - 2, 'feature name'));
      }
    }
    at = body + Math.ceil(length / 8) * 8;
  }
  return { backingFormat, dataFile, features };
}

async function textOf(file: ImageFile, offset: number, length: number, part: string): Promise<string> {
  if (length > MOST_NAME) throw file.wrong(part, offset, `up to ${MOST_NAME} bytes`, length);
  const [text = ''] = new TextDecoder().decode(await file.bytes(offset, length, part)).split('\0');
  return text;
}

function refuseUnknown(file: ImageFile, incompatible: bigint, names: ReadonlyMap<number, string>): void {
  const known = Object.values(QCOW2_INCOMPATIBLE).reduce((set, bit) => set | (1n << bit), 0n);
  const unknown = incompatible & ~known;
  if (unknown === 0n) return;
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => isSet(unknown, BigInt(bit)));
  const named = bits.map((bit) => names.get(bit) ?? `bit ${bit}`);
  throw file.unsupported(`it needs features that are not known here: ${printable(named.join(', '))}`);
}

async function parentOf(
  file: ImageFile,
  { backingOffset, backingLength }: Decoded<typeof QCOW2_HEADER.fields>,
  format: string | null,
  folder: ImageFolder,
): Promise<Parent | null> {
  if (backingOffset === 0n || backingLength === 0) return null;
  const name = await textOf(file, Number(backingOffset), backingLength, 'backing file name');
  return openParent(file, folder, name, format);
}

async function dataOf(
  file: ImageFile,
  incompatible: bigint,
  name: string | null,
  folder: ImageFolder,
): Promise<ByteSource> {
  if (!isSet(incompatible, QCOW2_INCOMPATIBLE.dataFile)) return file.source;
  const found = name === null ? null : await folder.file(name);
  if (found !== null) return found;
  throw file.unsupported(`its data are in ${printable(name ?? 'a file that it does not name')}: give that too`);
}

async function findSnapshot(
  file: ImageFile,
  { snapshotsOffset, snapshotCount, size }: Decoded<typeof QCOW2_HEADER.fields>,
  wanted: string,
): Promise<{ readonly l1Offset: bigint; readonly l1Size: number; readonly size: bigint }> {
  if (snapshotCount > MOST_SNAPSHOTS) throw file.wrong('nb_snapshots', 60, `up to ${MOST_SNAPSHOTS}`, snapshotCount);
  const names: string[] = [];
  let at = Number(snapshotsOffset);
  for (let i = 0; i < snapshotCount; i++) {
    const entry = await file.structure(QCOW2_SNAPSHOT, at, false);
    const extra = at + QCOW2_SNAPSHOT.size;
    const id = await textOf(file, extra + entry.extraSize, entry.idLength, 'snapshot id');
    const name = await textOf(file, extra + entry.extraSize + entry.idLength, entry.nameLength, 'snapshot name');
    if (id === wanted || name === wanted) {
      const own = entry.extraSize >= 16 ? await file.table(extra + 8, 8) : null;
      return { l1Offset: entry.l1Offset, l1Size: entry.l1Size, size: own?.getBigUint64(0) || size };
    }
    if (names.length < 16) names.push(name);
    at = Math.ceil((extra + entry.extraSize + entry.idLength + entry.nameLength) / 8) * 8;
  }
  const there = names.length === 0 ? 'it has none' : `it has ${printable(names.join(', '))}`;
  throw file.unsupported(`no internal snapshot is called ${printable(wanted)}: ${there}`);
}
