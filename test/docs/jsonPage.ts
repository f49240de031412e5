import { DOCUMENTS, type DocumentName, type Schema } from './schemas.ts';

// docs/json.md: every field of every document, made of the schemas.

const HEAD = `# JSON documents

<!-- Made by \`npm run docs\` of the types in src/document and their docstrings: do not edit. -->

Every field of every document. Each begins with \`schema\`, its name and version. What has a name here keeps name, type and
meaning for as long as that version stands; fields are added without a new one, so a program passes over those that it
does not know. The same as JSON Schema (draft-07): \`schema/NAME.json\`, in the package \`zfs-uber/schema/NAME.json\`, where
\`$id\` has the version too.

Quantities of 64 bits that may pass 2^53 are decimal strings; counts, indexes and seconds are numbers. A field with \`?\`
may be absent. Times are UTC.
`;

/** Versions before this one had no documents. */
const FIRST = '0.1.0';

export function jsonPage(schemas: ReadonlyMap<DocumentName, Schema>): string {
  const parts = new Map<string, Schema>();
  for (const { definitions = {} } of schemas.values()) {
    for (const [name, part] of Object.entries(definitions)) parts.set(partName(name, part, parts), part);
  }
  const documents = DOCUMENTS.map(([name, , from]) => {
    const schema = schemas.get(name) ?? {};
    return `## ${name}\n\n\`${schema.properties?.['schema']?.const}\`: ${from}.\n\n${table(schema)}`;
  });
  const sections = [...parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, part]) => `### ${name}\n\n${about(part)}${part.properties ? table(part) : `${typeText(part, true)}\n`}`,
    );
  const index = DOCUMENTS.map(([name]) => `[${name}](#${name})`).join(', ');
  return `${HEAD}\n${index}; [parts](#parts)\n\n${documents.join('\n')}\n## Parts\n\n${sections.join('\n')}`;
}

/** Two documents may call different things the same. */
function partName(name: string, part: Schema, known: ReadonlyMap<string, Schema>): string {
  const other = known.get(name);
  if (other === undefined || JSON.stringify(other) === JSON.stringify(part)) return name;
  throw new Error(`two documents have parts of the name ${name} that differ`);
}

const about = ({ description }: Schema): string => (description === undefined ? '' : `${cell(description)}\n\n`);

function table(schema: Schema): string {
  const rows = [...fieldsOf(schema, '')].map(({ path, field, meaning }) => {
    const unit = field.unit ?? unitOf(path, field);
    return `| \`${path}\` | ${typeText(field)} | ${unit} | ${cell(meaning)} | ${field.since ?? FIRST} |`;
  });
  return ['| field | type | unit | meaning | since |', '| --- | --- | --- | --- | --- |', ...rows, ''].join('\n');
}

export interface Field {
  /** `a.b`, `a[].b?`. */
  readonly path: string;
  readonly field: Schema;
  readonly meaning: string;
}

/** All fields of a schema, those of the objects within it after it. Fields of a record mean what it does. */
export function* fieldsOf(schema: Schema, before: string, inherited = ''): Generator<Field> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const path = `${before}${name}${schema.required?.includes(name) ? '' : '?'}`;
    const meaning = field.description ?? inherited;
    yield { path, field, meaning };
    const within = objectIn(field);
    if (within === null) continue;
    const record = Object.values(within.schema.properties ?? {}).every(({ description }) => description === undefined);
    yield* fieldsOf(within.schema, `${path.replace(/\?$/, '')}${within.list ? '[]' : ''}.`, record ? meaning : '');
  }
}

/** The object that a field is, or lists. */
function objectIn(field: Schema): { readonly schema: Schema; readonly list: boolean } | null {
  if (field.properties) return { schema: field, list: false };
  if (field.items) {
    const inner = objectIn(field.items);
    return inner && { ...inner, list: true };
  }
  return field.anyOf?.map(objectIn).find((each) => each !== null) ?? null;
}

/** Enumerations of more are listed where they are declared. */
const MANY = 12;

function typeText(schema: Schema, whole = false): string {
  if (schema.$ref !== undefined) {
    const name = decodeURIComponent(schema.$ref.replace('#/definitions/', ''));
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.anyOf) return schema.anyOf.map((each) => typeText(each)).join(' or ');
  if (schema.enum) {
    const values = schema.enum.map((value) => (value === null ? 'null' : `\`${String(value)}\``));
    return values.length > MANY && !whole ? `one of ${values.length} texts (see the schema)` : values.join(', ');
  }
  if (schema.type === 'array') return `list of ${schema.items ? typeText(schema.items) : 'anything'}`;
  if (typeof schema.type === 'object') return schema.type.join(' or ');
  if (schema.type === 'object' && !schema.properties && typeof schema.additionalProperties === 'object') {
    return `object of ${typeText(schema.additionalProperties)} by name`;
  }
  return schema.type ?? 'anything';
}

/** What a number counts, as its name says. */
function unitOf(path: string, field: Schema): string {
  const name = path.replace(/\?$/, '').split('.').at(-1) ?? '';
  if (/^(path|command\w*)Bytes$/.test(name)) return 'hexadecimal';
  if (/Bytes$|^(lsize|psize|asize|offset|integerSize)$/.test(name)) return 'bytes';
  if (/Seconds$/.test(name)) return 's';
  if (/^timestamp$|^time$|Time$/.test(name)) return 's since 1970';
  if (/Ms$/.test(name)) return 'ms';
  if (/^hex$/.test(name)) return 'hexadecimal';
  if (/txgs?$/i.test(name) && !field.$ref && !field.properties) return 'txg';
  return '';
}

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
