import { encode } from '../../bytes/encode.ts';
import type { ZfsUberError } from '../../bytes/errors.ts';
import { type AnswersKept, type ByteSource, EndedError, isGone, isSilent } from '../source.ts';
import { writtenCode } from '../sourceCodes.ts';
import { AnswerTable } from './answerTable.ts';
import { ANSWER, BUNDLE_MAGIC, BUNDLE_VERSION, HEADER, RUN, TRAILER, TRAILER_MAGIC } from './bundle.layout.ts';
import { DiskRecord } from './diskRecord.ts';
import { FrameWriter, type FrameWriterOptions, sha256Of } from './frames.ts';
import type { BundledDisk, BundledError, BundleManifest } from './manifest.ts';

/** What is known of a disk before anything of it is read. */
export type DiskFacts = Omit<BundledDisk, 'failure' | 'gone' | 'partitions'>;

/** A disk whose bytes go into a bundle. */
export interface RecordedDisk {
  /** The same bytes and errors as those of the disk; what is read here is kept. */
  readonly source: ByteSource;
  /** It is one of those that the bundle is about. Without it nothing of it is kept. */
  accept(partitions: BundledDisk['partitions']): void;
}

/** What became of a bundle. */
export interface BundleTotals {
  /** Bytes of the file. */
  readonly size: number;
  /** Of the whole file, as `sha256sum` gives it. */
  readonly sha256: Uint8Array;
  /** Bytes of the disks that it keeps. */
  readonly kept: number;
  readonly disks: readonly BundledDisk[];
}

export interface BundleWriterOptions extends FrameWriterOptions {
  /** Random bytes, for a bundle without names; null for one with them. */
  readonly secret: Uint8Array | null;
}

/** Runs of the table that are written before what is written is waited for. */
const RUNS_AT_ONCE = 32768;

interface Entry {
  /** Where it stood among what was given. */
  readonly order: number;
  readonly facts: DiskFacts;
  readonly record: DiskRecord | null;
  readonly failure: number | null;
  readonly partitions: BundledDisk['partitions'];
}

/**
 * Keeps what is read of disks and writes it as a bundle. Nothing is known here of files: what is written goes to
 * `options.write`, in the order of the file.
 */
export class BundleWriter {
  readonly #frames: FrameWriter;
  readonly #newDigest: FrameWriterOptions['newDigest'];
  readonly #entries: Entry[] = [];
  readonly #errors: BundledError[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #answers: AnswerTable | null;
  #kept = 0;

  constructor(options: BundleWriterOptions) {
    const { secret } = options;
    this.#frames = new FrameWriter(options);
    this.#answers =
      secret &&
      new AnswerTable(
        secret,
        (bytes) => this.#keep(bytes),
        () => this.#frames.settled(),
      );
    this.#newDigest = options.newDigest;
    this.#frames.put(encode(HEADER, { magic: asBytes(BUNDLE_MAGIC), version: BUNDLE_VERSION }, true));
  }

  /** Takes what is said of blocks; null where their bytes are kept. */
  get answers(): AnswersKept | null {
    return this.#answers;
  }

  /** From here on nothing is kept but answers, where those are. */
  keepOnlyAnswers(): void {
    this.#answers?.closeBytes();
  }

  /** @returns where the bytes stand in the stream of kept bytes */
  #keep(bytes: Uint8Array): number {
    const position = this.#kept;
    this.#frames.add(bytes);
    this.#kept += bytes.length;
    return position;
  }

  /** A disk that could not be opened. */
  addFailure(order: number, facts: DiskFacts, error: ZfsUberError): void {
    this.#entries.push({ order, facts, record: null, failure: this.#numberOf(error), partitions: null });
  }

  addDisk(order: number, facts: DiskFacts, source: ByteSource): RecordedDisk {
    const record = new DiskRecord({
      keep: (bytes) => this.#keep(bytes),
      ignores: () => this.#answers?.ignoresBytes ?? false,
      numberOf: (error) => this.#numberOf(error),
      settled: () => this.#frames.settled(),
    });
    return {
      source: record.of(source),
      accept: (partitions) => {
        record.accept();
        this.#entries.push({ order, facts, record, failure: null, partitions });
      },
    };
  }

  #numberOf(error: ZfsUberError): number {
    const kind = isGone(error) ? 'gone' : error instanceof EndedError ? 'ended' : 'read';
    const silent = kind === 'read' && isSilent(error);
    const key = `${kind} ${silent} ${error.code} ${error.said}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#errors.length);
    return this.#errors.push({ code: writtenCode(error.code), message: error.said, kind, silent }) - 1;
  }

  /** Writes the rest. Nothing is to be read of the disks after it. */
  async finish(about: Omit<BundleManifest, 'schema' | 'withoutNames' | 'disks' | 'errors'>): Promise<BundleTotals> {
    const frames = this.#frames;
    frames.endStream();
    this.#entries.sort((a, b) => a.order - b.order);
    let runs = 0;
    for (const [disk, { record }] of this.#entries.entries()) {
      for (const run of record?.runs() ?? []) {
        frames.add(encode(RUN, { disk, ...run }, true));
        if (++runs % RUNS_AT_ONCE === 0) await frames.settled();
      }
    }
    frames.endStream();
    let answers = 0;
    for (const entry of this.#answers?.entries() ?? []) {
      frames.add(encode(ANSWER, entry, true));
      if (++answers % RUNS_AT_ONCE === 0) await frames.settled();
    }
    frames.endStream();
    const disks = this.#entries.map(
      ({ facts, failure, record, partitions }): BundledDisk => ({
        ...facts,
        partitions,
        failure,
        gone: record === null || record.gone === null ? null : this.#numberOf(record.gone),
      }),
    );
    const withoutNames = this.#answers !== null;
    const whole: BundleManifest = {
      schema: 'zfs-uber/bundle-manifest/1',
      ...about,
      withoutNames,
      disks,
      errors: this.#errors,
    };
    const manifest = new TextEncoder().encode(JSON.stringify(whole));
    frames.add(manifest);
    frames.endStream();
    const sha256 = await this.#seal(runs, answers, manifest.length);
    return { size: frames.size, sha256, kept: this.#kept, disks };
  }

  /** Writes directory and trailer. @returns the digest of the file */
  async #seal(runs: number, answers: number, manifest: number): Promise<Uint8Array> {
    const frames = this.#frames;
    const directory = frames.directory();
    const begin = encode(
      TRAILER,
      {
        magic: asBytes(TRAILER_MAGIC),
        version: BUNDLE_VERSION,
        directory: BigInt(frames.size),
        kept: BigInt(this.#kept),
        runs: BigInt(runs),
        manifest: BigInt(manifest),
        answers: BigInt(answers),
        directorySha256: sha256Of(this.#newDigest, directory),
        fileSha256: new Uint8Array(0),
      },
      true,
    );
    const { offset } = TRAILER.fields.fileSha256;
    frames.put(directory);
    frames.put(begin.subarray(0, offset));
    const sha256 = frames.seal();
    await frames.settled();
    return sha256;
  }
}

const asBytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
