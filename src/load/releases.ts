/** Releases of OpenZFS from one to another, both included, as {@link releaseNumber} counts them. */
export interface Releases {
  readonly first: number;
  readonly last: number;
}

/** Lines that pools are judged for, oldest first, and the newest release of each that was looked at. */
export const LINES = ['2.1', '2.2', '2.3', '2.4'] as const;
export type Line = (typeof LINES)[number];
const NEWEST: Readonly<Record<Line, number>> = { '2.1': 16, '2.2': 11, '2.3': 9, '2.4': 4 };

/** Room for the numbers of a line's releases. */
const PATCHES = 1000;

/** `2.3.9` as a number that is larger for later releases. */
export function releaseNumber(release: string): number {
  const [major = 0, minor = 0, patch = 0] = release.split('.').map(Number);
  return (major * PATCHES + minor) * PATCHES + patch;
}

export function releasesOfLine(line: Line): Releases {
  const first = releaseNumber(line);
  return { first, last: first + NEWEST[line] };
}

/** `2.3`: all of the line; `2.3.9`: that one, or the newest that was looked at where it is later. Null for anything else. */
export function releasesOf(text: string): Releases | null {
  const found = /^(\d\.\d)(?:\.(\d{1,3}))?$/.exec(text);
  const line = LINES.find((each) => each === found?.[1]);
  if (line === undefined) return null;
  const { first, last } = releasesOfLine(line);
  if (found?.[2] === undefined) return { first, last };
  const one = Math.min(first + Number(found[2]), last);
  return { first: one, last: one };
}

/**
 * Whether one of `releases` is among those that `ranges` names.
 *
 * @param ranges `2.3.6-2.3.9, 2.4.1-2.4.4`
 */
export const isAmong = (ranges: string, { first, last }: Releases): boolean =>
  ranges.split(', ').some((range) => {
    const [from = '', to = from] = range.split('-');
    return releaseNumber(from) <= last && first <= releaseNumber(to);
  });

/** The line that a release is of. */
export const lineOf = (release: string): string => release.split('.').slice(0, 2).join('.');
