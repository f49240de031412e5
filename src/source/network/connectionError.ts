import { SourceError } from '../source.ts';

/** It is of the connection and not of the bytes: the same read may succeed on another one. */
export class ConnectionError extends SourceError {
  constructor(code: SourceError['code'], message: string, source: string, options?: { cause?: unknown }) {
    super(code, message, { source, offset: 0, path: [] }, options);
  }
}

/** The server said what its protocol does not allow. */
export const wrongAnswer = (source: string, expected: string, found: string | number | bigint): ConnectionError =>
  new ConnectionError('wrong-answer', `the server broke its protocol: expected ${expected}, found ${found}`, source);
