import { UsageError } from '../../bytes/errors.ts';

/** Where on a network a source is. */
export type NetworkAddress = NbdAddress | HttpAddress;

export interface NbdAddress {
  readonly kind: 'nbd';
  /** As it may be printed. */
  readonly shown: string;
  /** The same without anything behind it, for other programs. */
  readonly uri: string;
  readonly tls: boolean;
  readonly exportName: string;
  readonly at: { readonly host: string; readonly port: number } | { readonly socket: string };
  /** Folder with `ca-cert.pem`, and `client-cert.pem` and `client-key.pem`; null for what the system trusts. */
  readonly certificates: string | null;
  /** For TLS by a key that both sides know; null for certificates. */
  readonly sharedKey: { readonly file: string; readonly user: string | null } | null;
}

export interface HttpAddress {
  readonly kind: 'http';
  /** As it may be printed: without name and password, and without what follows `?`, which may be a signature. */
  readonly shown: string;
  readonly url: URL;
  /** Something is left out of `shown`. */
  readonly secret: boolean;
}

/** Source: IANA, service names and port numbers */
const NBD_PORT = 10809;
/** Source: NetworkBlockDevice/nbd, doc/uri.md */
const NBD_PARAMETERS: ReadonlySet<string> = new Set(['socket', 'tls-certificates', 'tls-psk-file']);

/**
 * `nbd://HOST[:PORT]/[EXPORT]`, `nbd+unix:///[EXPORT]?socket=PATH`, the same with `nbds`, and `http://`, `https://`.
 *
 * @param text that begins as one
 * @throws UsageError when it is none
 * Source: NetworkBlockDevice/nbd, doc/uri.md; RFC 3986
 */
export function parseNetworkSpec(text: string): NetworkAddress {
  if (!URL.canParse(text)) throw new UsageError(`${withoutSecrets(text)}: this is no address`);
  const url = new URL(text);
  return url.protocol.startsWith('http') ? httpAddress(url) : nbdAddress(url);
}

/** A word of a command line as it may be kept: an address without what may be a secret. */
export function withoutSecret(word: string): string {
  return /^[a-z+]+:\/\//i.test(word) ? withoutSecrets(word) : word;
}

function httpAddress(url: URL): HttpAddress {
  url.hash = '';
  const secret = url.search !== '' || url.username !== '' || url.password !== '';
  return { kind: 'http', shown: `${url.origin}${url.pathname}${url.search === '' ? '' : '?...'}`, url, secret };
}

/** What of a text may be printed of which nothing is known. */
const withoutSecrets = (text: string): string => text.replace(/\?.*$/s, '?...').replace(/\/\/[^/]*@/, '//');

function nbdAddress(url: URL): NbdAddress {
  const wrong = (why: string): UsageError => new UsageError(`${withoutSecrets(url.href)}: ${why}`);
  const tls = url.protocol.startsWith('nbds');
  const unix = url.protocol.endsWith('+unix:');
  const socket = url.searchParams.get('socket');
  const certificates = url.searchParams.get('tls-certificates');
  const keyFile = url.searchParams.get('tls-psk-file');
  for (const name of url.searchParams.keys()) {
    if (!NBD_PARAMETERS.has(name)) throw wrong(`behind ? only ${[...NBD_PARAMETERS].join(', ')} are known`);
  }
  if (url.password !== '') throw wrong('NBD has no passwords');
  if (url.username !== '' && keyFile === null) throw wrong('NBD has a name only with tls-psk-file');
  if ((certificates ?? keyFile) !== null && !tls) throw wrong('certificates and keys are for TLS: nbds://');
  if (certificates !== null && keyFile !== null) throw wrong('it has either certificates or a key');
  const user = url.username === '' ? null : decoded(url.username, wrong);
  const sharedKey = keyFile === null ? null : { file: keyFile, user };
  const exportName = decoded(url.pathname.replace(/^\//, ''), wrong);
  const named = { kind: 'nbd', tls, exportName, certificates, sharedKey, shown: url.href, uri: url.href } as const;
  if (unix) {
    if (socket === null || url.host !== '') throw wrong('it is nbd+unix:///EXPORT?socket=PATH');
    return { ...named, at: { socket } };
  }
  if (socket !== null || url.hostname === '') throw wrong('it is nbd://HOST[:PORT]/EXPORT');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { ...named, at: { host, port: url.port === '' ? NBD_PORT : Number(url.port) } };
}

function decoded(text: string, wrong: (why: string) => UsageError): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('its name of the export is not encoded as an address');
  }
}
