/** Prefixes of handles, the usual one first. */
const PREFIXES = ['d', 's', 'v', 'dev', 'src'];

/**
 * A short name for each source, to say which is meant: `d0`, `d1`... by its index. None is what another source is called,
 * with or without what follows the dot: beside `backup-of-d0.img, d0.img` they are `s0, s1`.
 *
 * @param paths of all sources of a scan
 */
export function sourceHandles(paths: readonly string[]): string[] {
  const names = paths.map((path) => {
    const base = path.replace(/^.*[\\/]/s, '').toLowerCase();
    return [base, base.replace(/\..*$/s, '')];
  });
  const misleads = (prefix: string) =>
    names.some((own, index) => own.some((name) => isHandle(name, prefix) && name !== `${prefix}${index}`));
  const prefix = PREFIXES.find((each) => !misleads(each)) ?? 'source-';
  return paths.map((_, index) => `${prefix}${index}`);
}

const isHandle = (name: string, prefix: string): boolean =>
  name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
