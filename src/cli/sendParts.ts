import { jsonSafe } from '../document/jsonSafe.ts';
import type { Terminal } from './terminal.ts';

/** Prints parts as they are made; ends early when nobody reads any more. */
export async function sendParts({ send }: Terminal, parts: AsyncIterable<string> | Iterable<string>): Promise<void> {
  for await (const part of parts) if (!(await send(part))) return;
}

/** Prints a document whole. */
export const sendJson = (terminal: Terminal, document: object): void =>
  terminal.out(`${jsonSafe(JSON.stringify(document, null, 2))}\n`);
