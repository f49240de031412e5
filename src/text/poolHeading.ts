import { agoText, countText, timeText } from './amounts.ts';
import { countLeaves, layoutText } from './layoutText.ts';
import type { PoolCase } from './poolCase.ts';

/**
 * Which pool it is: its name, then its layout, its state, when it was last written. Names of an image stand in it raw.
 *
 * @param now seconds since 1970
 */
export function headingParts({ pool, written }: PoolCase, now: number): string[] {
  const name = pool.name ?? `(pool ${pool.guid}, name unknown)`;
  const leaves = pool.vdevs === null ? null : countLeaves(pool.vdevs);
  const devices =
    leaves === null
      ? countText(pool.sources.length, 'device')
      : `${leaves.present} of ${countText(leaves.all, 'device')}`;
  const layout = layoutText(pool);
  const parts = [name, leaves?.all === 1 && leaves.present === 1 ? layout : `${layout}, ${devices}`];
  if (pool.state !== 'active') parts.push(pool.state);
  const [last] = written;
  if (last !== undefined) {
    const host = pool.hostname === null ? '' : ` by host "${pool.hostname}"`;
    const ago = last.timestamp === 0 ? '' : ` (${agoText(last.timestamp, now)})`;
    parts.push(`last written ${timeText(last.timestamp)}${host}${ago}`);
  }
  return parts;
}
