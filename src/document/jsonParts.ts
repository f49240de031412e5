import { jsonSafe } from './jsonSafe.ts';

/** Characters that are worth a write of their own. */
const PART = 32 * 1024;

/**
 * The text of `document` as JSON.stringify with an indent of 2 gives it, in parts: never more than one item of its lists
 * at a time, but for small ones.
 */
export function* documentParts(document: object): Generator<string> {
  let text = '{';
  for (const piece of pieces(document)) {
    text += piece;
    if (text.length < PART) continue;
    yield text;
    text = '';
  }
  yield `${text}}\n`;
}

function* pieces(document: object): Generator<string> {
  let lead = '';
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue;
    const begin = `${lead}\n  ${JSON.stringify(name)}: `;
    lead = ',';
    if (!Array.isArray(value) || value.length === 0) yield begin + indented([value], 1);
    else {
      for (const [i, item] of value.entries()) yield `${i === 0 ? `${begin}[` : ','}\n    ${indented([[item]], 2)}`;
      yield '\n  ]';
    }
  }
  if (lead !== '') yield '\n';
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
      yield `${between}\n    ${indented([[item]], 2)}`;
      between = ',';
    }
    yield between === '' ? ']' : '\n  ]';
  }
  const last = membersOf(tail());
  yield `${last === '' ? '' : lead}${last}\n}\n`;
}

const membersOf = (members: object): string =>
  Object.entries(members)
    .map(([name, value]) => `\n  ${JSON.stringify(name)}: ${indented([value], 1)}`)
    .join();

/** Characters that `depth` lists put before and behind what is in them alone, each on a line that its depth indents. */
const AROUND = { 1: ['[\n  '.length, '\n]'.length], 2: ['[\n  [\n    '.length, '\n  ]\n]'.length] } as const;

/**
 * A value as it stands in a document.
 *
 * @param nested the value in `depth` lists
 */
function indented(nested: readonly unknown[], depth: keyof typeof AROUND): string {
  const [before, behind] = AROUND[depth];
  return jsonSafe(JSON.stringify(nested, null, 2).slice(before, -behind));
}
