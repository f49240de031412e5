import type { ZfsUberError } from '../bytes/errors.ts';
import type { Attempt } from '../pool/blockRead.ts';

/**
 * What became of a root block.
 *
 * `reads` some copy is sound and is a meta-object set; `destroyed` no copy is the block that was written; `unread` no
 * copy that could be read is, and a device gave an error where another stands; `corrupted`
 * the checksum holds and the content is nonsense; `missing-devices` every copy lies on devices that are absent;
 * `unsupported` this library lacks what it takes; `not-checked` nobody looked.
 */
export type RootState =
  | 'reads'
  | 'destroyed'
  | 'unread'
  | 'corrupted'
  | 'missing-devices'
  | 'unsupported'
  | 'not-checked';

export interface RootCheck {
  readonly state: RootState;
  /** Where each copy was looked for and what was found: evidence, also when the block reads. */
  readonly attempts: readonly Attempt[];
  /** Of the block pointer: `0:1a2b000`, vdev and byte offset, as zdb prints them. */
  readonly copies: readonly string[];
  readonly error: ZfsUberError | null;
}

export const NOT_CHECKED: RootCheck = { state: 'not-checked', attempts: [], copies: [], error: null };
