import { SourceError } from '../source.ts';

/** It is of the connection and not of the bytes: the same read may succeed on another one. */
export class ConnectionError extends SourceError {
  override readonly name: string = 'ConnectionError';
  /** Milliseconds that the server asks to be left alone. */
  readonly restMs: number;
  constructor(
    code: SourceError['code'],
    message: string,
    source: string,
    { restMs = 0, ...options }: { readonly cause?: unknown; readonly restMs?: number } = {},
  ) {
    super(code, message, { source, offset: 0, path: [] }, options);
    this.restMs = restMs;
  }
}

/** The server said what its protocol does not allow. */
export const wrongAnswer = (source: string, expected: string, found: string | number | bigint): ConnectionError =>
  new ConnectionError('wrong-answer', `the server broke its protocol: expected ${expected}, found ${found}`, source);
