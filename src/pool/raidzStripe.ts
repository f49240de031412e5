import { addBytes, addScaled, double, invert, isZeros, multiply, powerOfTwo } from './raidzGalois.ts';
import type { RaidzRow } from './raidzMap.ts';

/** By how much one data column differs from what should stand there. */
export interface Correction {
  readonly column: number;
  /** XOR of right and found, as long as a parity; past the column's own size it has no meaning. */
  readonly difference: Uint8Array;
}

/** Bytes of a stripe at which a guess is tried before it is worked out in full. */
const SAMPLES = 16;

/**
 * One row of a raidz block with what could be read of it.
 *
 * The syndrome of a parity is what it says less what the data says: zeros for a sound stripe. It is a weighted sum of
 * the errors in the data columns, so that as many parities as columns are wrong tell the errors. Weights: 1 for the
 * first parity, powers of 2 for the second, of 4 for the third, least in the last column.
 * Source: module/zfs/vdev_raidz.c, vdev_raidz_generate_parity_pqr and vdev_raidz_matrix_init
 */
export class RaidzStripe {
  readonly row: RaidzRow;
  readonly #nparity: number;
  /** Of the whole block; columns are parts of it. Zeros where nothing could be read. */
  readonly #data: Uint8Array;
  readonly #parities: (Uint8Array | null)[];
  readonly #failed = new Set<number>();
  #syndromes: (Uint8Array | null)[] | null = null;
  #samples: readonly number[] = [];

  constructor(row: RaidzRow, nparity: number, data: Uint8Array) {
    this.row = row;
    this.#nparity = nparity;
    this.#data = data;
    this.#parities = Array.from({ length: nparity }, () => null);
  }

  /** Takes what was read of a column. Not after the first question. */
  store(column: number, bytes: Uint8Array): void {
    if (column < this.#nparity) this.#parities[column] = bytes;
    else this.#data.set(bytes, this.row.columns[column]?.at ?? 0);
  }

  fail(column: number): void {
    this.#failed.add(column);
  }

  get failed(): ReadonlySet<number> {
    return this.#failed;
  }

  get lacksData(): boolean {
    for (const column of this.#failed) if (column >= this.#nparity) return true;
    return false;
  }

  /** Null for parities that are not there. */
  #syndrome(parity: number): Uint8Array | null {
    this.#syndromes ??= this.#computeSyndromes();
    return this.#syndromes[parity] ?? null;
  }

  #computeSyndromes(): (Uint8Array | null)[] {
    const { columns, size } = this.row;
    const syndromes = this.#parities.map((bytes, parity) => {
      if (bytes === null) return null;
      const sum = new Uint8Array(size);
      for (const column of columns.slice(this.#nparity)) {
        // Horner's scheme; short columns count as if zeros followed.
        for (let times = 0; times < parity; times++) double(sum);
        if (column.size > 0) addBytes(sum, this.#data.subarray(column.at, column.at + column.size));
      }
      addBytes(sum, bytes);
      return sum;
    });
    this.#samples = samplesOf(syndromes, size);
    return syndromes;
  }

  #weight(parity: number, column: number): number {
    return powerOfTwo(parity * (this.row.columns.length - 1 - column));
  }

  /**
   * What is wrong with the data if, besides what could not be read, the columns `suspects` are wrong and nothing else.
   *
   * @param strict refute a guess that a parity contradicts which should hold, tried at a few bytes only
   * @returns null when more columns are lost than there are parities
   */
  solve(suspects: readonly number[], strict: boolean): readonly Correction[] | null | 'refuted' {
    const { columns } = this.row;
    const dead = new Set(this.#failed);
    for (const column of suspects) if ((columns[column]?.size ?? 0) > 0) dead.add(column);
    if (dead.size > this.#nparity) return null;
    const unknown = [...dead].filter((column) => column >= this.#nparity);
    if (unknown.length === 0) return [];
    const sound: number[] = [];
    for (let parity = 0; parity < this.#nparity; parity++) {
      if (!dead.has(parity) && this.#syndrome(parity) !== null) sound.push(parity);
    }
    if (sound.length < unknown.length) return null;
    const used = sound.slice(0, unknown.length);
    const matrix = used.flatMap((parity) => unknown.map((column) => this.#weight(parity, column)));
    const inverted = invert(matrix, used.length);
    if (inverted === null) return null;
    if (strict && this.#refutes(sound.slice(used.length), used, unknown, inverted)) return 'refuted';
    return unknown.map((column, i) => {
      const difference = new Uint8Array(this.row.size);
      for (const [k, parity] of used.entries()) {
        const syndrome = this.#syndrome(parity);
        if (syndrome !== null) addScaled(difference, inverted[i * used.length + k] ?? 0, syndrome);
      }
      return { column, difference };
    });
  }

  /** True when one of the parities `spare` contradicts the solution by the others. */
  #refutes(spare: readonly number[], used: readonly number[], unknown: readonly number[], inverted: readonly number[]) {
    if (spare.length === 0) return false;
    const n = used.length;
    for (const at of this.#samples) {
      const given = used.map((parity) => this.#syndrome(parity)?.[at] ?? 0);
      const errors = unknown.map((_, i) => given.reduce((sum, s, k) => sum ^ multiply(inverted[i * n + k] ?? 0, s), 0));
      for (const parity of spare) {
        const sum = errors.reduce((rest, e, i) => rest ^ multiply(this.#weight(parity, unknown[i] ?? 0), e), 0);
        if (sum !== (this.#syndrome(parity)?.[at] ?? 0)) return true;
      }
    }
    return false;
  }

  /** Adds the corrections to the data, or takes them back: XOR is its own inverse. */
  apply(corrections: readonly Correction[]): void {
    for (const { column, difference } of corrections) {
      const { at = 0, size = 0 } = this.row.columns[column] ?? {};
      addBytes(this.#data.subarray(at, at + size), difference.subarray(0, size));
    }
  }

  /** The parities that were read and are wrong, given what is wrong with the data. */
  wrongParities(corrections: readonly Correction[]): number[] {
    const wrong: number[] = [];
    for (let parity = 0; parity < this.#nparity; parity++) {
      const syndrome = this.#failed.has(parity) ? null : this.#syndrome(parity);
      if (syndrome === null) continue;
      const rest = syndrome.slice();
      for (const { column, difference } of corrections) {
        const size = this.row.columns[column]?.size ?? 0;
        addScaled(rest, this.#weight(parity, column), difference.subarray(0, size));
      }
      if (!isZeros(rest)) wrong.push(parity);
    }
    return wrong;
  }
}

/** Where syndromes are not zero, spread over the stripe: elsewhere every guess fits. */
function samplesOf(syndromes: readonly (Uint8Array | null)[], size: number): readonly number[] {
  const samples: number[] = [];
  const step = Math.max(1, Math.floor(size / SAMPLES));
  for (let from = 0; from < size; from += step) {
    for (let at = from; at < Math.min(from + step, size); at++) {
      if (syndromes.every((syndrome) => syndrome === null || syndrome[at] === 0)) continue;
      samples.push(at);
      break;
    }
  }
  return samples;
}
