import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { objectTypeName } from '../format/objectTypes.ts';
import type { DmuObject } from './object.ts';

/** Types of bonus that structures of the pool have. Source: include/sys/dmu.h, enum dmu_object_type. */
export const BONUS = {
  packedNvlistSize: 4,
  bpobj: 6,
  spaceMap: 7,
  dslDir: 12,
  dslDataset: 16,
  historyOffsets: 30,
  deadlist: 51,
} as const;

/**
 * Decodes the bonus of an object, once its type says that it is what is expected.
 *
 * A number that leads to an object of another type is damage, and its bonus must not be taken for what it is not.
 *
 * @throws FormatError `format-value` for another type of bonus; what `decode` throws
 */
export function decodeBonus<T>(
  object: DmuObject,
  type: number,
  decode: (bonus: Uint8Array, littleEndian: boolean, place: Place) => T,
): T {
  const { dnode } = object;
  if (dnode.bonusType !== type) {
    const what = `bonus of ${object.path.join(' ')}`;
    throw new FormatError('format-value', what, objectTypeName(type), objectTypeName(dnode.bonusType), dnode.place);
  }
  return decode(dnode.bonus, dnode.littleEndian, dnode.bonusPlace);
}
