import { PROPERTY_KINDS, type PropertyKind, ZSTD_LEVEL } from './properties.layout.ts';

/** What ZFS knows of a property; null for those of users and those that are not in the table. */
export const propertyKind = (name: string): PropertyKind | null =>
  Object.hasOwn(PROPERTY_KINDS, name) ? (PROPERTY_KINDS[name] ?? null) : null;

/** Whether directories below take over the value. Source: module/zfs/dsl_prop.c, dsl_prop_get_dd. */
export const isInherited = (name: string): boolean => propertyKind(name)?.inherited ?? true;

/**
 * The value as `zfs get -p` prints it: names for numbers that have one.
 *
 * Raw text where it is text: escape it before it reaches a terminal.
 */
export function propertyText(name: string, value: bigint | string): string {
  if (typeof value === 'string') return value;
  if (name === 'compression' && value >> ZSTD_LEVEL.shift > 0n) return zstdLevel(value);
  const names = propertyKind(name)?.names;
  return (value < 0x10000n ? names?.[Number(value)] : undefined) ?? `${value}`;
}

function zstdLevel(value: bigint): string {
  const level = value >> ZSTD_LEVEL.shift;
  if ((value & ((1n << ZSTD_LEVEL.shift) - 1n)) !== ZSTD_LEVEL.algorithm) return `${value}`;
  if (level <= ZSTD_LEVEL.plain) return `zstd-${level}`;
  const fast = level < 0x100n ? ZSTD_LEVEL.fast[Number(level - ZSTD_LEVEL.fastFrom)] : undefined;
  return fast === undefined ? `${value}` : `zstd-fast-${fast}`;
}
