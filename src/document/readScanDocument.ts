import { FormatError } from '../bytes/errors.ts';
import type { ScanDocument } from './scanDocument.ts';

/** What the schemas of this package are made of; other words of JSON Schema they do not use. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Deeper than any document of ours: a tree of vdevs has a dozen levels. */
const DEEPEST = 100;
/** Names of fields that hold a txg: they are counted with, so they have to be numbers. */
const TXG_NAMES: ReadonlySet<string> = new Set(['txg', 'creationTxg', 'heldBy', 'afterTxg', 'birthTxg']);
const TXG = /^\d{1,20}$/;

/**
 * Takes a file for what `scan --json` has printed, once it is seen to be that.
 *
 * @param schema of the document: schema/scan.json
 * @param name of the file
 * @throws FormatError that says where the text is something else
 */
export function readScanDocument(text: string, schema: Schema, name: string): ScanDocument {
  const document = parsed(text, name);
  const trouble = troubleOf(document, schema, schema.definitions ?? {}, [], 0);
  if (trouble !== null) throw refusal(name, trouble.path, trouble.expected, trouble.found);
  return document as ScanDocument;
}

const refusal = (name: string, path: readonly string[], expected: string, found: string): FormatError =>
  new FormatError('format-value', 'document of a scan', expected, found, { source: name, offset: 0, path });

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refusal(name, [], 'JSON', 'other text');
  }
}

interface Trouble {
  readonly path: readonly string[];
  readonly expected: string;
  readonly found: string;
}

/** The first thing about a value that its schema does not allow; null where there is none. */
function troubleOf(
  value: unknown,
  schema: Schema,
  definitions: Readonly<Record<string, Schema>>,
  path: readonly string[],
  depth: number,
): Trouble | null {
  const trouble = (expected: string): Trouble => ({ path, expected, found: shortly(value) });
  if (depth > DEEPEST) return trouble(`at most ${DEEPEST} levels`);
  const inner = (part: unknown, of: Schema, name: string | null) =>
    troubleOf(part, of, definitions, name === null ? path : [...path, name], depth + 1);
  if (schema.$ref !== undefined) {
    const name = decodeURIComponent(schema.$ref.replace('#/definitions/', ''));
    return inner(value, definitions[name] ?? {}, null);
  }
  if (schema.const !== undefined && value !== schema.const) return trouble(shortly(schema.const));
  if (schema.enum !== undefined && !schema.enum.includes(value)) return trouble(`one of ${schema.enum.join(', ')}`);
  if (schema.anyOf?.every((each) => inner(value, each, null) !== null)) {
    return trouble('another kind of value');
  }
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return trouble(types.join(' or '));
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? null : first(value.entries(), ([at, each]) => inner(each, items, String(at)));
  }
  if (typeof value !== 'object' || value === null) return null;
  const missing = (schema.required ?? []).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return { path, expected: `a field ${missing}`, found: 'none' };
  return first(Object.entries(value), ([name, each]) => {
    if (TXG_NAMES.has(name) && typeof each === 'string' && !TXG.test(each)) {
      return { path: [...path, name], expected: 'a txg', found: shortly(each) };
    }
    const { properties = {}, additionalProperties } = schema;
    const own = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return typeof own === 'object' ? inner(each, own, name) : null;
  });
}

function first<T>(items: Iterable<T>, find: (item: T) => Trouble | null): Trouble | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

const shortly = (value: unknown): string => {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  return value === null || typeof value !== 'object' ? String(value) : Array.isArray(value) ? 'a list' : 'an object';
};
