import { LimitError, UnsupportedError, type ZfsUberError } from '../bytes/errors.ts';
import { isSilent } from '../source/source.ts';
import { failedReadsIn, UnavailableBlockError } from './blockRead.ts';

/**
 * What an error says of what was to be read. `failed-read`: a device gave an error where it may stand, so that it may be
 * there all the same; `unsupported`: it cannot be told, because this library lacks what it takes, or the device was not asked or went away.
 */
export type ErrorCause = 'missing-device' | 'damage' | 'failed-read' | 'unsupported';

export function errorCause(error: ZfsUberError): ErrorCause {
  if (isSilent(error) || error instanceof UnsupportedError || error instanceof LimitError) return 'unsupported';
  if (error instanceof UnavailableBlockError && error.becauseMissing) return 'missing-device';
  return failedReadsIn(error).length > 0 ? 'failed-read' : 'damage';
}
