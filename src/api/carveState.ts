import type { Engine } from '../block/engine.ts';
import { printWords, UsageError } from '../bytes/errors.ts';
import type { OpenedSource } from '../node/openedSource.ts';
import { refuseOnOpened, refuseOnSources } from '../node/outputIs.ts';
import { readState, writeState } from '../node/stateFile.ts';
import type { SourceSpec } from '../node/target.ts';
import type { CarveMark, CarveState } from '../pool/carve/carveSource.ts';
import { type ByteSource, SourceError } from '../source/source.ts';

const SCHEMA = 'zfs-uber/carve-state/1';
/** Milliseconds between two writes: what a stop loses. */
const INTERVAL = 10_000;
/** What tells that it is the same disk. */
const BEGINNING = 64 * 1024;

/** Which part of which file. */
interface Which {
  readonly path: string;
  readonly offset: number;
}

/** One disk in the file. */
interface Entry extends Which, CarveState {
  readonly size: number;
  /** SHA-256 of its first 64 KiB, zeros where they cannot be read, in hexadecimal. */
  readonly beginning: string;
  /** Ranges that could not be read. */
  readonly unreadable: readonly (readonly [offset: number, length: number])[];
}

/** The state of one disk. */
export interface KeptState {
  /** What an earlier run came to; null for none. */
  readonly from: CarveState | null;
  /** Writes it, now and then. @throws OutputError */
  note(state: () => CarveState): Promise<void>;
  /** Writes it. @throws OutputError */
  keep(state: CarveState): Promise<void>;
}

/** A file that keeps how far the carving of some disks came. */
export class CarveStates {
  readonly #file: string;
  readonly #entries: Entry[];

  private constructor(file: string, entries: Entry[]) {
    this.#file = file;
    this.#entries = entries;
  }

  /** @throws UsageError when something else is there */
  static async open(file: string): Promise<CarveStates> {
    const text = await readState(file);
    if (text === null) return new CarveStates(file, []);
    const entries = parse(text);
    if (entries === null) throw new UsageError(`${file} is there already, and is no state of carve`);
    return new CarveStates(file, entries);
  }

  /**
   * @param disk whose `failures` take what an earlier run could not read
   * @throws UsageError when the file is of other content
   */
  async of({ path, offset }: Which, disk: ByteSource, engine: Engine): Promise<KeptState> {
    const beginning = await beginningOf(disk, engine);
    const known = this.#entries.find((each) => each.path === path && each.offset === offset) ?? null;
    if (known !== null && (known.size !== disk.size || known.beginning !== beginning)) {
      throw new UsageError(`${this.#file} is of another ${path}: its size or its beginning is not what it was`);
    }
    for (const [at, length] of known?.unreadable ?? []) {
      const place = { source: disk.name, offset: at, path: [] };
      disk.failures?.note(at, length, new SourceError('EIO', 'it could not be read before', place));
    }
    const keep = async (state: CarveState): Promise<void> => {
      const unreadable = (disk.failures?.ranges ?? []).map((each) => [each.offset, each.length] as const);
      const entry: Entry = { path, offset, size: disk.size, beginning, unreadable, ...state };
      const others = this.#entries.filter((each) => each.path !== path || each.offset !== offset);
      this.#entries.splice(0, this.#entries.length, ...others, entry);
      await writeState(this.#file, `${JSON.stringify({ schema: SCHEMA, disks: this.#entries })}\n`);
    };
    let last = Date.now();
    return {
      from: known,
      keep,
      async note(state) {
        if (Date.now() - last < INTERVAL) return;
        await keep(state());
        last = Date.now();
      },
    };
  }
}

/**
 * The states in `file`, which is no source.
 *
 * @param specs of the sources, as they were given
 * @throws UsageError when it is or lies on one, or something else is there
 */
export async function carveStates(
  file: string,
  specs: readonly SourceSpec[],
  opened: readonly OpenedSource[],
): Promise<CarveStates> {
  refuseOnSources(file, specs);
  refuseOnOpened(file, opened);
  return CarveStates.open(file);
}

async function beginningOf(disk: ByteSource, engine: Engine): Promise<string> {
  const length = Math.min(BEGINNING, disk.size);
  const bytes = await disk.read(0, length).catch((error: unknown) => {
    if (!(error instanceof SourceError)) throw error;
    return new Uint8Array(length);
  });
  return printWords(engine.checksum('sha256', bytes, true), '');
}

/** @returns null where the text is no state */
function parse(text: string): Entry[] | null {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(whole) || whole['schema'] !== SCHEMA || !Array.isArray(whole['disks'])) return null;
  const disks: unknown[] = whole['disks'];
  const entries = disks.map(entryIn);
  return entries.every((entry) => entry !== null) ? entries : null;
}

function entryIn(value: unknown): Entry | null {
  if (!isRecord(value)) return null;
  const { path, offset, size, beginning, done, marks, objsets, unreadable } = value;
  if (typeof path !== 'string' || typeof beginning !== 'string') return null;
  if (!isCount(offset) || !isCount(size) || !isCount(done) || !isRecord(objsets)) return null;
  if (!Array.isArray(marks) || !marks.every(isMark)) return null;
  if (!Array.isArray(unreadable) || !unreadable.every(isRange)) return null;
  const { meta, filesystems, volumes } = objsets;
  if (!isCount(meta) || !isCount(filesystems) || !isCount(volumes)) return null;
  return { path, offset, size, beginning, done, marks, objsets: { meta, filesystems, volumes }, unreadable };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isMark = (value: unknown): value is CarveMark =>
  isRecord(value) && isCount(value['at']) && (value['kind'] === 'trailer' || value['kind'] === 'objset');

const isRange = (value: unknown): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(isCount);
