import type { NvList, NvPair, NvValue } from '../../src/format/nvlist.ts';
import { pair, u64 } from '../tools/nvlistEncode.ts';
import { type Pick, pickFrom } from './random.ts';

/** Numbers at which something may break. */
export const EXTREMES: readonly bigint[] = [
  0n,
  1n,
  2n,
  8n,
  63n,
  64n,
  255n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 48n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
export const TEXTS: readonly string[] = [
  '',
  'tank',
  'x'.repeat(5000),
  'y'.repeat(65536),
  '\x1b[2J\u202e\0\n',
  '\x1b]0;owned\x07\x9b31m\u2028',
  '../../etc',
  '-f',
  "'; rm -rf ~; '",
  '\ud800',
  'org.zfsonlinux:\x1b[2J',
  'disk',
  'mirror',
  'raidz',
  'draid',
  'indirect',
  'replacing',
  'spare',
  'dspare',
  'hole',
  'missing',
  'log',
];

const isList = (value: NvValue): value is NvList => typeof value === 'object' && 'pairs' in value;

/** Pairs with some values at their limits, of a wrong type, missing, or there twice; nested lists included. */
export function forgePairs(pairs: readonly NvPair[], pick: Pick, times: number): readonly NvPair[] {
  let forged = [...pairs];
  for (; times > 0; times--) {
    const index = pick(forged.length);
    const chosen = forged[index];
    if (chosen === undefined) return forged;
    const kind = pick(12);
    if (kind === 0) forged.splice(index, 1);
    else if (kind === 1) forged.push(chosen);
    else if (kind === 2) forged[index] = { ...chosen, type: 'string', value: pickFrom(pick, TEXTS) };
    else if (kind === 3) forged[index] = { ...chosen, name: pickFrom(pick, TEXTS) };
    else if (kind === 4) forged = forgeShape(forged, pick);
    else forged = forged.map((each, i) => (i === index ? { ...each, value: forgeValue(each.value, pick) } : each));
  }
  return forged;
}

/** The list as a vdev of another kind, with children where it had none, or of itself. */
function forgeShape(pairs: readonly NvPair[], pick: Pick): NvPair[] {
  const without = (...names: readonly string[]) => pairs.filter(({ name }) => !names.includes(name));
  const some = (...names: readonly string[]) => names.map((name) => u64(name, pickFrom(pick, EXTREMES)));
  switch (pick(5)) {
    case 0: {
      const shape = ['nparity', 'draid_ndata', 'draid_nspares', 'draid_ngroups', 'draid_nchildren', 'ashift'];
      const type = pair('type', 'string', pickFrom(pick, ['draid', 'raidz', 'dspare', 'indirect']));
      return [...without('type', ...shape), type, ...some(...shape)];
    }
    case 1: {
      const count = pickFrom(pick, [1, 3, 300]);
      // Copies of copies would fill the machine.
      if (count * sizeOf(pairs) > 20_000) return [...pairs];
      const copies = Array.from({ length: count }, () => ({ pairs: without('children') }));
      return [...without('children'), pair('children', 'nvlist_array', copies)];
    }
    case 2: {
      let list: NvList = { pairs: without('children') };
      for (let depth = pickFrom(pick, [3, 12, 40]); depth > 0; depth--) {
        const below: readonly NvList[] = [list];
        list = {
          pairs: [...list.pairs.filter(({ name }) => name !== 'children'), pair('children', 'nvlist_array', below)],
        };
        if (depth > 20) list = { pairs: [pair('children', 'nvlist_array', below), pair('type', 'string', 'mirror')] };
      }
      return [...list.pairs];
    }
    case 3:
      return [...pairs, ...some('offline', 'is_log', 'is_hole', 'com.delphix:indirect_object', 'raidz_expanding')];
    default:
      return [...pairs, ...some('ashift', 'asize', 'id', 'guid', 'split_guid', 'spareid', 'top_guid', 'orig_guid')];
  }
}

/** Pairs in the list and in all below it. */
function sizeOf(pairs: readonly NvPair[]): number {
  let size = pairs.length;
  for (const { value } of pairs) {
    const lists = typeof value !== 'object' || value instanceof Uint8Array ? [] : isList(value) ? [value] : value;
    for (const each of lists) if (typeof each === 'object') size += sizeOf(each.pairs);
  }
  return size;
}

function forgeValue(value: NvValue, pick: Pick): NvValue {
  if (typeof value === 'bigint') return pickFrom(pick, EXTREMES);
  if (typeof value === 'string') return pickFrom(pick, TEXTS);
  if (isList(value)) return { pairs: forgePairs(value.pairs, pick, 1 + pick(3)) };
  if (Array.isArray(value)) {
    // Of one type: that of the array.
    const items = [...value] as NvValue[];
    return items.flatMap((each) => (pick(4) === 0 ? [] : [forgeValue(each, pick)])) as unknown as NvValue;
  }
  return value;
}
