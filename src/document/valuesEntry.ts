import { ZfsUberError } from '../bytes/errors.ts';
import type { DataEntry, Value, Values } from './parts.types.ts';
import { placeOfError } from './reasonEntry.ts';

/** With what JSON has no exact number for as decimal strings. */
export const valuesEntry = (values: object): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueEntry(value)]));

/** The same of values that go with a kind. */
export const dataEntry = <Kind extends string>({ kind, ...values }: { readonly kind: Kind }): DataEntry<Kind> => ({
  kind,
  ...valuesEntry(values),
});

function valueEntry(value: unknown): Value {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(valueEntry);
  if (value instanceof ZfsUberError) return placeOfError(value);
  return typeof value === 'object' && value !== null ? valuesEntry(value) : null;
}
