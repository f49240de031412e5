import { ConnectionError } from '../../source/network/connectionError.ts';
import { SourceError } from '../../source/source.ts';
import { systemCode } from '../../source/sourceCodes.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the server ended the connection',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'it does not answer',
  EPIPE: 'the server ended the connection',
  ENOENT: 'there is no such socket',
  EACCES: 'no permission to use the socket',
};

/** What Node says of a connection as an error of ours; a mistake of ours is thrown as it is. */
export function connectionError(error: unknown, name: string): SourceError {
  if (error instanceof SourceError) return error;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
  const { code } = error;
  if (/^(E[A-Z_]+|HPE_[A-Z_]+)$/.test(code) && !code.startsWith('ERR_')) {
    const why = SENTENCES[code] ?? error.message;
    return new ConnectionError(systemCode(code), `${code}: ${why}`, name, { cause: error });
  }
  // TLS: another try does not make a certificate hold.
  const place = { source: name, offset: 0, path: [] };
  return new SourceError('refused', `TLS: ${error.message}`, place, { cause: error });
}
