import { LABEL_REGIONS, LABEL_SIZE } from '../format/label.layout.ts';
import { frontless } from '../source/frontless.ts';
import { readOrNull } from '../source/readOrNull.ts';
import { SealedUnit } from '../source/sealedUnit.ts';
import { type ByteSource, slice } from '../source/source.ts';
import { FRONT_LABELS, isConfigOf, type MetConfig, type MetSlot, startBySlot } from './labelEvidence.ts';
import type { Extent } from './searchRanges.ts';

const { config: CONFIG } = LABEL_REGIONS;

/** How far from the size that a label implies its vdev is looked for, in labels: legs of a mirror differ. */
const NEAR = 64;

export interface PlacingLimits {
  readonly vdevs: number;
  /** Places tried for units that do not say where their vdev begins: some 3 us each. */
  readonly trials: number;
  /** How far before and behind the source's start a vdev is tried to begin, in labels. */
  readonly before: number;
  readonly behind: number;
}

/** A vdev whose place is proven by the checksum of a unit in it. */
export interface FoundVdev {
  /** Byte of the disk where it begins; negative when so much of its front is not there. */
  readonly start: number;
  /** The vdev by itself. What is missing in front cannot be read. */
  readonly source: ByteSource;
  /** Bytes, by its last labels or by its own word; null when neither tells, and it is taken to go on to the end. */
  readonly length: number | null;
  /** It begins inside another one. */
  readonly inside: boolean;
}

/** What is known of a vdev by the places at which its labels verify. */
interface Proven {
  readonly start: number;
  /** Bytes from `start`. */
  readonly labels: Set<number>;
  /** The same of labels of which only slots of the ring were met. */
  readonly rings: Set<number>;
  readonly implied: Set<number>;
  length: number | null;
  settled: boolean;
}

/**
 * Where vdevs begin, by units of labels that were met somewhere on a disk. The checksum of a unit is computed over its
 * offset in the vdev, so one that verifies for an offset proves where the vdev begins: nothing here is a guess.
 *
 * Source: module/zfs/zio_checksum.c, zio_checksum_label_verifier; module/zfs/vdev_label.c, vdev_label_offset
 */
export class ProvenVdevs {
  readonly #disk: ByteSource;
  readonly #limits: PlacingLimits;
  readonly #signal: AbortSignal | undefined;
  readonly #vdevs = new Map<number, Proven>();
  /** Verified by no front label's place: they are labels 2 and 3, copies, or damaged. */
  readonly #unplaced: MetConfig[] = [];
  /** Label regions of which the place is proven: the slots in them tell nothing more. */
  readonly #told: number[] = [];
  #trials = 0;

  constructor(disk: ByteSource, limits: PlacingLimits, signal?: AbortSignal) {
    this.#disk = disk;
    this.#limits = limits;
    this.#signal = signal;
  }

  /** Where the vdevs begin that are proven so far. */
  get starts(): Iterable<number> {
    return this.#vdevs.keys();
  }

  /** The byte lies in a label whose place is proven. */
  isTold(offset: number): boolean {
    return this.#told.some((label) => label <= offset && offset < label + LABEL_SIZE);
  }

  /** Places a config, at once where that costs little, else when {@link placeRest} is called. */
  place(config: MetConfig): void {
    const front = FRONT_LABELS.find((label) => isConfigOf(config, label));
    if (front !== undefined) this.#prove(config.label - front, config, config.label);
    else if (!this.#placeConfigInKnown(config)) this.#unplaced.push(config);
  }

  #placeConfigInKnown(config: MetConfig): boolean {
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
      if (this.#vdevs.size === this.#limits.vdevs) return;
      vdev = { start, labels: new Set(), rings: new Set(), implied: new Set(), length: null, settled: false };
      this.#vdevs.set(start, vdev);
    }
    this.#told.push(label);
    vdev.settled = false;
    if (config === null) vdev.rings.add(label - start);
    if (config === null) return;
    vdev.labels.add(label - start);
    if (config.implied !== null) vdev.implied.add(config.implied);
  }

  /** A slot proves where its vdev begins. */
  proveBySlot(start: number, { at }: MetSlot): void {
    this.#prove(start, null, at - ((at - start) % LABEL_SIZE));
  }

  /** Places what the front labels' configs did not: what is left of rings, and labels 2 and 3. */
  async placeRest(slots: readonly MetSlot[]): Promise<void> {
    this.#placeConfigs((config) => this.#startsByWord(config));
    for (const slot of slots) {
      if (this.isTold(slot.at) || this.placeInKnown(slot)) continue;
      const start = startBySlot(slot);
      if (start !== null) this.proveBySlot(start, slot);
    }
    this.#placeConfigs((config) => this.startsNearby(config.label));
    await this.settleAll();
  }

  /** Whether the slot belongs to a vdev that is known; its label is then told. */
  placeInKnown(slot: MetSlot): boolean {
    for (const start of this.#vdevs.keys()) {
      if (!slot.sealed.isFor(slot.at - start)) continue;
      this.proveBySlot(start, slot);
      return true;
    }
    return false;
  }

  /** Tries for each config left the places that a label 2 or 3 can have. */
  #placeConfigs(startsOf: (config: MetConfig) => Iterable<number>): void {
    for (const config of this.#unplaced.splice(0)) {
      if (this.#placeConfigInKnown(config)) continue;
      const start = this.#tryStarts(config, startsOf(config));
      if (start === null) this.#unplaced.push(config);
      else this.#prove(start, config, config.label);
    }
  }

  #tryStarts(config: MetConfig, starts: Iterable<number>): number | null {
    return this.tryStarts(starts, (start) => isConfigOf(config, config.label - start));
  }

  /** The first of `starts` that `fits`, as far as there are trials left. */
  tryStarts(starts: Iterable<number>, fits: (start: number) => boolean): number | null {
    for (const start of starts) {
      if (this.#trials++ >= this.#limits.trials) return null;
      if (fits(start)) return start;
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
  *startsNearby(label: number): Iterable<number> {
    const first = ((label % LABEL_SIZE) + LABEL_SIZE) % LABEL_SIZE;
    const { before, behind } = this.#limits;
    for (let k = 0; k < Math.max(before, behind); k++) {
      const start = first + k * LABEL_SIZE;
      if (k < behind && start < label) yield start;
      if (k < before) yield first - (k + 1) * LABEL_SIZE;
      else if (start >= label) return;
    }
  }

  async settleAll(): Promise<void> {
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

  async #read(offset: number, length: number): Promise<Uint8Array | null> {
    return readOrNull(this.#disk, offset, length, this.#signal);
  }

  /** Of vdevs that two labels agree on: what lies in them is theirs. */
  extents(except?: Proven): Extent[] {
    const whole = [...this.#vdevs.values()].filter((vdev) => vdev !== except && vdev.labels.size > 1);
    return whole.flatMap(({ start, length }) => (length === null ? [] : [{ from: start, to: start + length }]));
  }

  /** By start. */
  found(): FoundVdev[] {
    const { size, name } = this.#disk;
    return [...this.#vdevs.values()]
      .filter(({ start }) => start < size)
      .sort((a, b) => a.start - b.start)
      .map((vdev) => {
        const { start, length } = vdev;
        const inside = this.extents(vdev).some(({ from, to }) => from < start && start < to);
        const whole = Math.min(length ?? Number.POSITIVE_INFINITY, size - start);
        const told = { start, length, inside };
        if (start < 0) return { ...told, source: frontless(this.#disk, -start, whole) };
        return { ...told, source: { ...slice(this.#disk, start, whole), name: `${name}@${start}` } };
      });
  }
}

/** Bytes of the vdev, by its last labels where they are there, else by its own word; null when neither tells. */
function lengthOf({ labels: configs, rings, implied }: Proven): number | null {
  // Rings outlive what rewrote the configs elsewhere: they have a say where nothing else has.
  const labels = configs.size > 0 ? configs : rings;
  const last = Math.max(...labels);
  if (last < 2 * LABEL_SIZE) return implied.size === 0 ? null : Math.min(...implied);
  if (labels.has(last - LABEL_SIZE) && last - LABEL_SIZE >= 2 * LABEL_SIZE) return last + LABEL_SIZE;
  // One label alone can be 2 or 3.
  return implied.has(last + 2 * LABEL_SIZE) ? last + 2 * LABEL_SIZE : last + LABEL_SIZE;
}
