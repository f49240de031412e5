import { LimitError } from '../bytes/errors.ts';
import type { Laid } from './overlaid.ts';

/** Bytes of a cluster: what QEMU takes itself. */
export const CLUSTER = 65536;
const CLUSTER_BITS = 16;
/** Entries of one L2 table, and of one block of reference counts of two bytes. */
const L2_ENTRIES = CLUSTER / 8;
const COUNTS = CLUSTER / 2;
/** Of L1 and L2 entries: the cluster is written in place. */
const COPIED = 1n << 63n;

const MAGIC = 0x514649fb;
const VERSION = 3;
const HEADER_LENGTH = 104;
/** Two bytes a count. */
const REFCOUNT_ORDER = 4;
/** The format of the file below. Without it QEMU guesses it from bytes that anybody may have written there. */
const BACKING_FORMAT = 0xe2792aca;
/** Source: QEMU, block/qcow2.c, qcow2_open: backing file name too long */
const LONGEST_NAME = 1023;

/** What a qcow2 file is laid over. */
export interface Backing {
  /** As QEMU opens it: a path, or `json:` and a description. Bytes, because paths are. */
  readonly name: Uint8Array;
  /** Of QEMU. */
  readonly format: 'raw' | 'qcow2';
}

/**
 * A qcow2 file that has `laid` and leads to `backing` for all else. Its size is that of the vdev, to the sector: the
 * places of the two labels at the end are counted from it.
 *
 * @param size bytes, a multiple of 512
 * @param laid whole clusters, ascending; of the last one as much as there is
 * @returns the file: 64 KiB a cluster, and some 320 KiB
 * @throws LimitError when the name is longer than a qcow2 file can hold
 * Source: QEMU, docs/interop/qcow2.rst
 */
export function qcow2Overlay(size: number, backing: Backing, laid: readonly Laid[]): Uint8Array {
  if (backing.name.length > LONGEST_NAME) {
    throw new LimitError(`a path of more than ${LONGEST_NAME} bytes does not fit into a qcow2 file`, null);
  }
  const clusters = laid.flatMap((each) => [...clustersOf(each)]);
  const tables = [...new Set(clusters.map(({ index }) => Math.floor(index / L2_ENTRIES)))];
  const l1Size = Math.ceil(size / (CLUSTER * L2_ENTRIES));
  const l1Clusters = Math.max(1, Math.ceil((l1Size * 8) / CLUSTER));
  const l2At = 3 + l1Clusters;
  const dataAt = l2At + tables.length;
  const count = dataAt + clusters.length;
  if (count > COUNTS) throw new LimitError(`an overlay of more than ${COUNTS} clusters`, null);
  const file = new Uint8Array(count * CLUSTER);
  const view = new DataView(file.buffer);
  putHeader(file, { size, backing, l1Size });
  view.setBigUint64(CLUSTER, BigInt(2 * CLUSTER));
  for (let cluster = 0; cluster < count; cluster++) view.setUint16(2 * CLUSTER + cluster * 2, 1);
  for (const [i, table] of tables.entries()) {
    view.setBigUint64(3 * CLUSTER + table * 8, COPIED | BigInt((l2At + i) * CLUSTER));
  }
  for (const [i, { index, bytes }] of clusters.entries()) {
    const table = l2At + tables.indexOf(Math.floor(index / L2_ENTRIES));
    const at = (dataAt + i) * CLUSTER;
    view.setBigUint64(table * CLUSTER + (index % L2_ENTRIES) * 8, COPIED | BigInt(at));
    file.set(bytes, at);
  }
  return file;
}

function* clustersOf({ offset, bytes }: Laid): Generator<{ readonly index: number; readonly bytes: Uint8Array }> {
  for (let at = 0; at < bytes.length; at += CLUSTER) {
    yield { index: (offset + at) / CLUSTER, bytes: bytes.subarray(at, at + CLUSTER) };
  }
}

interface Header {
  readonly size: number;
  readonly backing: Backing;
  readonly l1Size: number;
}

/** Clusters: the header, a table of blocks of counts, such a block, L1, the L2 tables, data. */
function putHeader(file: Uint8Array, { size, backing, l1Size }: Header): void {
  const view = new DataView(file.buffer);
  const format = new TextEncoder().encode(backing.format);
  const nameAt = HEADER_LENGTH + 8 + Math.ceil(format.length / 8) * 8 + 8;
  view.setUint32(0, MAGIC);
  view.setUint32(4, VERSION);
  view.setBigUint64(8, BigInt(nameAt));
  view.setUint32(16, backing.name.length);
  view.setUint32(20, CLUSTER_BITS);
  view.setBigUint64(24, BigInt(size));
  view.setUint32(36, l1Size);
  view.setBigUint64(40, BigInt(3 * CLUSTER));
  view.setBigUint64(48, BigInt(CLUSTER));
  view.setUint32(56, 1);
  view.setUint32(96, REFCOUNT_ORDER);
  view.setUint32(100, HEADER_LENGTH);
  view.setUint32(HEADER_LENGTH, BACKING_FORMAT);
  view.setUint32(HEADER_LENGTH + 4, format.length);
  file.set(format, HEADER_LENGTH + 8);
  file.set(backing.name, nameAt);
}
