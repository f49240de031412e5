import { LABEL_REGIONS, TRAILER } from '../format/label.layout.ts';
import { readOrNull } from '../source/readOrNull.ts';
import type { ByteSource } from '../source/source.ts';
import { findTrailers, type ScanWindow, scanRange } from '../source/trailerScan.ts';
import { configAt, type MetSlot, slotAt } from './labelEvidence.ts';
import { ProvenVdevs } from './provenVdevs.ts';
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
  starts: 4096,
  /** 16 GiB. */
  before: 1 << 16,
  behind: 1 << 16,
} as const;
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
  /** Other places where a vdev is said to begin, of which only the magic of label 0 is read; the first 4096. */
  readonly starts?: readonly number[];
  readonly signal?: AbortSignal | undefined;
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
  const { starts = [] } = search;
  await finder.probe([...starts.slice(0, MOST.starts), ...usualStarts(search.focus, disk.size)]);
  return finder.found();
}

class Finder {
  readonly #disk: ByteSource;
  readonly #search: ShiftedSearch;
  readonly #vdevs: ProvenVdevs;
  /** Not looked at closer before configs had their say, which mostly tell whose ring it is. */
  readonly #slots: MetSlot[] = [];
  /** What was met and has still to be read of the source itself, where that keeps only what is needed. */
  readonly #met: Extent[] = [];
  #configs = 0;

  constructor(disk: ByteSource, search: ShiftedSearch) {
    this.#disk = disk;
    this.#search = search;
    this.#vdevs = new ProvenVdevs(disk, MOST, search.signal);
  }

  readonly skip = (offset: number): number => {
    for (const { from, to } of [...this.#search.known, ...this.#vdevs.extents()]) {
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
    await this.#vdevs.settleAll();
  };

  /** Looks for labels at single places, by the magic that ends their config. */
  async probe(labels: readonly number[]): Promise<void> {
    for (let at = 0; at < labels.length; at += PROBES) {
      this.#search.signal?.throwIfAborted();
      const open = labels.slice(at, at + PROBES).filter((label) => this.skip(label) === label);
      const hits = await Promise.all(open.map((label) => this.#hasTrailer(label)));
      for (const [i, label] of open.entries()) if (hits[i] === true) await this.#meetAt(label);
      await this.#vdevs.settleAll();
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
    if (this.#vdevs.isTold(offset + magic)) return;
    const config = this.#configs < MOST.configs ? configAt(bytes, magic, offset, this.#disk.name) : null;
    if (config !== null) {
      this.#configs++;
      this.#met.push({ from: offset + magic + TRAILER.size - CONFIG.size, to: offset + magic + TRAILER.size });
      this.#vdevs.place(config);
      return;
    }
    const slot = this.#slots.length < MOST.slots ? slotAt(bytes, magic, offset) : null;
    if (slot === null) return;
    this.#met.push({ from: slot.at, to: slot.at + slot.size });
    this.#slots.push(slot);
  }

  #read(offset: number, length: number, disk = this.#disk): Promise<Uint8Array | null> {
    return readOrNull(disk, offset, length, this.#search.signal);
  }

  async found(): Promise<ShiftedVdev[]> {
    await this.#vdevs.placeRest(this.#slots);
    return this.#vdevs.found().filter(({ inside }) => !inside);
  }
}
