/** A number below `below`. */
export type Pick = (below: number) => number;

/** mulberry32: small, and the same everywhere. */
export function random(seed: number): Pick {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export function pickFrom<T>(pick: Pick, items: readonly T[]): T {
  const item = items[pick(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

const { ZFS_UBER_SEED } = process.env;

/** Where every fuzz test begins: `ZFS_UBER_SEED=N` repeats a run, or begins elsewhere. */
export const SEED = ZFS_UBER_SEED === undefined ? 20_261_121 : Number(ZFS_UBER_SEED);
