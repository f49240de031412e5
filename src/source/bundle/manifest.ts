import { FormatError } from '../../bytes/errors.ts';
import { inside, type Place } from '../../bytes/place.ts';
import { type WrittenCode, writtenCode } from '../sourceCodes.ts';

/** What a bundle says of itself, beside the bytes that it keeps. */
export interface BundleManifest {
  readonly schema: 'zfs-uber/bundle-manifest/1';
  readonly tool: { readonly name: string; readonly version: string };
  /** Times as ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Words after the program's name; null where a program made it. */
  readonly commandLine: readonly string[] | null;
  /** The work was stopped before all that the judging reads was read. */
  readonly stopped: boolean;
  /** Names of datasets, snapshots and files are left out, and bytes of blocks with them: others stand in their place. */
  readonly withoutNames: boolean;
  readonly disks: readonly BundledDisk[];
  readonly errors: readonly BundledError[];
}

/** A file or device that was given, or why one could not be opened. */
export interface BundledDisk {
  /** As given, or the path of the file inside a given directory. Raw text. */
  readonly path: string;
  /** From the root of the host where the bundle was made. */
  readonly absolutePath: string;
  /** Path, as given, of the image that this file is a parent or a part of; null for what was given itself. */
  readonly besides: string | null;
  /** `path@OFFSET+LENGTH`, in bytes; null for the whole. */
  readonly slice: { readonly offset: number; readonly length: number | null } | null;
  /** Map of ddrescue that it was named with, from the root of that host; null without one. What is kept was read with it. */
  readonly map: string | null;
  /** Name or id of the snapshot inside the image, of which what is kept was read; null for its present state. */
  readonly snapshot: string | null;
  /** The given directory that it was found in. */
  readonly directory: string | null;
  readonly size: number;
  readonly block: boolean;
  /** Bytes a logical sector of a block device. */
  readonly sectorSize: number | null;
  /** The same for two paths that lead to the same bytes, of which `offset` says where they begin. */
  readonly id: string;
  readonly offset: number;
  /** Where the partitions begin that the system had devices of, in bytes, and their numbers; null where it was not asked. */
  readonly partitions: readonly (readonly [start: number, index: number])[] | null;
  /** Index in `errors` of what kept it from being opened. */
  readonly failure: number | null;
  /** Index in `errors` of that with which it went away while it was read. */
  readonly gone: number | null;
  readonly identity: DiskIdentity | null;
}

/** What the system says of a device, asked for only with `--with-identity`. */
export interface DiskIdentity {
  /** As the system has it; null where it does not tell. */
  readonly model: string | null;
  /** As the system has it; null where it does not tell. */
  readonly serial: string | null;
  /** World-wide identifier; null where the system does not tell. */
  readonly wwid: string | null;
}

/** What a read, or the opening of a disk, answered. */
export interface BundledError {
  readonly code: WrittenCode;
  /** Without the place. */
  readonly message: string;
  /** `gone`: every read after it fails so too. `ended`: the source ended before its end. */
  readonly kind: 'read' | 'gone' | 'ended';
  /** Nobody had asked the device for these bytes. */
  readonly silent: boolean;
}

/** Disks and errors that one bundle names. */
const MOST_ENTRIES = 65536;

/**
 * Reads what a bundle says of itself and believes nothing of it.
 *
 * @param place of the manifest
 * @throws FormatError when it is no JSON, or a field has another type than it should
 */
export function parseManifest(text: string, place: Place): BundleManifest {
  const whole = new Fields(parse(text, place), place);
  const schema = whole.text('schema');
  if (schema !== 'zfs-uber/bundle-manifest/1') throw whole.wrong('schema', 'zfs-uber/bundle-manifest/1', schema);
  const tool = whole.object('tool');
  const errors = whole.list('errors', errorOf);
  const disks = whole.list('disks', (disk) => diskOf(disk, errors.length));
  return {
    schema,
    tool: { name: tool.text('name'), version: tool.text('version') },
    startedAt: whole.text('startedAt'),
    finishedAt: whole.text('finishedAt'),
    commandLine: whole.has('commandLine') ? whole.items('commandLine').map((word) => `${word}`) : null,
    stopped: whole.flag('stopped'),
    withoutNames: whole.has('withoutNames') && whole.flag('withoutNames'),
    disks,
    errors,
  };
}

function parse(text: string, place: Place): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError('format-value', 'manifest', 'JSON', 'something else', place);
  }
}

function diskOf(disk: Fields, errors: number): BundledDisk {
  const errorAt = (name: string) => (disk.has(name) ? disk.count(name, errors - 1) : null);
  return {
    path: disk.text('path'),
    absolutePath: disk.text('absolutePath'),
    besides: disk.has('besides') ? disk.text('besides') : null,
    slice: disk.has('slice') ? sliceOf(disk.object('slice')) : null,
    map: disk.has('map') ? disk.text('map') : null,
    snapshot: disk.has('snapshot') ? disk.text('snapshot') : null,
    directory: disk.has('directory') ? disk.text('directory') : null,
    size: disk.count('size'),
    block: disk.flag('block'),
    sectorSize: disk.has('sectorSize') ? disk.count('sectorSize', 65536) : null,
    id: disk.text('id'),
    offset: disk.count('offset'),
    partitions: disk.has('partitions') ? disk.items('partitions').map((pair) => pairOf(disk, pair)) : null,
    failure: errorAt('failure'),
    gone: errorAt('gone'),
    identity: disk.has('identity') ? identityOf(disk.object('identity')) : null,
  };
}

const sliceOf = (slice: Fields) => ({
  offset: slice.count('offset'),
  length: slice.has('length') ? slice.count('length') : null,
});

function pairOf(disk: Fields, pair: unknown): readonly [number, number] {
  const [start, index]: unknown[] = Array.isArray(pair) ? pair : [];
  if (isCount(start) && isCount(index)) return [start, index];
  throw disk.wrong('partitions', 'pairs of numbers', pair);
}

const identityOf = (identity: Fields): DiskIdentity => ({
  model: identity.has('model') ? identity.text('model') : null,
  serial: identity.has('serial') ? identity.text('serial') : null,
  wwid: identity.has('wwid') ? identity.text('wwid') : null,
});

function errorOf(error: Fields): BundledError {
  const kind = error.text('kind');
  if (kind !== 'read' && kind !== 'gone' && kind !== 'ended') throw error.wrong('kind', 'read, gone or ended', kind);
  return {
    code: writtenCode(error.text('code')),
    message: error.text('message'),
    kind,
    silent: error.has('silent') && error.flag('silent'),
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** The fields of an object of the manifest, each asked for by the type that it is to have. */
class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #place: Place;

  constructor(value: unknown, place: Place) {
    this.#place = place;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.wrong('entry', 'an object', value);
    this.#fields = { ...value };
  }

  wrong(name: string, expected: string, found: unknown): FormatError {
    const shown = typeof found === 'string' ? found.slice(0, 64) : typeof found;
    return new FormatError('format-value', `${name} of the manifest`, expected, shown, inside(this.#place, name));
  }

  /** Neither absent nor null. */
  has(name: string): boolean {
    return (this.#fields[name] ?? null) !== null;
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== 'string') throw this.wrong(name, 'text', value);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false', value);
    return value;
  }

  count(name: string, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.#fields[name];
    if (!isCount(value) || value > most) throw this.wrong(name, `a number up to ${most}`, value);
    return value;
  }

  object(name: string): Fields {
    return new Fields(this.#fields[name], inside(this.#place, name));
  }

  items(name: string): readonly unknown[] {
    const value = this.#fields[name];
    if (!Array.isArray(value) || value.length > MOST_ENTRIES)
      throw this.wrong(name, `up to ${MOST_ENTRIES} entries`, value);
    return value;
  }

  list<T>(name: string, each: (fields: Fields) => T): readonly T[] {
    return this.items(name).map((value, i) => each(new Fields(value, inside(this.#place, `${name} ${i}`))));
  }
}
