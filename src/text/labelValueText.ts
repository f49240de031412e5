import type { JsonValue } from '../document/nvlistJson.ts';
import { sizeText } from './amounts.ts';

/** Source: include/sys/fs/zfs.h, enum pool_state */
const POOL_STATES = ['active', 'exported', 'destroyed', 'spare', 'cache', 'uninitialized'];

/** The largest shift that is a size at all. */
const MOST_SHIFT = 63;

/** What the number beside a name in a label means; empty where it says so itself. */
const MEANINGS: Readonly<Record<string, (value: number) => string>> = {
  state: (value) => POOL_STATES[value] ?? '',
  ashift: (value) => shifted(value, 'sectors of '),
  metaslab_shift: (value) => shifted(value, ''),
  asize: (value) => sizeText(value),
  min_alloc: (value) => `no block takes less than ${sizeText(value)}`,
  max_alloc: (value) => `the largest of its vdevs' min_alloc, ${sizeText(value)}`,
  hostid: (value) => `0x${value.toString(16)}, as hostid(1) prints it`,
};

const shifted = (shift: number, what: string): string =>
  shift > 0 && shift <= MOST_SHIFT ? `${what}${sizeText(2 ** shift)}` : '';

/** `0 (active)`: a value of a label, and what it means where that is a matter of tables. */
export function labelValueText(name: string, value: Exclude<JsonValue, object>): string {
  const amount = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  const meaning = typeof amount === 'number' && Object.hasOwn(MEANINGS, name) ? (MEANINGS[name]?.(amount) ?? '') : '';
  return meaning === '' ? String(value) : `${value} (${meaning})`;
}
