import type { NvList } from './nvlist.ts';
import { lookup } from './nvlist.ts';

/** The most that a double counts exactly; larger values mean nothing where these are asked for. */
const MOST = 2n ** 53n;

export function uint64Of(list: NvList, name: string): bigint | null {
  const value = lookup(list, name, 'uint64');
  return typeof value === 'bigint' ? value : null;
}

const capped = (value: bigint): number => Number(value < MOST ? value : MOST);

/** A uint64 as number, capped at 2^53. */
export function numberOf(list: NvList, name: string): number | null {
  const value = uint64Of(list, name);
  return value === null ? null : capped(value);
}

/** The numbers of a uint64 array, each capped at 2^53. */
export const numbersOf = (list: NvList, name: string): readonly number[] => uint64ArrayOf(list, name).map(capped);

export function stringOf(list: NvList, name: string): string | null {
  const value = lookup(list, name, 'string');
  return typeof value === 'string' ? value : null;
}

export function uint64ArrayOf(list: NvList, name: string): readonly bigint[] {
  const value = lookup(list, name, 'uint64_array');
  return Array.isArray(value) ? value.filter((each) => typeof each === 'bigint') : [];
}

const isList = (value: unknown): value is NvList => typeof value === 'object' && value !== null && 'pairs' in value;

export function nvlistOf(list: NvList, name: string): NvList | null {
  const value = lookup(list, name, 'nvlist');
  return isList(value) ? value : null;
}

export function nvlistArrayOf(list: NvList, name: string): readonly NvList[] {
  const value = lookup(list, name, 'nvlist_array');
  return Array.isArray(value) ? value.filter(isList) : [];
}

/** Set as a uint64 that is not 0, as a boolean value, or by a boolean that is merely there. */
export function flagOf(list: NvList, name: string): boolean {
  const number = uint64Of(list, name);
  if (number !== null) return number !== 0n;
  return lookup(list, name, 'boolean_value') === true || lookup(list, name, 'boolean') === true;
}
