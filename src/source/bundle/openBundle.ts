import { Sha256 } from '../../block/sha256.ts';
import { FormatError } from '../../bytes/errors.ts';
import { inside, type Place } from '../../bytes/place.ts';
import {
  type AnswersGiven,
  type ByteSource,
  EndedError,
  NeverReadError,
  NotInBundleError,
  SourceError,
  type StoredAnswer,
  withAnswers,
} from '../source.ts';
import { SourceGoneError } from '../vanishing.ts';
import { ANSWER, RUN } from './bundle.layout.ts';
import { BundleFile } from './bundleFile.ts';
import type { Digest } from './frames.ts';
import { type BundledDisk, type BundledError, type BundleManifest, parseManifest } from './manifest.ts';

/** Evidence of several disks in one file. */
export interface Bundle {
  readonly file: BundleFile;
  readonly manifest: BundleManifest;
  /** In the order of `manifest.disks`; null for one that could not be opened. */
  readonly disks: readonly (ByteSource | null)[];
  /** Of blocks, in a bundle without names; null in one with them. */
  readonly answers: AnswersGiven | null;
}

export interface OpenBundleOptions {
  /** Default: our own; a host may have a faster one. */
  readonly newDigest?: (() => Digest) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a bundle: `zfs-uber bundle` made it. Its disks answer each read that was made when it was written with the same
 * bytes, or the same error. Any other read has its own error, NotInBundleError, and never zeros.
 *
 * Reads the header, the directory, the table of runs and the manifest, and holds the table in memory.
 *
 * @throws FormatError when it is no bundle, or one that was cut or changed; LimitError; SourceError
 */
export async function openBundle(source: ByteSource, options: OpenBundleOptions = {}): Promise<Bundle> {
  const { newDigest = () => new Sha256(), signal } = options;
  const file = await BundleFile.open(source, newDigest, signal);
  const place = { source: source.name, offset: 0, path: ['manifest'] };
  const manifest = parseManifest(utf8(await file.whole(file.manifest, signal), place), place);
  const table = new RunTable(await file.whole(file.runs, signal), manifest, file);
  const answers = manifest.withoutNames ? new Answers(await file.whole(file.answers, signal), file) : null;
  return {
    file,
    manifest,
    disks: manifest.disks.map((disk, index) => {
      if (disk.failure !== null) return null;
      const source = new DiskInBundle(disk, table.part(index), file, manifest.errors).asSource();
      return answers === null ? source : withAnswers(source, answers);
    }),
    answers,
  };
}

function utf8(bytes: Uint8Array, place: Place): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError('format-value', 'manifest', 'UTF-8', 'other bytes', place);
  }
}

interface Run {
  readonly offset: number;
  readonly end: number;
  readonly position: number;
  /** Index of the error; null for bytes. */
  readonly error: number | null;
}

/** Runs of one disk. */
interface RunsOfDisk {
  readonly count: number;
  at(index: number): Run;
}

/** The table of runs, all of which was checked. */
class RunTable {
  readonly #view: DataView;
  readonly #starts: readonly number[];

  constructor(bytes: Uint8Array, { disks, errors }: BundleManifest, { source, kept }: BundleFile) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const place = { source: source.name, offset: 0, path: ['runs'] };
    const starts = [0];
    let [disk, end] = [0, 0n];
    const count = bytes.length / RUN.size;
    for (let i = 0; i < count; i++) {
      const own = this.#u32(i, 'disk');
      if (own < disk || own >= disks.length) throw wrongRun(i, 'disk', own, place);
      for (; disk < own; disk++) {
        starts.push(i);
        end = 0n;
      }
      const [offset, length, position] = [this.#u64(i, 'offset'), this.#u64(i, 'length'), this.#u64(i, 'position')];
      if (offset < end) throw wrongRun(i, 'offset', offset, place);
      end = offset + length;
      if (length === 0n || end > BigInt(disks[own]?.size ?? 0)) throw wrongRun(i, 'length', length, place);
      const error = this.#u32(i, 'error');
      if (error > errors.length) throw wrongRun(i, 'error', error, place);
      if (error === 0 && position + length > BigInt(kept.bytes)) throw wrongRun(i, 'position', position, place);
    }
    for (; disk < disks.length; disk++) starts.push(count);
    this.#starts = starts;
  }

  part(disk: number): RunsOfDisk {
    const [first = 0, end = 0] = [this.#starts[disk], this.#starts[disk + 1]];
    return { count: end - first, at: (index) => this.#run(first + index) };
  }

  #run(index: number): Run {
    const offset = Number(this.#u64(index, 'offset'));
    const error = this.#u32(index, 'error');
    return {
      offset,
      end: offset + Number(this.#u64(index, 'length')),
      position: Number(this.#u64(index, 'position')),
      error: error === 0 ? null : error - 1,
    };
  }

  #u32(index: number, field: 'disk' | 'error'): number {
    return this.#view.getUint32(index * RUN.size + RUN.fields[field].offset, true);
  }

  #u64(index: number, field: 'offset' | 'length' | 'position'): bigint {
    return this.#view.getBigUint64(index * RUN.size + RUN.fields[field].offset, true);
  }
}

function wrongRun(index: number, field: string, found: number | bigint, place: Place): FormatError {
  const at = inside(place, `run ${index}`);
  return new FormatError('format-bounds', field, 'one that fits those before it and the disk', `${found}`, at);
}

/** The most that ZFS writes as one block. Source: include/sys/spa.h, SPA_MAXBLOCKSIZE */
const MOST_CONTENT = 16 * 1024 * 1024;
/** Many times what is said of a block of which every copy is damaged. */
const MOST_ABOUT = 4 * 1024 * 1024;

/** The table of answers, all of which was checked. */
class Answers implements AnswersGiven {
  readonly #table: Uint8Array;
  readonly #view: DataView;
  readonly #file: BundleFile;

  constructor(table: Uint8Array, file: BundleFile) {
    this.#table = table;
    this.#view = new DataView(table.buffer, table.byteOffset, table.length);
    this.#file = file;
    const place = { source: file.source.name, offset: 0, path: ['answers'] };
    for (let i = 0; i < table.length / ANSWER.size; i++) {
      const { position, about, content } = this.#entry(i);
      if (about > MOST_ABOUT || content > MOST_CONTENT + 1) throw wrongAnswer(i, 'length', about + content, place);
      const end = position + BigInt(about + Math.max(0, content - 1));
      if (end > BigInt(file.kept.bytes)) throw wrongAnswer(i, 'position', position, place);
    }
  }

  async find(key: string): Promise<StoredAnswer | null> {
    const at = this.#indexOf(key);
    if (at === null) return null;
    const { position, about, content } = this.#entry(at);
    const bytes = new Uint8Array(about + Math.max(0, content - 1));
    await this.#file.fill(this.#file.kept, Number(position), bytes);
    return {
      about: new TextDecoder().decode(bytes.subarray(0, about)),
      content: content === 0 ? null : bytes.subarray(about),
    };
  }

  #indexOf(key: string): number | null {
    let [low, high] = [0, this.#table.length / ANSWER.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keyAt(middle) < key) low = middle + 1;
      else high = middle;
    }
    return low < this.#table.length / ANSWER.size && this.#keyAt(low) === key ? low : null;
  }

  #keyAt(index: number): string {
    const at = index * ANSWER.size;
    return [...this.#table.subarray(at, at + ANSWER.fields.key.size)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
  }

  #entry(index: number) {
    const at = index * ANSWER.size;
    const { position, about, content } = ANSWER.fields;
    return {
      position: this.#view.getBigUint64(at + position.offset, true),
      about: this.#view.getUint32(at + about.offset, true),
      content: this.#view.getUint32(at + content.offset, true),
    };
  }
}

function wrongAnswer(index: number, field: string, found: number | bigint, place: Place): FormatError {
  const at = inside(place, `answer ${index}`);
  return new FormatError('format-bounds', field, 'one that the bundle has room for', `${found}`, at);
}

/** A disk as far as a bundle has it. */
class DiskInBundle {
  readonly #disk: BundledDisk;
  readonly #runs: RunsOfDisk;
  readonly #file: BundleFile;
  readonly #errors: readonly BundledError[];

  constructor(disk: BundledDisk, runs: RunsOfDisk, file: BundleFile, errors: readonly BundledError[]) {
    this.#disk = disk;
    this.#runs = runs;
    this.#file = file;
    this.#errors = errors;
  }

  asSource(): ByteSource {
    const { path, size } = this.#disk;
    const searched: ByteSource = {
      name: path,
      size,
      read: (offset, length, signal) => this.#read(offset, length, false, signal),
    };
    return {
      name: path,
      size,
      selection: { lacks: (offset, length) => this.#lacks(offset, length), searched },
      read: (offset, length, signal) => this.#read(offset, length, true, signal),
    };
  }

  #lacks(offset: number, length: number): boolean {
    let at = offset;
    for (const run of this.#from(offset)) {
      if (at >= offset + length || run.offset > at) break;
      at = run.end;
    }
    return at < offset + length;
  }

  /** Runs that end behind `offset`, ascending. */
  *#from(offset: number): Generator<Run> {
    let [low, high] = [0, this.#runs.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#runs.at(middle).end > offset) high = middle;
      else low = middle + 1;
    }
    for (; low < this.#runs.count; low++) yield this.#runs.at(low);
  }

  /** @param strict false: zeros stand for what is not there */
  async #read(offset: number, length: number, strict: boolean, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const { path, size } = this.#disk;
    if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
      const place = { source: path, offset, path: [] };
      throw new SourceError('source-short', `wanted ${offset}+${length} of ${size} bytes`, place);
    }
    const end = offset + length;
    const bytes = new Uint8Array(length);
    let at = offset;
    for (const run of this.#from(offset)) {
      if (at >= end || (strict && run.offset > at)) break;
      if (run.offset >= end) break;
      if (run.error !== null) {
        if (strict) throw this.#error(run.error, offset, at, Math.min(run.end, end));
      } else {
        at = Math.max(at, run.offset);
        const to = Math.min(run.end, end);
        await this.#file.fill(
          this.#file.kept,
          run.position + at - run.offset,
          bytes.subarray(at - offset, to - offset),
          signal,
        );
      }
      at = Math.min(run.end, end);
    }
    if (strict && at < end) throw this.#absent(offset, at, end);
    return bytes;
  }

  #absent(offset: number, at: number, end: number): SourceError {
    if (this.#disk.gone !== null) return this.#error(this.#disk.gone, offset, at, end);
    const [next] = this.#from(at);
    const place = { source: this.#disk.path, offset: at, path: [] };
    return new NotInBundleError(place, at > offset ? at : Math.min(next?.offset ?? end, end));
  }

  /** @param offset of the read @param at where it fails @param end of what fails */
  #error(index: number, offset: number, at: number, end: number): SourceError {
    const unknown = { code: 'EIO', message: 'unknown', kind: 'read', silent: false } as const;
    const { code, message, kind, silent } = this.#errors[index] ?? unknown;
    const place = { source: this.#disk.path, offset, path: [] };
    if (kind === 'gone') return new SourceGoneError(code, message, place);
    if (kind === 'ended') return new EndedError(message, place, at - offset);
    // What an image lacks says less of the device than a read that failed.
    if (code === 'never-read') {
      return new NeverReadError(message, { ...place, offset: at }, at > offset ? at : end, !silent);
    }
    return new SourceError(code, message, place);
  }
}
