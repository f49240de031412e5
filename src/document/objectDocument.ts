import { BONUS } from '../dataset/bonus.ts';
import type { DmuObject, TreePointer } from '../dataset/object.ts';
import { Blkptr } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import { compressionKind } from '../format/compressionKinds.ts';
import { decodeDslDataset } from '../format/dslDataset.ts';
import { decodeDslDir } from '../format/dslDir.ts';
import { objectTypeName } from '../format/objectTypes.ts';
import type { ZapEntry } from '../format/zapEntry.ts';
import { type BlockEntry, blockEntry } from './blockEntry.ts';
import type { DocumentStream } from './documentStream.ts';
import { hexText, type JsonNvList } from './nvlistJson.ts';
import type { ViewHead } from './viewHead.ts';
import type { StreamEnd } from './viewStream.ts';

/** What `object --json` begins with. */
export interface ObjectHead extends ViewHead {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/object/1';
  /** Name of the dataset; `mos` for the meta-object set. */
  readonly dataset: string;
  /** Null when there is nothing that could be looked at. */
  readonly object: ObjectEntry | null;
}

/** An item of each of its lists. */
export interface ObjectLists {
  readonly blocks: TreeEntry;
  readonly entries: ZapEntryText;
}

export type ObjectStream = DocumentStream<ObjectHead, ObjectLists, StreamEnd>;
/** `object --json`. */
export interface ObjectDocument extends ObjectHead, StreamEnd {
  /** Every pointer of its tree but holes, each before those below it. */
  readonly blocks: readonly TreeEntry[];
  /** Of a ZAP; empty for others. */
  readonly entries: readonly ZapEntryText[];
}

export interface ObjectEntry {
  /** Its number. */
  readonly id: string;
  /** Of the object. */
  readonly type: string;
  /** Of its tree; 1 for content alone. */
  readonly levels: number;
  /** Of an indirect block. */
  readonly indirectBlockBytes: number;
  /** Of a block of content. */
  readonly dataBlockBytes: number;
  /** What it takes on the devices. */
  readonly usedBytes: string;
  /** As the number of its blocks gives it; what a file says of its length is in the bonus. */
  readonly lengthBytes: string;
  /** Of its dnode. */
  readonly dnodeBytes: number;
  /** The kind that new blocks get. */
  readonly checksum: string;
  /** The kind that new blocks get. */
  readonly compression: string;
  /** As stored. */
  readonly flags: number;
  /** The highest block of content. */
  readonly maxBlockId: string;
  /** What is kept in the dnode itself; null without. */
  readonly bonus: BonusEntry | null;
  /** The block that the bonus goes on in; null without. */
  readonly spill: BlockEntry | null;
  /** A packed nvlist, as far as the object is one. */
  readonly nvlist: JsonNvList | null;
}

export interface BonusEntry {
  /** Of the content. */
  readonly type: string;
  /** Of the bonus. */
  readonly lengthBytes: number;
  /** All of it. */
  readonly hex: string;
  /** Of DSL directories and datasets; null for others. */
  readonly fields: Readonly<Record<string, unknown>> | null;
}

export interface TreeEntry extends BlockEntry {
  /** Position among the blocks of its level. */
  readonly blockId: string;
  /** In the object, of the first byte below. */
  readonly offsetBytes: string;
}

export interface ZapEntryText {
  /** Hexadecimal where it is no text. */
  readonly name: string;
  /** Bytes of one integer of the value. */
  readonly integerSize: number;
  /** The integers; of bytes one hexadecimal text. */
  readonly values: readonly string[];
  /** Of bytes, up to their NUL. */
  readonly text: string | null;
}

/**
 * @param nvlist content of a packed nvlist
 * @throws FormatError when the bonus passes the end of the dnode
 */
export function objectEntry({ id, dnode }: DmuObject, nvlist: JsonNvList | null): ObjectEntry {
  return {
    id: id.toString(),
    type: objectTypeName(dnode.type),
    levels: dnode.levels,
    indirectBlockBytes: 2 ** dnode.indirectShift,
    dataBlockBytes: dnode.dataBlockSize,
    usedBytes: dnode.usedBytes.toString(),
    lengthBytes: dnode.length.toString(),
    dnodeBytes: dnode.size,
    checksum: checksumKind(dnode.checksum) ?? `unknown-${dnode.checksum}`,
    compression: compressionKind(dnode.compression) ?? `unknown-${dnode.compression}`,
    flags: dnode.flags,
    maxBlockId: dnode.maxBlockId.toString(),
    bonus: dnode.bonusLength === 0 ? null : bonusEntry(dnode),
    spill: dnode.spill === null ? null : blockEntry(dnode.spill),
    nvlist,
  };
}

function bonusEntry({ bonus, bonusType, bonusPlace, littleEndian }: DmuObject['dnode']): BonusEntry {
  const decode = bonusType === BONUS.dslDir ? decodeDslDir : bonusType === BONUS.dslDataset ? decodeDslDataset : null;
  return {
    type: objectTypeName(bonusType),
    lengthBytes: bonus.length,
    hex: hexText(bonus),
    fields: decode === null ? null : fieldsOf(decode(bonus, littleEndian, bonusPlace)),
  };
}

function fieldsOf(decoded: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(decoded).map(([name, value]) => [name, fieldOf(value)]));
}

function fieldOf(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Blkptr) return blockEntry(value);
  return typeof value === 'object' && value !== null ? fieldsOf(value) : value;
}

export function treeEntry({ bp, level, blockId }: TreePointer, { dnode }: DmuObject): TreeEntry {
  const span = BigInt(dnode.dataBlockSize) * dnode.blocksBelow(level);
  return { blockId: blockId.toString(), offsetBytes: (blockId * span).toString(), ...blockEntry(bp) };
}

export function zapEntryText(entry: ZapEntry): ZapEntryText {
  const { name, integerSize } = entry;
  const values = integerSize === 1 ? [hexText(entry.valueBytes)] : entry.integers.map(String);
  return { name, integerSize, values, text: entry.text };
}
