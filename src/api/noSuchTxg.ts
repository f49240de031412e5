import { UsageError } from '../bytes/errors.ts';
import type { Txg } from '../bytes/units.ts';

/** Txgs that a message names. */
const NAMED = 6;

/** The rings hold no uberblock of the txg that was asked for. */
export class NoSuchTxgError extends UsageError {
  override readonly name: string = 'NoSuchTxgError';
  readonly txg: bigint;
  /** Those that they hold, the nearest first. */
  readonly nearest: readonly Txg[];

  constructor(txg: bigint, txgs: readonly Txg[]) {
    const distance = (each: Txg): bigint => (each > txg ? each - txg : txg - each);
    const nearest = [...txgs].sort((a, b) => {
      const [x, y] = [distance(a), distance(b)];
      return x < y ? -1 : x > y ? 1 : 0;
    });
    const named = nearest.slice(0, NAMED).sort((a, b) => (a < b ? -1 : 1));
    const range = txgs.length > named.length ? `; in all ${txgs.length} from ${txgs.at(-1)} to ${txgs[0]}` : '';
    super(`the rings hold no uberblock of txg ${txg}; the nearest: ${named.join(', ')}${range}`);
    this.txg = txg;
    this.nearest = nearest;
  }
}
