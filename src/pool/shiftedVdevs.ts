import { LABEL_REGIONS, LABEL_SIZE, TRAILER } from '../format/label.layout.ts';
import { frontless } from '../source/frontless.ts';
import { SealedUnit } from '../source/sealedUnit.ts';
import { type ByteSource, SourceError, slice } from '../source/source.ts';
import { findTrailers, type ScanWindow, scanRange } from '../source/trailerScan.ts';
import {
  configAt,
  FRONT_LABELS,
  isConfigOf,
  type MetConfig,
  type MetSlot,
  slotAt,
  startBySlot,
} from './labelEvidence.ts';
import { type Extent, searchRanges, usualStarts } from './searchRanges.ts';

const { config: CONFIG } = LABEL_REGIONS;
const TRAILER_AT = CONFIG.offset + CONFIG.size - TRAILER.size;

/** What one search hashes and tries at most, so that an image full of magics costs no more than one without. */
const MOST = {
  configs: 256,
  slots: 512,
  /** Places tried for configs of labels 2 and 3, which do not say where their vdev begins: some 3 us each. */
  trials: 1 << 18,
  vdevs: 16,
} as const;
/** How far from the size that a label implies its vdev is looked for, in labels: legs of a mirror differ. */
const NEAR = 64;
/** How far before and behind the source's start a vdev is tried to begin, in labels: 16 GiB. */
const FAR = 1 << 16;
/** Probes under way at a time. */
const PROBES = 16;

/** A vdev found by labels that stand elsewhere than the size of the source says. */
export interface ShiftedVdev {
  /** Byte of the disk where it begins; negative when so much of its front is not there. */
  readonly start: number;
  /** The vdev by itself. What is missing in front cannot be read. */
  readonly source: ByteSource;
}

export interface ShiftedSearch {
  /** Where the vdev was to be. */
  readonly focus: Extent;
  /** Vdevs whose place is known: nothing in them is looked at. */
  readonly known: readonly Extent[];
  /** Where partitions begin, as far as a table says. */
  readonly partitions: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** What is known of a vdev by the places at which its labels verify. */
interface Proven {
  readonly start: number;
  /** Bytes from `start`. */
  readonly labels: Set<number>;
  readonly implied: Set<number>;
  length: number | null;
  settled: boolean;
}

/**
 * Vdevs of which a label stands somewhere else than at its place in `focus`. A label's checksum is computed over its
 * offset in the vdev, so one that verifies for an offset proves where the vdev begins: nothing here is a guess.
 *
 * Reads at most 146 MiB in the ranges of {@link searchRanges}, and 8 bytes at up to 8192 usual places.
 *
 * @returns by start; a vdev inside another one that was found is left out
 * Source: module/zfs/zio_checksum.c, zio_checksum_label_verifier; module/zfs/vdev_label.c, vdev_label_offset
 */
export async function findShiftedVdevs(disk: ByteSource, search: ShiftedSearch): Promise<ShiftedVdev[]> {
  const finder = new Finder(disk, search);
  const searched = disk.selection?.searched ?? disk;
  for (const { from, to } of searchRanges(search.focus, search.partitions, disk.size)) {
    await scanRange(searched, from, to, finder.skip, finder.visit, search.signal);
  }
  await finder.probe(usualStarts(search.focus, disk.size));
  await finder.placeRest();
  return finder.found();
}

class Finder {
  readonly #disk: ByteSource;
  readonly #search: ShiftedSearch;
  readonly #vdevs = new Map<number, Proven>();
  /** Verified by no front label's place: they are labels 2 and 3, copies, or damaged. */
  readonly #unplaced: MetConfig[] = [];
  /** Label regions of which the place is proven: the slots in them tell nothing more. */
  readonly #told: number[] = [];
  /** Not looked at closer before configs had their say, which mostly tell whose ring it is. */
  readonly #slots: MetSlot[] = [];
  /** What was met and has still to be read of the source itself, where that keeps only what is needed. */
  readonly #met: Extent[] = [];
  #configs = 0;
  #trials = 0;

  constructor(disk: ByteSource, search: ShiftedSearch) {
    this.#disk = disk;
    this.#search = search;
  }

  readonly skip = (offset: number): number => {
    for (const { from, to } of [...this.#search.known, ...this.#extents()]) {
      if (from <= offset && offset < to) return to;
    }
    return offset;
  };

  readonly visit = async ({ bytes, offset, fresh }: ScanWindow): Promise<void> => {
    // Units that end in what is new: those before were met in the window before.
    const from = Math.max(0, fresh - TRAILER.size + 1);
    for (const magic of findTrailers(bytes, from, bytes.length - TRAILER.size + 8)) this.#meet(bytes, magic, offset);
    if (this.#disk.selection === undefined) this.#met.length = 0;
    for (const { from: begin, to } of this.#met.splice(0)) await this.#read(begin, to - begin);
    await this.#settleAll();
  };

  /** Looks for labels at single places, by the magic that ends their config. */
  async probe(labels: readonly number[]): Promise<void> {
    for (let at = 0; at < labels.length; at += PROBES) {
      this.#search.signal?.throwIfAborted();
      const open = labels.slice(at, at + PROBES).filter((label) => this.skip(label) === label);
      const hits = await Promise.all(open.map((label) => this.#hasTrailer(label)));
      for (const [i, label] of open.entries()) if (hits[i] === true) await this.#meetAt(label);
      await this.#settleAll();
    }
  }

  async #hasTrailer(label: number): Promise<boolean> {
    const searched = this.#disk.selection?.searched ?? this.#disk;
    const bytes = await this.#read(label + TRAILER_AT, 8, searched);
    return bytes !== null && findTrailers(bytes, 0, 8).length > 0;
  }

  async #meetAt(label: number): Promise<void> {
    const bytes = await this.#read(label + CONFIG.offset, CONFIG.size);
    if (bytes !== null) this.#meet(bytes, CONFIG.size - TRAILER.size, label + CONFIG.offset);
  }

  #meet(bytes: Uint8Array, magic: number, offset: number): void {
    if (this.#isTold(offset + magic)) return;
    const config = this.#configs < MOST.configs ? configAt(bytes, magic, offset, this.#disk.name) : null;
    if (config !== null) {
      this.#configs++;
      this.#met.push({ from: offset + magic + TRAILER.size - CONFIG.size, to: offset + magic + TRAILER.size });
      this.#place(config);
      return;
    }
    const slot = this.#slots.length < MOST.slots ? slotAt(bytes, magic, offset) : null;
    if (slot === null) return;
    this.#met.push({ from: slot.at, to: slot.at + slot.size });
    this.#slots.push(slot);
  }

  #isTold(offset: number): boolean {
    return this.#told.some((label) => label <= offset && offset < label + LABEL_SIZE);
  }

  #place(config: MetConfig): void {
    const front = FRONT_LABELS.find((label) => isConfigOf(config, label));
    if (front !== undefined) this.#prove(config.label - front, config, config.label);
    else if (!this.#placeInKnown(config)) this.#unplaced.push(config);
  }

  #placeInKnown(config: MetConfig): boolean {
    for (const { start } of this.#vdevs.values()) {
      const label = config.label - start;
      if (label % LABEL_SIZE !== 0 || !isConfigOf(config, label)) continue;
      this.#prove(start, config, config.label);
      return true;
    }
    return false;
  }

  #prove(start: number, config: MetConfig | null, label: number): void {
    let vdev = this.#vdevs.get(start);
    if (vdev === undefined) {
      if (this.#vdevs.size === MOST.vdevs) return;
      vdev = { start, labels: new Set(), implied: new Set(), length: null, settled: false };
      this.#vdevs.set(start, vdev);
    }
    this.#told.push(label);
    vdev.settled = false;
    if (config === null) return;
    vdev.labels.add(label - start);
    if (config.implied !== null) vdev.implied.add(config.implied);
  }

  /** Places what the front labels' configs did not: what is left of rings, and labels 2 and 3. */
  async placeRest(): Promise<void> {
    this.#placeConfigs((config) => this.#startsByWord(config));
    for (const slot of this.#slots) {
      if (this.#isTold(slot.at)) continue;
      if ([...this.#vdevs.keys()].some((start) => slot.sealed.isFor(slot.at - start))) continue;
      const start = startBySlot(slot);
      if (start !== null) this.#prove(start, null, slot.at - ((slot.at - start) % LABEL_SIZE));
    }
    this.#placeConfigs((config) => this.#startsNearby(config));
    await this.#settleAll();
  }

  /** Tries for each config left the places that a label 2 or 3 can have. */
  #placeConfigs(startsOf: (config: MetConfig) => Iterable<number>): void {
    for (const config of this.#unplaced.splice(0)) {
      if (this.#placeInKnown(config)) continue;
      const start = this.#tryStarts(config, startsOf(config));
      if (start === null) this.#unplaced.push(config);
      else this.#prove(start, config, config.label);
    }
  }

  #tryStarts(config: MetConfig, starts: Iterable<number>): number | null {
    for (const start of starts) {
      if (this.#trials++ >= MOST.trials) return null;
      if (isConfigOf(config, config.label - start)) return start;
    }
    return null;
  }

  *#startsByWord({ label, implied }: MetConfig): Iterable<number> {
    if (implied === null) return;
    for (let k = 1; k <= NEAR; k++) {
      yield label - (implied - k * LABEL_SIZE);
      yield label - (implied + (k - 1) * LABEL_SIZE);
    }
  }

  /** A label lies at a multiple of its size, so the vdev begins at one of these. */
  *#startsNearby({ label }: MetConfig): Iterable<number> {
    const first = ((label % LABEL_SIZE) + LABEL_SIZE) % LABEL_SIZE;
    for (let k = 0; k < FAR; k++) {
      if (first + k * LABEL_SIZE < label) yield first + k * LABEL_SIZE;
      yield first - (k + 1) * LABEL_SIZE;
    }
  }

  async #settleAll(): Promise<void> {
    for (const vdev of this.#vdevs.values()) if (!vdev.settled) await this.#settle(vdev);
  }

  /** Looks for the other labels where the ones that were met say they are, and how long the vdev is. */
  async #settle(vdev: Proven): Promise<void> {
    vdev.settled = true;
    const expected = [...vdev.implied].slice(0, 4).flatMap((size) => [size - 2 * LABEL_SIZE, size - LABEL_SIZE]);
    const last = Math.max(...vdev.labels);
    const beside = last >= 2 * LABEL_SIZE ? [last - LABEL_SIZE, last + LABEL_SIZE] : [];
    for (const label of new Set([...FRONT_LABELS, ...expected, ...beside])) {
      if (vdev.labels.has(label) || label < 0) continue;
      const bytes = await this.#read(vdev.start + label + CONFIG.offset, CONFIG.size);
      if (bytes === null || SealedUnit.of(bytes)?.isFor(label + CONFIG.offset) !== true) continue;
      vdev.labels.add(label);
      this.#told.push(vdev.start + label);
    }
    vdev.length = lengthOf(vdev);
  }

  async #read(offset: number, length: number, disk = this.#disk): Promise<Uint8Array | null> {
    if (offset < 0 || offset + length > disk.size) return null;
    try {
      return await disk.read(offset, length, this.#search.signal);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return null;
    }
  }

  /** Of vdevs that two labels agree on: what lies in them is theirs. */
  #extents(except?: Proven): Extent[] {
    const whole = [...this.#vdevs.values()].filter((vdev) => vdev !== except && vdev.labels.size > 1);
    return whole.flatMap(({ start, length }) => (length === null ? [] : [{ from: start, to: start + length }]));
  }

  found(): ShiftedVdev[] {
    const { size, name } = this.#disk;
    const outer = [...this.#vdevs.values()].filter(
      (vdev) => !this.#extents(vdev).some(({ from, to }) => from < vdev.start && vdev.start < to),
    );
    return outer
      .filter(({ start }) => start < size)
      .sort((a, b) => a.start - b.start)
      .map(({ start, length }) => {
        const whole = Math.min(length ?? Number.POSITIVE_INFINITY, size - start);
        if (start < 0) return { start, source: frontless(this.#disk, -start, whole) };
        return { start, source: { ...slice(this.#disk, start, whole), name: `${name}@${start}` } };
      });
  }
}

/** Bytes of the vdev, by its last labels where they are there, else by its own word; null when neither tells. */
function lengthOf({ labels, implied }: Proven): number | null {
  const last = Math.max(...labels);
  if (last < 2 * LABEL_SIZE) return implied.size === 0 ? null : Math.min(...implied);
  if (labels.has(last - LABEL_SIZE) && last - LABEL_SIZE >= 2 * LABEL_SIZE) return last + LABEL_SIZE;
  // One label alone can be 2 or 3.
  return implied.has(last + 2 * LABEL_SIZE) ? last + 2 * LABEL_SIZE : last + LABEL_SIZE;
}
