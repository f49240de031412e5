import { jsonParts } from './jsonParts.ts';

/**
 * A document whose lists may not fit into memory: what stands before them, the lists, and what only their end tells.
 *
 * @typeParam Lists the type of an item, by the name of its list
 */
export interface DocumentStream<Head extends object, Lists extends object, Tail extends object> {
  readonly head: Head;
  /** In the order of the document. Each call reads the items anew. */
  readonly lists: { readonly [Name in keyof Lists]: () => AsyncIterable<Lists[Name]> };
  /** To be asked for when the lists have ended. */
  readonly tail: () => Tail;
}

/** The document that a stream makes. */
export type Streamed<Head, Lists, Tail> = Head & { readonly [Name in keyof Lists]: readonly Lists[Name][] } & Tail;

/** The text of the document as JSON.stringify with an indent of 2 gives it, in parts: one item at a time is held. */
export function streamParts<Head extends object, Lists extends object, Tail extends object>({
  head,
  lists,
  tail,
}: DocumentStream<Head, Lists, Tail>): AsyncGenerator<string> {
  const streamed = Object.entries<() => AsyncIterable<unknown>>(lists).map(([name, items]) => ({
    name,
    items: items(),
  }));
  return jsonParts(head, streamed, tail);
}

/** The whole document: all items of its lists are held. */
export async function wholeDocument<Head extends object, Lists extends object, Tail extends object>({
  head,
  lists,
  tail,
}: DocumentStream<Head, Lists, Tail>): Promise<Streamed<Head, Lists, Tail>> {
  const whole: Record<string, unknown[]> = {};
  for (const [name, items] of Object.entries<() => AsyncIterable<unknown>>(lists)) {
    const list: unknown[] = [];
    for await (const item of items()) list.push(item);
    whole[name] = list;
  }
  // The items of each list are what the type of the stream says.
  return { ...head, ...whole, ...tail() } as Streamed<Head, Lists, Tail>;
}
