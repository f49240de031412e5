import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Gathered } from './gather.ts';
import type { Judged } from './judge.ts';
import { rangeOf } from './judgeWith.ts';

/** Copies of one device that are tried in turn in its place. */
const COPIES = 4;

/**
 * Judges what only second copies of devices carry, as an import answers that is given those in place of the others: an
 * older image of a disk still has txgs that the disk overwrote.
 *
 * @returns by key of the candidate; `devices` are those to give
 */
export async function olderCopies({ pool, asked, judgeWith }: Gathered): Promise<ReadonlyMap<string, Judged>> {
  const found = new Map<string, Judged>();
  for (let turn = 0; turn < COPIES; turn++) {
    const given = withCopies(pool, turn);
    if (given === null) break;
    const only = asked.filter(
      ({ seen, key, copies }) => !seen && !found.has(key) && copies.some(({ device }) => given.includes(device)),
    );
    if (only.length === 0) continue;
    const other = await judgeWith(given, { range: rangeOf(only.map(({ txg }) => txg)), aimed: false });
    const keys = new Set(only.map(({ key }) => key));
    for (const each of other?.candidates ?? []) {
      const { key, taken } = each.candidate;
      if (keys.has(key) && taken) found.set(key, { ...each, devices: each.devices ?? given });
    }
  }
  return found;
}

/** All devices, with the copies of that turn in place of what they are copies of; null where there are none. */
function withCopies({ devices, outside }: Pool, turn: number): readonly DeviceSurvey[] | null {
  const copies = new Map<DeviceSurvey, DeviceSurvey[]>();
  for (const { device, twin } of outside) if (twin !== null) copies.set(twin, [...(copies.get(twin) ?? []), device]);
  const all = new Set([...copies.values()].flat());
  const placed = new Set<DeviceSurvey>();
  const replaced = new Set<DeviceSurvey>();
  for (const [twin, { [turn]: copy }] of copies) {
    if (copy === undefined) continue;
    placed.add(copy);
    replaced.add(twin);
  }
  if (placed.size === 0) return null;
  return devices.filter((device) => placed.has(device) || !(all.has(device) || replaced.has(device)));
}
