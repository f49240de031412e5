import { ChunkCache } from './chunkCache.ts';
import type { ByteSource } from './source.ts';
import { LABEL_BYTES } from './vdevTrace.layout.ts';
import { labelPlaces } from './vdevTrace.ts';

/** Two labels are that long, and begin where it does on most disks and partitions. */
const CHUNK = 512 * 1024;
/** Chunks that are read of a source whose labels are at its ends. */
const ENDS = 2;
/** Sources of which both ends are kept: 64 MiB. Of more, those that were opened first are read again. */
const SOURCES = 64;
/** Of so many the ends are more memory than the rest of a scan of labels. */
const MANY = 32;
/** Sources that are looked into further at a time, as disks with partitions are, of which each takes two to four chunks more. */
const DEEP = 24;
const DEEP_CHUNKS = 4;

/** Part of a source that has labels at its ends, in bytes. */
export interface LabelledPart {
  readonly offset: number;
  readonly size: number;
}

/** One of the sources that are looked at. */
interface Probe {
  readonly source: ByteSource;
  readonly cached: ByteSource;
  /** One of both. */
  at: ByteSource;
  readonly chunks: Set<number>;
  /** Its turn to be looked into beyond its ends, from when it comes; null where that was not asked for. */
  turn: Promise<void> | null;
  /** No turn is needed any longer. */
  isOpened: boolean;
}

/**
 * Keeps the ends of sources while they are opened and surveyed: tables, headers and traces of labels are a few bytes each
 * at the ends of a disk and of its partitions, asked for one after the other, and the labels are there too.
 */
export class ProbedEnds {
  readonly #cache = new ChunkCache({
    chunk: CHUNK,
    longest: CHUNK / 2,
    capacity: CHUNK * (ENDS * SOURCES + DEEP_CHUNKS * DEEP),
  });
  readonly #probes = new Map<ByteSource, Probe>();
  #turns = DEEP;
  readonly #waiting: (() => void)[] = [];

  /** `source`, and its ends from what is kept, until {@link forget}. Whoever opens it says when it is {@link opened}. */
  of(source: ByteSource): ByteSource {
    const cached = this.#cache.of(source);
    const probe: Probe = { source, cached, at: cached, chunks: new Set(), turn: null, isOpened: false };
    const probed: ByteSource = {
      ...source,
      read: async (offset, length, signal, into) => {
        const turn = this.#turn(probe, offset);
        if (turn !== null) await turn;
        return probe.at.read(offset, length, signal, into);
      },
    };
    this.#probes.set(probed, probe);
    return probed;
  }

  /** Before so many sources are opened. */
  expect(sources: number): void {
    if (sources > MANY) this.#cache.reserve(ENDS * Math.min(sources, SOURCES));
  }

  /**
   * Tells that a source was looked into, so that another has its turn.
   *
   * @param probed that {@link of} gave
   * @param labelled what is kept of it: what has labels there; null for all, where they lie elsewhere than in the disk
   */
  opened(probed: ByteSource, labelled: readonly LabelledPart[] | null): void {
    const probe = this.#probes.get(probed);
    if (probe === undefined || probe.isOpened) return;
    probe.isOpened = true;
    void probe.turn?.then(() => this.#give());
    if (labelled === null) return;
    const labels = labelled.flatMap(({ offset, size }) =>
      labelPlaces(size).map((place) => ({ offset: offset + place, length: LABEL_BYTES })),
    );
    this.#cache.keepOnly(probe.cached, labels);
  }

  /** To be waited for before a read at `offset`. */
  #turn(probe: Probe, offset: number): Promise<void> | null {
    if (probe.isOpened || probe.chunks.add(Math.floor(offset / CHUNK)).size <= ENDS) return null;
    probe.turn ??= this.#turns > 0 ? this.#take() : new Promise((resolve) => this.#waiting.push(resolve));
    return probe.turn;
  }

  async #take(): Promise<void> {
    this.#turns--;
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#turns++;
    else next();
  }

  /** As {@link forget}, where nothing that was asked for is still to be answered. */
  release(): void {
    this.forget();
    this.#cache.release();
  }

  /** From here on the sources are read as they are. */
  forget(): void {
    for (const probe of this.#probes.values()) {
      probe.at = probe.source;
      probe.isOpened = true;
    }
    this.#probes.clear();
    for (const next of this.#waiting.splice(0)) next();
  }
}
