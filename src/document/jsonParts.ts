import { jsonSafe } from './jsonSafe.ts';

/**
 * The text of `document` as JSON.stringify with an indent of 2 gives it, in parts: never more than one item of its lists
 * at a time.
 */
export function* documentParts(document: object): Generator<string> {
  let lead = '{';
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue;
    yield `${lead}\n  ${JSON.stringify(name)}: `;
    lead = ',';
    if (!Array.isArray(value) || value.length === 0) yield indented(value, 2);
    else {
      for (const [i, item] of value.entries()) yield `${i === 0 ? '[' : ','}\n    ${indented(item, 4)}`;
      yield '\n  ]';
    }
  }
  yield lead === '{' ? '{}\n' : '\n}\n';
}

/** A member of a document whose items are made one after the other. */
export interface StreamedList {
  readonly name: string;
  readonly items: AsyncIterable<unknown>;
}

/**
 * The text of `{ ...head, [name]: [...items], ..., ...tail() }` as JSON.stringify with an indent of 2 gives it, in parts:
 * for lists that do not fit into memory.
 *
 * @param tail asked when the lists have ended: what only their end tells
 */
export async function* jsonParts(
  head: object,
  lists: readonly StreamedList[],
  tail: () => object,
): AsyncGenerator<string> {
  yield `{${membersOf(head)}`;
  let lead = Object.keys(head).length === 0 ? '' : ',';
  for (const { name, items } of lists) {
    yield `${lead}\n  ${JSON.stringify(name)}: [`;
    lead = ',';
    let between = '';
    for await (const item of items) {
      yield `${between}\n    ${indented(item, 4)}`;
      between = ',';
    }
    yield between === '' ? ']' : '\n  ]';
  }
  const last = membersOf(tail());
  yield `${last === '' ? '' : lead}${last}\n}\n`;
}

const membersOf = (members: object): string =>
  Object.entries(members)
    .map(([name, value]) => `\n  ${JSON.stringify(name)}: ${indented(value, 2)}`)
    .join();

/** Text in JSON has no line ends of its own. */
const indented = (value: unknown, columns: number): string =>
  jsonSafe(JSON.stringify(value, null, 2)).replaceAll('\n', `\n${' '.repeat(columns)}`);
