import { expect, it } from 'vitest';
import { ChecksumError, FormatError, LimitError, UnsupportedError, type ZfsUberError } from '../../src/bytes/errors.ts';
import { type Attempt, UnavailableBlockError } from '../../src/pool/blockRead.ts';
import { type ErrorCause, errorCause } from '../../src/pool/errorCause.ts';
import { SourceError } from '../../src/source/source.ts';

const PLACE = { source: 'd', offset: 0, path: [] };
const EIO = new SourceError('EIO', 'x', PLACE);
const attempt = (outcome: Attempt['outcome'], error: ZfsUberError | null = null): Attempt => ({
  place: PLACE,
  vdev: 'd',
  outcome,
  error,
});
const lost = (...attempts: readonly Attempt[]) => new UnavailableBlockError('x', attempts, PLACE);

class GoneError extends SourceError {
  override get gone(): boolean {
    return true;
  }
}

it.each<[ErrorCause, string, ZfsUberError]>([
  ['missing-device', 'no copy has a device', lost(attempt('absent'), attempt('absent'))],
  ['damage', 'a copy was there and is wrong', lost(attempt('absent'), attempt('wrong'))],
  [
    'failed-read',
    'a copy could not be read, whatever the others are',
    lost(attempt('wrong'), attempt('unreadable', EIO)),
  ],
  ['failed-read', 'the device gave an error', EIO],
  ['unsupported', 'the device went away', new GoneError('ENXIO', 'x', PLACE)],
  ['unsupported', 'this library lacks what it takes', new UnsupportedError('x', PLACE)],
  ['unsupported', 'it is more than is looked at', new LimitError('x', PLACE)],
  ['damage', 'the content makes no sense', new FormatError('format-value', 'x', 'a', 'b', PLACE)],
  ['damage', 'the checksum fails', new ChecksumError('sha256', [0n, 0n, 0n, 0n], [1n, 0n, 0n, 0n], PLACE)],
])('%s: %s', (cause, _, error) => {
  expect(errorCause(error)).toBe(cause);
});
