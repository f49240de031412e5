import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { asGuid, asTxg, type Guid, type Txg } from '../bytes/units.ts';

/** Words of a bookmark by version. Source: include/sys/dsl_bookmark.h, BOOKMARK_PHYS_SIZE_V1, V2 (OpenZFS 2.4.99). */
const LEAST_WORDS = 3;

/** What is left of a snapshot to send from. */
export interface Bookmark {
  /** Of the snapshot. */
  readonly guid: Guid;
  readonly creationTxg: Txg;
  /** Seconds since 1970. */
  readonly creationTime: bigint;
  /** Object of the redaction list; null without. */
  readonly redaction: bigint | null;
}

/**
 * @param words the value of an entry of a dataset's bookmark ZAP
 * @throws FormatError `format-bounds` below three words
 * Source: module/zfs/dsl_bookmark.c, dsl_bookmark_lookup_impl; include/sys/dsl_bookmark.h, zfs_bookmark_phys_t
 */
export function decodeBookmark(words: readonly bigint[], place: Place): Bookmark {
  if (words.length < LEAST_WORDS) {
    throw new FormatError('format-bounds', 'bookmark', `${LEAST_WORDS} words`, `${words.length} words`, place);
  }
  const [guid = 0n, creationTxg = 0n, creationTime = 0n, redaction = 0n] = words;
  return {
    guid: asGuid(guid),
    creationTxg: asTxg(creationTxg),
    creationTime,
    redaction: redaction === 0n ? null : redaction,
  };
}
