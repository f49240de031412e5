import type { Uberblock } from '../format/uberblock.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { ImportPlace } from './importPlace.ts';
import { newestOn } from './stoppedTops.ts';

/** A device of a pool that shares bytes with a device of another pool that was written later. */
export interface Overlap {
  readonly device: DeviceSurvey;
  readonly by: { readonly pool: Pool; readonly device: DeviceSurvey; readonly newest: Uberblock };
  /** Bytes of the file or block device where the later one lies; null for all of it. */
  readonly part: ImportPlace['part'];
}

type PlaceOf = (device: DeviceSurvey) => ImportPlace | null;

/**
 * Devices of `pool` on which another of `pools` was made later: a partition on what was a whole disk, or the other way
 * round. What the later one wrote has overwritten what the earlier one had there.
 */
export function overlapsOf(pool: Pool, pools: readonly Pool[], placeOf: PlaceOf): Overlap[] {
  const others = pools.flatMap((other) => (other === pool ? [] : other.devices.map((device) => ({ other, device }))));
  return pool.devices.flatMap((device) => {
    const [place, own] = [placeOf(device), newestOn(device)];
    if (place === null || own === null) return [];
    return others.flatMap(({ other, device: by }): Overlap[] => {
      const [there, newest] = [placeOf(by), newestOn(by)];
      if (there === null || newest === null || there.path !== place.path) return [];
      if (newest.timestamp < own.timestamp || !share(place, there)) return [];
      return [{ device, by: { pool: other, device: by, newest }, part: there.part }];
    });
  });
}

function share({ part: a }: ImportPlace, { part: b }: ImportPlace): boolean {
  if (a === null || b === null) return true;
  return a.start < b.start + b.size && b.start < a.start + a.size;
}
