import { documentParts } from '../document/jsonParts.ts';
import type { Terminal } from './terminal.ts';

/** Prints parts as they are made; ends early when nobody reads any more. */
export async function sendParts({ send }: Terminal, parts: AsyncIterable<string> | Iterable<string>): Promise<void> {
  for await (const part of parts) if (!(await send(part))) return;
}

/** Prints a document, the items of its lists one after the other: the text of all is never held. */
export const sendJson = (terminal: Terminal, document: object): Promise<void> =>
  sendParts(terminal, documentParts(document));
