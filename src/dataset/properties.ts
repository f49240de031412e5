import { DSL_DIR_FIELD } from '../format/dslDir.layout.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { CRYPTO_KEY, PROPERTY_SUFFIX } from '../format/properties.layout.ts';
import { isInherited, propertyKind, propertyText } from '../format/properties.ts';
import type { ZapEntry } from '../format/zapEntry.ts';
import type { WalkOptions } from './block.ts';
import type { Dataset, DslDirectory } from './dsl.ts';
import type { Mos } from './mos.ts';

/**
 * Where a value comes from: set here, received here, set or received further up (or, for a snapshot, on its dataset),
 * or ZFS's own when nobody sets one.
 */
export type PropertySource = 'local' | 'received' | 'inherited' | 'default';

export interface Property {
  readonly name: string;
  /** As stored; null when nobody sets it and ZFS has no fixed standard. */
  readonly value: bigint | string | null;
  /** As `zfs get -p` prints it. Raw text: escape it before it reaches a terminal. */
  readonly text: string;
  readonly source: PropertySource;
  /** The dataset that sets it; null for `default`. */
  readonly setBy: string | null;
}

type Entries = ReadonlyMap<string, ZapEntry>;

/** The properties of datasets; what directories set is read once and kept as long as the directory is. */
export class Properties {
  readonly #mos: Mos;
  readonly #kept = new WeakMap<DslDirectory, Promise<Entries>>();

  constructor(mos: Mos) {
    this.#mos = mos;
  }

  /**
   * One property of a dataset or snapshot.
   *
   * @throws what Zap.all throws
   * Source: module/zfs/dsl_prop.c, dsl_prop_get_ds and dsl_prop_get_dd
   */
  async get(dataset: Dataset, name: string, options: WalkOptions = {}): Promise<Property> {
    const { snapshot, properties } = dataset.phys;
    if (snapshot && properties !== null) {
      const own = await (await this.#mos.zap(properties, options.signal)).all(options);
      const found = lookup(own, name);
      if (found !== null) return describe(name, found.entry, found.source, dataset.name);
    }
    let inheriting = snapshot;
    for (let at: DslDirectory | null = dataset.directory; at !== null; at = at.parent) {
      if (inheriting && !isInherited(name)) break;
      const found = lookup(await this.#of(at, options), name);
      if (found !== null) return describe(name, found.entry, inheriting ? 'inherited' : found.source, at.name);
      inheriting = true;
    }
    const value = propertyKind(name)?.standard ?? null;
    return { name, value, text: value === null ? '-' : propertyText(name, value), source: 'default', setBy: null };
  }

  /** All properties that are set on the dataset or that it takes over, by name. @throws what Zap.all throws */
  async all(dataset: Dataset, options: WalkOptions = {}): Promise<Property[]> {
    const names = new Set<string>();
    for (let at: DslDirectory | null = dataset.directory; at !== null; at = at.parent) {
      for (const key of (await this.#of(at, options)).keys()) names.add(nameOf(key));
    }
    if (dataset.phys.properties !== null) {
      const own = await (await this.#mos.zap(dataset.phys.properties, options.signal)).all(options);
      for (const key of own.keys()) names.add(nameOf(key));
    }
    const all: Property[] = [];
    for (const name of [...names].sort()) {
      const property = await this.get(dataset, name, options);
      if (property.source !== 'default') all.push(property);
    }
    return all;
  }

  /**
   * The encryption suite of a dataset, `off` without.
   *
   * Source: module/zfs/dsl_crypt.c, dsl_dir_get_crypt
   */
  async encryption(dataset: Dataset, signal?: AbortSignal): Promise<string> {
    const { object } = dataset.directory;
    if (object.dnode.type === OBJECT_TYPE.dslDir) return 'off';
    const id = await (await this.#mos.zap(object.id, signal)).integer(DSL_DIR_FIELD.cryptoKey, signal);
    if (id === null || id === 0n) return 'off';
    const suite = await (await this.#mos.zap(id, signal)).integer(CRYPTO_KEY.suite, signal);
    return suite === null ? 'unknown' : propertyText('encryption', suite);
  }

  #of(directory: DslDirectory, options: WalkOptions): Promise<Entries> {
    const kept = this.#kept.get(directory);
    if (kept !== undefined) return kept;
    const reading = this.#read(directory, options);
    this.#kept.set(directory, reading);
    return reading;
  }

  async #read(directory: DslDirectory, options: WalkOptions): Promise<Entries> {
    const { properties } = directory.phys;
    return properties === null ? new Map() : (await this.#mos.zap(properties, options.signal)).all(options);
  }
}

const nameOf = (key: string): string => (key.includes('$') ? key.slice(0, key.indexOf('$')) : key);

/** What one list of properties says: a value set, else a received one that was not given up. */
function lookup(entries: Entries, name: string): { entry: ZapEntry; source: 'local' | 'received' } | null {
  const local = entries.get(name + PROPERTY_SUFFIX.unknownValue) ?? entries.get(name);
  if (local !== undefined) return { entry: local, source: 'local' };
  const received = entries.get(name + PROPERTY_SUFFIX.received);
  if (received === undefined || entries.has(name + PROPERTY_SUFFIX.inherited)) return null;
  return { entry: received, source: 'received' };
}

function describe(name: string, entry: ZapEntry, source: PropertySource, setBy: string): Property {
  const value = entry.text ?? entry.integer;
  return { name, value, text: propertyText(name, value), source, setBy };
}
