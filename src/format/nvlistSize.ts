import type { NvType } from './nvlist.ts';

/** The head of a pair in memory: size, length of the name, a reserved word, count, type. Source: include/sys/nvpair.h, nvpair_t */
export const PAIR_HEAD = 16;
/** `nvlist_t` in the memory of a 64-bit host. */
export const LIST_STRUCT = 24;
export const POINTER = 8;

/** No bit operation: what a count of 32 bits claims does not fit into one. */
export const align8 = (length: number): number => Math.ceil(length / 8) * 8;

/** Bytes of an element in memory, by the name of its type without `_array`, where they are not eight. */
const WIDTHS: { readonly [type: string]: number } = {
  byte: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  boolean_value: 4,
  boolean: 4,
};

export const widthOf = (type: NvType): number => WIDTHS[type.replace(/_array$/, '')] ?? 8;

/**
 * What a pair takes in the memory of a 64-bit host, without the lists in it. OpenZFS refuses a list of which a pair
 * says another size.
 *
 * @param nameBytes without the NUL
 * @param textBytes of all its strings together, without their NULs
 * Source: include/sys/nvpair.h, NVP_SIZE_CALC; module/nvpair/nvpair.c, i_get_value_size and i_validate_nvpair
 */
export function sizeInMemory(nameBytes: number, type: NvType, count: number, textBytes: number): number {
  return align8(PAIR_HEAD + nameBytes + 1) + align8(valueSize(type, count, textBytes));
}

function valueSize(type: NvType, count: number, textBytes: number): number {
  switch (type) {
    case 'boolean':
      return 0;
    case 'nvlist':
      return LIST_STRUCT;
    case 'nvlist_array':
      return count * (POINTER + LIST_STRUCT);
    case 'string':
      return textBytes + 1;
    case 'string_array':
      return textBytes + count * (POINTER + 1);
    default:
      return count * widthOf(type);
  }
}
