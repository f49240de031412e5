/** Data types of nvlist pairs, by number. Source: include/sys/nvpair.h, data_type_t. */
export const NV_TYPES = [
  'dontcare',
  'boolean',
  'byte',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'string',
  'byte_array',
  'int16_array',
  'uint16_array',
  'int32_array',
  'uint32_array',
  'int64_array',
  'uint64_array',
  'string_array',
  'hrtime',
  'nvlist',
  'nvlist_array',
  'boolean_value',
  'int8',
  'uint8',
  'boolean_array',
  'int8_array',
  'uint8_array',
  'double',
] as const;

export type NvType = (typeof NV_TYPES)[number];

/**
 * Shape by type: `boolean` is true (it has no value, only presence); byte and the integers up to 32 bits number; 64
 * bits and hrtime bigint; byte_array Uint8Array; arrays arrays of the same; a type this code does not know its raw
 * bytes.
 */
export type NvValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | NvList
  | readonly boolean[]
  | readonly number[]
  | readonly bigint[]
  | readonly string[]
  | readonly NvList[];

export interface NvPair {
  readonly name: string;
  /** `unknown` for a number that is not in NV_TYPES. */
  readonly type: NvType | 'unknown';
  readonly value: NvValue;
}

/** Pairs in the order of the bytes; names may repeat when the list was made so. */
export interface NvList {
  readonly pairs: readonly NvPair[];
}

/** Value of the first pair of that name and type, or undefined. */
export function lookup(list: NvList, name: string, type: NvType): NvValue | undefined {
  return list.pairs.find((pair) => pair.name === name && pair.type === type)?.value;
}
