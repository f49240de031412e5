import { FormatError, type ZfsUberError } from '../bytes/errors.ts';
import { type Attempt, UnavailableBlockError } from '../pool/blockRead.ts';
import { SourceError } from '../source/source.ts';

/** The error in words that go on after what was being read: which block or field, and what was found where. */
export function errorWords(error: ZfsUberError): string {
  const { place, said } = error;
  if (error instanceof UnavailableBlockError) {
    if (error.failedReads.length > 0) return briefErrorWords(error, error.copies);
    const path = place === null || place.path.length === 0 ? '' : ` (${place.path.join(' > ')})`;
    return `${briefErrorWords(error, error.copies)}${path}${badPlaces(error.attempts)}`;
  }
  if (error instanceof SourceError) return place === null ? said : `${readPlaces([error])}: ${said}`;
  if (error instanceof FormatError && place !== null) return `${place.path.join(' > ')}: ${said}`;
  return said;
}

/**
 * The same as far as it fits beside a txg: which block it is, not where each copy was looked for.
 *
 * @param copies of a block; the first names it
 */
export function briefErrorWords(error: ZfsUberError, copies?: readonly string[]): string {
  if (!(error instanceof UnavailableBlockError)) return errorWords(error);
  const block = (copies ?? error.copies.slice(0, 1)).join(', ');
  if (error.failedReads.length > 0) {
    const said = block === '' ? error.said : `block ${block} cannot be read`;
    return `${said} ${readPlaces(error.failedReads)}${wrongPlaces(error.attempts)}`;
  }
  return block === '' ? error.said : `no copy of block ${block} is sound`;
}

/** The first places that were wrong, for who wants to look; the rest are counted. */
export function badPlaces(attempts: readonly Attempt[]): string {
  const bad = attempts.filter(({ outcome }) => outcome !== 'good' && outcome !== 'rebuilt');
  if (bad.length === 0) return '';
  const shown = bad.slice(0, 3).map(({ vdev, place, outcome }) => {
    const where = place === null ? vdev : `${place.source} @ 0x${place.offset.toString(16)}`;
    return outcome === 'wrong' ? where : `${where} (${outcome})`;
  });
  return `: ${shown.join(', ')}${bad.length > 3 ? ` and ${bad.length - 3} more` : ''}`;
}

/** `from d0.img (EIO at offset 0x406000)`; the first places, the rest are counted. */
export function readPlaces(failed: readonly SourceError[]): string {
  const bySource = new Map<string, string[]>();
  for (const { code, place } of failed) {
    const key = place === null ? `(${code}` : `from ${place.source} (${code} at offset`;
    const offsets = bySource.get(key) ?? [];
    const offset = place === null ? '' : ` 0x${place.offset.toString(16)}`;
    if (!offsets.includes(offset)) bySource.set(key, [...offsets, offset]);
  }
  const told = [...bySource].map(([key, offsets]) => {
    const more = offsets.length > 3 ? ` and ${offsets.length - 3} more` : '';
    return `${key}${offsets.slice(0, 3).join(',')}${more})`;
  });
  return `${told.slice(0, 3).join(', ')}${told.length > 3 ? ` and ${told.length - 3} more` : ''}`;
}

/** Beside places that could not be read: those that could, and are wrong. */
export function wrongPlaces(attempts: readonly Attempt[]): string {
  const wrong = attempts.filter(({ outcome }) => outcome === 'wrong' || outcome === 'absent');
  return wrong.length === 0 ? '' : `; of no use${badPlaces(wrong)}`;
}
