import type { RecommendationEntry } from '../document/recommendation.types.ts';
import { countText, timeText } from './amounts.ts';
import { clean, entry, type Page } from './page.ts';

/** Datasets and snapshots that are named; the document has more. */
const NAMED = 2;

/** `2 snapshots, the newest tank/a@s26 (2026-11-21 09:06:22 UTC)`; null where there is none, or none was read. */
export function snapshotsText(page: Page, { snapshots }: RecommendationEntry, named = NAMED): string | null {
  if (snapshots === undefined || snapshots.count === 0) return null;
  const newest = snapshots.newest.slice(0, named).map(({ name, creationTime, vmsynced }) => {
    return `${clean(page, name)} (${timeText(creationTime)}${vmsynced ? ', VMs in step' : ''})`;
  });
  const count = `${countText(snapshots.count, 'snapshot')}${snapshots.incomplete ? ' or more' : ''}`;
  if (newest.length === 0) return count;
  return snapshots.count === 1 ? `${count}: ${newest[0]}` : `${count}, the newest ${newest.join(', ')}`;
}

/** What there is at the recommended txg besides the live data: snapshots, and what the intent logs hold. */
export function stateAt(page: Page, recommendation: RecommendationEntry): string[] {
  const snapshots = snapshotsText(page, recommendation);
  const lines = snapshots === null ? [] : entry(page, 'Holds', snapshots);
  const logs = (recommendation.intentLog ?? []).map(({ dataset, replays, dropped, broken }) => {
    const of = `intent log of ${clean(page, dataset)}`;
    if (dropped && replays === 0) return `${of}: it was on the missing device and is dropped`;
    const fate = dropped ? 'dropped: the log device is missing' : 'replayed when it is mounted read-write';
    const rest = broken ? '; what follows cannot be read' : '';
    return `${of}: ${countText(replays, 'record')}, ${fate}${rest}`;
  });
  if (logs.length > 0) {
    const rest = logs.length > NAMED ? `; and ${countText(logs.length - NAMED, 'more dataset')}` : '';
    lines.push(...entry(page, snapshots === null ? 'Holds' : '', `${logs.slice(0, NAMED).join('; ')}${rest}`));
  }
  return lines;
}
