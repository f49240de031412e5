import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { MICRO_ZAP, MICRO_ZAP_ENTRY, ZAP_BLOCK } from './zap.layout.ts';
import { ZapEntry } from './zapEntry.ts';

const NAME = MICRO_ZAP_ENTRY.fields.name;

/** A ZAP of one block: short names, one 64-bit integer each. */
export interface MicroZap {
  readonly salt: bigint;
  /** Bits: see ZAP_NORM. */
  readonly normFlags: bigint;
  /** In the order of the block. */
  readonly entries: readonly ZapEntry[];
}

/**
 * Decodes a micro ZAP.
 *
 * @param block the whole block; its length alone bounds the number of entries
 * @throws FormatError `format-bounds` below 64 bytes; `format-magic` when the block is of another kind
 * Source: module/zfs/zap_micro.c, mzap_open
 */
export function decodeMicroZap(block: Uint8Array, littleEndian: boolean, place: Place): MicroZap {
  const { blockType, salt, normFlags } = read(MICRO_ZAP, block, littleEndian, place);
  if (blockType !== ZAP_BLOCK.micro) {
    const found = `0x${blockType.toString(16)}`;
    throw new FormatError('format-magic', 'type of a micro ZAP', `0x${ZAP_BLOCK.micro.toString(16)}`, found, place);
  }
  const entries: ZapEntry[] = [];
  for (let at = MICRO_ZAP.size; at + MICRO_ZAP_ENTRY.size <= block.length; at += MICRO_ZAP_ENTRY.size) {
    if (block[at + NAME.offset] === 0) continue;
    const here = inside(place, `entry ${at / MICRO_ZAP_ENTRY.size - 1}`, at);
    const { value, differentiator, name } = read(MICRO_ZAP_ENTRY, block.subarray(at), littleEndian, here);
    const end = name.indexOf(0);
    const valueBytes = new Uint8Array(8);
    new DataView(valueBytes.buffer).setBigUint64(0, value);
    entries.push(
      new ZapEntry({
        nameBytes: end < 0 ? name : name.subarray(0, end),
        wordKey: false,
        integerSize: 8,
        valueBytes,
        differentiator,
        hash: null,
        place: here,
      }),
    );
  }
  return { salt, normFlags, entries };
}
