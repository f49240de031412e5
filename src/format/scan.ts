import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import { REMOVAL_WORD, SCAN_FUNCTIONS, SCAN_STATES, SCAN_WORD } from './scan.layout.ts';

export type ScanState = (typeof SCAN_STATES)[number] | 'unknown';

/** The last scrub or resilver. */
export interface Scan {
  readonly function: (typeof SCAN_FUNCTIONS)[number] | 'unknown';
  readonly state: ScanState;
  /** Blocks born after `minTxg` up to `maxTxg` are looked at. */
  readonly minTxg: Txg;
  readonly maxTxg: Txg;
  /** Seconds since 1970. */
  readonly startTime: bigint;
  readonly endTime: bigint;
  readonly toExamine: bigint;
  readonly examined: bigint;
  readonly processed: bigint;
  readonly errors: bigint;
}

/** The last removal of a top-level vdev. */
export interface Removal {
  readonly state: ScanState;
  /** Null when none was tried. */
  readonly vdev: bigint | null;
  /** The vdev removed last; each indirect vdev names the one before. Null when none was. */
  readonly previousIndirect: bigint | null;
  readonly startTime: bigint;
  readonly endTime: bigint;
  readonly toCopy: bigint;
  readonly copied: bigint;
}

const NONE = 2n ** 64n - 1n;

/**
 * @param words of the MOS directory's `scan`
 * @throws FormatError `format-bounds` when there are fewer than the counters
 * Source: module/zfs/dsl_scan.c, dsl_scan_init
 */
export function decodeScan(words: readonly bigint[], place: Place): Scan {
  const word = reader(words, SCAN_WORD.errors + 1, 'scan', place);
  return {
    function: named(SCAN_FUNCTIONS, word(SCAN_WORD.function)),
    state: named(SCAN_STATES, word(SCAN_WORD.state)),
    minTxg: asTxg(word(SCAN_WORD.minTxg)),
    maxTxg: asTxg(word(SCAN_WORD.maxTxg)),
    startTime: word(SCAN_WORD.startTime),
    endTime: word(SCAN_WORD.endTime),
    toExamine: word(SCAN_WORD.toExamine),
    examined: word(SCAN_WORD.examined),
    processed: word(SCAN_WORD.processed),
    errors: word(SCAN_WORD.errors),
  };
}

/**
 * @param words of the MOS directory's `com.delphix:removing`
 * @throws FormatError `format-bounds` when there are fewer than seven
 * Source: module/zfs/vdev_removal.c, spa_remove_init
 */
export function decodeRemoval(words: readonly bigint[], place: Place): Removal {
  const word = reader(words, REMOVAL_WORD.copied + 1, 'device removal', place);
  const orNull = (vdev: bigint): bigint | null => (vdev === NONE ? null : vdev);
  return {
    state: named(SCAN_STATES, word(REMOVAL_WORD.state)),
    vdev: orNull(word(REMOVAL_WORD.vdev)),
    previousIndirect: orNull(word(REMOVAL_WORD.previousIndirect)),
    startTime: word(REMOVAL_WORD.startTime),
    endTime: word(REMOVAL_WORD.endTime),
    toCopy: word(REMOVAL_WORD.toCopy),
    copied: word(REMOVAL_WORD.copied),
  };
}

function reader(words: readonly bigint[], least: number, what: string, place: Place): (index: number) => bigint {
  if (words.length < least) {
    throw new FormatError('format-bounds', what, `${least} words`, `${words.length} words`, place);
  }
  return (index) => words[index] ?? 0n;
}

const named = <Name extends string>(names: readonly Name[], number: bigint): Name | 'unknown' =>
  (number < BigInt(names.length) ? names[Number(number)] : undefined) ?? 'unknown';
