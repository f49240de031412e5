import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import { type Dva, decodeDva } from './blkptr.ts';
import {
  DDT_FLAT_PHYS,
  DDT_KEY_PROPS,
  DDT_KEY_WORDS,
  DDT_LOG,
  DDT_LOG_INFO,
  DDT_OLD_PHYS,
  DDT_PHYS,
} from './ddt.layout.ts';

const SECTOR = 512;

/** What a block is known by in a dedup table. */
export interface DdtKey {
  readonly checksumWords: readonly bigint[];
  readonly lsize: number;
  readonly psize: number;
  readonly compression: number;
  readonly crypt: boolean;
}

/** Copies of one block that were written together. */
export interface DdtCopies {
  readonly dvas: readonly Dva[];
  readonly references: bigint;
  readonly physicalBirth: Txg;
}

/** Head of a log of a fast dedup table. */
export interface DdtLogHeader {
  readonly version: number;
  readonly flushing: boolean;
  /** Bytes of records. */
  readonly length: bigint;
  readonly firstTxg: Txg;
}

/** @throws FormatError `format-bounds` when the key has not five words */
export function decodeDdtKey(words: readonly bigint[], place: Place): DdtKey {
  if (words.length !== DDT_KEY_WORDS) {
    throw new FormatError('format-bounds', 'dedup table key', `${DDT_KEY_WORDS} words`, `${words.length}`, place);
  }
  const props = words[DDT_KEY_WORDS - 1] ?? 0n;
  return {
    checksumWords: words.slice(0, DDT_KEY_WORDS - 1),
    lsize: (Number(DDT_KEY_PROPS.lsize(props)) + 1) * SECTOR,
    psize: (Number(DDT_KEY_PROPS.psize(props)) + 1) * SECTOR,
    compression: Number(DDT_KEY_PROPS.compression(props)),
    crypt: DDT_KEY_PROPS.crypt(props) === 1n,
  };
}

/**
 * The copies that an entry knows; those that were never made are left out.
 *
 * @param entry decompressed: 256 bytes of an old table, 72 of a fast one
 * @throws FormatError `format-bounds` for any other length
 * Source: include/sys/ddt.h, ddt_univ_phys_t
 */
export function decodeDdtCopies(entry: Uint8Array, littleEndian: boolean, place: Place): DdtCopies[] {
  const flat = entry.length === DDT_FLAT_PHYS.size;
  if (!flat && entry.length !== DDT_OLD_PHYS.size) {
    const expected = `${DDT_FLAT_PHYS.size} or ${DDT_OLD_PHYS.size} bytes`;
    throw new FormatError('format-bounds', DDT_PHYS.name, expected, `${entry.length} bytes`, place);
  }
  return Array.from({ length: flat ? 1 : DDT_OLD_PHYS.count }, (_, i) => {
    const at = i * DDT_PHYS.size;
    const phys = read(DDT_PHYS, entry.subarray(at), littleEndian, inside(place, `copies ${i}`, at));
    const { dvas: words, references, physicalBirth } = phys;
    return { dvas: decodeDvas(words), references, physicalBirth: asTxg(physicalBirth) };
  }).filter(({ physicalBirth }) => physicalBirth !== 0n);
}

/**
 * @throws FormatError `format-bounds` below 64 bytes
 * Source: module/zfs/ddt_log.c, ddt_log_load_one
 */
export function decodeDdtLog(bonus: Uint8Array, littleEndian: boolean, place: Place): DdtLogHeader {
  const { info, length, firstTxg } = read(DDT_LOG, bonus, littleEndian, place);
  return {
    version: Number(DDT_LOG_INFO.version(info)),
    flushing: DDT_LOG_INFO.flushing(info) === 1n,
    length,
    firstTxg: asTxg(firstTxg),
  };
}

function decodeDvas(words: readonly bigint[]): Dva[] {
  const dvas: Dva[] = [];
  for (let i = 0; i + 1 < words.length; i += 2) {
    const [word0 = 0n, word1 = 0n] = words.slice(i, i + 2);
    const dva = decodeDva(word0, word1);
    if (dva !== null) dvas.push(dva);
  }
  return dvas;
}
