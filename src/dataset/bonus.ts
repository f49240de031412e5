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
 * @param decode gives what is shared, so it is never changed
 * @throws FormatError `format-value` for another type of bonus; what `decode` throws
 */
export function decodeBonus<T>(
  object: DmuObject,
  type: number,
  decode: (bonus: Uint8Array, littleEndian: boolean, place: Place) => T,
): T {
  const known = decoded.get(object);
  // Each of these is one function, which says of which type the value is.
  if (known?.decode === decode) return known.value as T;
  const { dnode } = object;
  if (dnode.bonusType !== type) {
    const what = `bonus of ${object.path.join(' ')}`;
    throw new FormatError('format-value', what, objectTypeName(type), objectTypeName(dnode.bonusType), dnode.place);
  }
  const value = decode(dnode.bonus, dnode.littleEndian, dnode.bonusPlace);
  decoded.set(object, { decode, value });
  return value;
}

/** Objects that are the same at several txgs are asked for their bonus at each. */
const decoded = new WeakMap<DmuObject, { readonly decode: unknown; readonly value: unknown }>();
