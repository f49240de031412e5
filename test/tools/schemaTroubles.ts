import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Schema } from '../docs/schemas.ts';

interface Validate {
  (value: unknown): boolean;
  readonly errors?:
    | readonly { readonly instancePath: string; readonly message?: string; readonly params: unknown }[]
    | null;
}
interface AjvPackage {
  readonly Ajv: new (options: {
    readonly strict: boolean;
    readonly allErrors: boolean;
  }) => {
    compile(schema: Schema): Validate;
  };
}

const validators = new Map<string, Validate>();

/** How a document breaks the schema that is shipped for it; fields that it does not name are troubles here. */
export function schemaTroubles(document: unknown): string[] {
  const printed = JSON.parse(JSON.stringify(document)) as { readonly schema?: string };
  const name = /^zfs-uber\/([\w-]+)\/\d+$/.exec(printed.schema ?? '')?.[1] ?? 'none';
  const validate = validators.get(name) ?? validatorOf(name);
  validators.set(name, validate);
  if (validate(printed)) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

function validatorOf(name: string): Validate {
  const { Ajv } = createRequire(import.meta.url)('ajv') as AjvPackage;
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'schema', `${name}.json`), 'utf8');
  return new Ajv({ strict: false, allErrors: true }).compile(closed(JSON.parse(text) as Schema));
}

/** The same schema, for documents with no fields beside those that it has. */
function closed(schema: Schema): Schema {
  const each = (schemas: Readonly<Record<string, Schema>>) =>
    Object.fromEntries(Object.entries(schemas).map(([name, of]) => [name, closed(of)]));
  return {
    ...schema,
    ...(schema.properties && { properties: each(schema.properties), additionalProperties: false }),
    ...(typeof schema.additionalProperties === 'object' && {
      additionalProperties: closed(schema.additionalProperties),
    }),
    ...(schema.items && { items: closed(schema.items) }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map(closed) }),
    ...(schema.definitions && { definitions: each(schema.definitions) }),
  };
}
