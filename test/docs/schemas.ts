import { createRequire } from 'node:module';
import { join } from 'node:path';

// JSON Schemas of the documents, made of the types in src/document and of what their docstrings say.

/** As much of JSON Schema as the types of the documents give. */
export interface Schema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  /** Of a field: the version of this package that first had it, and what a number counts. */
  readonly since?: string;
  readonly unit?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Each document: the name of its file, its type, and what makes it. */
export const DOCUMENTS = [
  ['scan', 'ScanDocument', '`zfs-uber scan --json`'],
  ['candidate', 'CandidateLine', 'a line of `zfs-uber scan --json-lines`'],
  ['verify', 'VerifyDocument', '`zfs-uber verify --json`'],
  ['labels', 'LabelsDocument', '`zfs-uber labels --json`'],
  ['ring', 'RingDocument', '`zfs-uber ring --json`'],
  ['datasets', 'DatasetsDocument', '`zfs-uber datasets --json`'],
  ['snapshots', 'SnapshotsDocument', '`zfs-uber snapshots --json`'],
  ['history', 'HistoryDocument', '`zfs-uber history --json`'],
  ['object', 'ObjectDocument', '`zfs-uber object --json`'],
  ['block', 'BlockDocument', '`zfs-uber block --json`'],
  ['timeline', 'TimelineLine', 'a line of `zfs-uber scan --timeline jsonl`'],
  ['overlay', 'OverlayDocument', '`zfs-uber overlay --json`, and the manifest.json beside what it made'],
  ['carve', 'CarveDocument', '`zfs-uber carve --json`'],
  ['bundle', 'BundleDocument', '`zfs-uber bundle --json`'],
  ['log', 'LogLine', 'a line of the file of `--log`'],
  ['explain', 'ExplainDocument', '`zfs-uber explain --json`'],
  ['image-check', 'ImageCheckDocument', '`zfs-uber verify --image --json`'],
  ['bundle-check', 'BundleCheckDocument', '`zfs-uber bundle --check --json`'],
] as const;

export type DocumentName = (typeof DOCUMENTS)[number][0];

const ROOT = join(import.meta.dirname, '..', '..');

interface Generator {
  createSchema(type: string): Schema;
}
interface GeneratorPackage {
  createGenerator(config: Readonly<Record<string, unknown>>): Generator;
}

/** The schemas of all documents, by the names of their files. */
export function documentSchemas(): Map<DocumentName, Schema> {
  // Its own types are those of an older TypeScript.
  const { createGenerator } = createRequire(import.meta.url)('ts-json-schema-generator') as GeneratorPackage;
  const generator = createGenerator({
    path: join(ROOT, 'src', 'parser.ts'),
    tsconfig: join(ROOT, 'tsconfig.json'),
    skipTypeCheck: true,
    topRef: false,
    sortProps: false,
    // What a later version adds is no error.
    additionalProperties: true,
    extraTags: ['since', 'unit'],
  });
  return new Map(
    DOCUMENTS.map(([name, type, from]) => {
      const { $schema = '', definitions = {}, description: _, ...made } = generator.createSchema(type);
      const named = inlined(made, definitions);
      const version = versionOf(named.schema);
      return [
        name,
        {
          $schema,
          $id: `urn:zfs-uber:${version.replaceAll('/', ':')}`,
          title: version,
          description: `What ${from} gives.`,
          ...withNameFirst(named.schema),
          definitions: named.definitions,
        },
      ];
    }),
  );
}

/** `scan/1` of a document whose `schema` is `zfs-uber/scan/1`. */
const versionOf = ({ properties }: Schema): string => String(properties?.['schema']?.const).replace(/^zfs-uber\//, '');

/** The field that says which document it is leads. */
const withNameFirst = ({ properties = {}, ...schema }: Schema): Schema => {
  const { schema: own = {}, ...others } = properties;
  return { ...schema, properties: { schema: own, ...others } };
};

/** Definitions of types without a name of their own stand where they are used: their names change with the source. */
function inlined(
  schema: Schema,
  definitions: Readonly<Record<string, Schema>>,
): { readonly schema: Schema; readonly definitions: Readonly<Record<string, Schema>> } {
  const resolve = (each: Schema): Schema => {
    const name = decodeURIComponent(each.$ref?.replace('#/definitions/', '') ?? '');
    const target = definitions[name];
    if (target === undefined || /^\w+$/.test(name)) return inner(each);
    const { $ref: _, ...beside } = each;
    return { ...inner(target), ...beside };
  };
  const inner = (each: Schema): Schema => ({
    ...told(each),
    ...(each.description === undefined ? {} : { description: each.description.replace(/\s+/g, ' ') }),
    ...(each.anyOf && { anyOf: each.anyOf.map(resolve) }),
    ...(each.items && { items: resolve(each.items) }),
    ...(each.properties && { properties: mapped(each.properties, resolve) }),
    ...(typeof each.additionalProperties === 'object'
      ? { additionalProperties: resolve(each.additionalProperties) }
      : {}),
  });
  const kept = Object.entries(definitions).filter(([name]) => /^\w+$/.test(name));
  return { schema: resolve(schema), definitions: mapped(Object.fromEntries(kept), inner) };
}

/** @throws what the generator gives for types that it does not resolve: a field of an intersection, for one */
function told(schema: Schema): Schema {
  const open = schema.type === 'object' && Object.keys(schema.properties ?? { any: 0 }).length === 0;
  if (open) throw new Error('a type that comes out as any object: declare it by extending an interface');
  return schema;
}

const mapped = (
  schemas: Readonly<Record<string, Schema>>,
  change: (schema: Schema) => Schema,
): Readonly<Record<string, Schema>> =>
  Object.fromEntries(Object.entries(schemas).map(([name, each]) => [name, change(each)]));
