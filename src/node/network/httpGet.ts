import { Agent, type IncomingMessage, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { ConnectionError } from '../../source/network/connectionError.ts';
import type { HttpAnswer } from '../../source/network/httpAnswer.ts';
import type { HttpChoice } from '../../source/network/httpSource.ts';
import { SourceError } from '../../source/source.ts';
import type { HttpAddress } from './address.ts';
import { connectionError } from './connectionTrouble.ts';
import { type NetworkPatience, PATIENCE } from './socketStream.ts';

/** Connections to one server: a pool has many disks, and a server minds hundreds of them. */
const AT_ONCE = { keepAlive: true, maxSockets: 16 };
const AGENT = new Agent(AT_ONCE);
const SECURE_AGENT = new SecureAgent(AT_ONCE);
const MOST_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** GETs of one file. Where the server says that it lies elsewhere, it is asked for there from then on. */
export function httpGet({ url, shown }: HttpAddress, patience: NetworkPatience = PATIENCE): HttpChoice['get'] {
  let from = url;
  return async (headers) => {
    for (let redirects = 0; ; redirects++) {
      const message = await get(from, url, shown, headers, patience);
      const location = message.headers.location ?? null;
      if (location === null || !REDIRECTS.has(message.statusCode ?? 0)) return answerOf(message, shown);
      message.destroy();
      from = redirected(from, location, shown, redirects);
    }
  };
}

/** @throws SourceError `refused` for an address that is not followed */
function redirected(from: URL, location: string, shown: string, redirects: number): URL {
  const refused = (why: string) => new SourceError('refused', why, { source: shown, offset: 0, path: [] });
  if (redirects >= MOST_REDIRECTS) throw refused(`more than ${MOST_REDIRECTS} redirections`);
  if (!URL.canParse(location, from.href)) throw refused('a redirection to what is no address');
  const to = new URL(location, from.href);
  const safe = to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
  if (!safe) throw refused(`a redirection from ${from.protocol} to ${to.protocol}, which is not followed`);
  return to;
}

function get(
  to: URL,
  given: URL,
  name: string,
  headers: Readonly<Record<string, string>>,
  { silentMs }: NetworkPatience,
): Promise<IncomingMessage> {
  const secure = to.protocol === 'https:';
  // Name and password are for the server they were given with.
  const { username, password } = to.host === given.host ? given : { username: '', password: '' };
  const auth = username === '' ? null : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      try {
        reject(connectionError(error, name));
      } catch (mistake) {
        reject(mistake);
      }
    };
    const asked = (secure ? secureRequest : request)({
      protocol: to.protocol,
      hostname: to.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: to.port,
      path: `${to.pathname}${to.search}`,
      agent: secure ? SECURE_AGENT : AGENT,
      headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'zfs-uber' },
      ...(auth === null ? {} : { auth }),
    });
    let came: IncomingMessage | null = null;
    asked.setTimeout(silentMs, () => {
      (came ?? asked).destroy(new ConnectionError('ETIMEDOUT', `nothing came for ${silentMs / 1000} s`, name));
    });
    asked.on('error', fail);
    asked.once('response', (message) => {
      came = message;
      resolve(message);
    });
    asked.end();
  });
}

const answerOf = (message: IncomingMessage, name: string): HttpAnswer => ({
  status: message.statusCode ?? 0,
  header(field) {
    const found = message.headers[field] ?? null;
    return Array.isArray(found) ? found.join(', ') : found;
  },
  body: bodyParts(message, name),
  abandon() {
    // What it says while it ends nobody waits for.
    message.on('error', () => undefined);
    message.destroy();
  },
});

async function* bodyParts(message: IncomingMessage, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of message) if (part instanceof Uint8Array) yield part;
  } catch (error) {
    throw connectionError(error, name);
  }
}
