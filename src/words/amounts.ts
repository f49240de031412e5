/** `1 device`, `2 devices`. */
export const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`;

/** The first of `items` joined, and how many more there are: a message has to stay readable. */
export function list(items: readonly (string | number | bigint)[], shown = 8): string {
  const head = items.slice(0, shown).join(', ');
  return items.length > shown ? `${head} and ${items.length - shown} more` : head;
}

/** Whole numbers, each once, neighbours together: `0-3, 7`. */
export function ranges(numbers: readonly number[]): string {
  const runs: { from: number; to: number }[] = [];
  for (const each of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && each === last.to + 1) last.to = each;
    else runs.push({ from: each, to: each });
  }
  return list(runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)));
}

/** `label 2`, `labels 0-3`. */
export const several = (thing: string, numbers: readonly number[]): string =>
  `${thing}${new Set(numbers).size === 1 ? '' : 's'} ${ranges(numbers)}`;

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** `56 MiB`, or the bytes where it is no whole number of anything larger. */
export function size(bytes: bigint): string {
  let [amount, unit] = [bytes, 0];
  while (amount > 0n && amount % 1024n === 0n && unit < UNITS.length - 1) [amount, unit] = [amount / 1024n, unit + 1];
  return `${amount} ${UNITS[unit]}`;
}

/** Seconds since 1970 as UTC; a number that is no date of this era as it is. */
export function time(timestamp: bigint): string {
  if (timestamp > 253402300799n) return `${timestamp} s`;
  return new Date(Number(timestamp) * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
}

/** A span of seconds in the largest unit that fits. */
export function span(seconds: bigint): string {
  const s = seconds < 0n ? -seconds : seconds;
  if (s === 0n) return 'less than 1 s';
  if (s < 120n) return `${s} s`;
  if (s < 7200n) return `${s / 60n} min`;
  if (s < 172800n) return `${s / 3600n} h`;
  return `${s / 86400n} days`;
}
