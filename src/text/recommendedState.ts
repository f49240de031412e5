import type { RecommendationEntry } from '../document/recommendation.types.ts';
import { countText, timeText } from './amounts.ts';
import { clean, entry, type Page } from './page.ts';

/** Datasets and snapshots that are named; the document has more. */
const NAMED = 2;

/** `2 snapshots, the newest tank/a@s26 (2026-11-21 09:06:22 UTC)`, names raw; null where there is none, or none was read. */
export function snapshotsText({ snapshots }: RecommendationEntry, named = NAMED): string | null {
  if (snapshots === undefined || snapshots.count === 0) return null;
  const newest = snapshots.newest.slice(0, named).map(({ name, creationTime, vmsynced }) => {
    return `${name} (${timeText(creationTime)}${vmsynced ? ', VMs in step' : ''})`;
  });
  const count = `${countText(snapshots.count, 'snapshot')}${snapshots.incomplete ? ' or more' : ''}`;
  if (newest.length === 0) return count;
  return snapshots.count === 1 ? `${count}: ${newest[0]}` : `${count}, the newest ${newest.join(', ')}`;
}

/** What the intent logs hold at the recommended txg, names raw; the datasets that are not named are counted. */
export function intentLogsText({ intentLog = [] }: RecommendationEntry): string | null {
  const logs = intentLog.slice(0, NAMED).map(({ dataset, replays, dropped, broken }) => {
    const of = `intent log of ${dataset}`;
    if (dropped && replays === 0) return `${of}: it was on the missing device and is dropped`;
    const fate = dropped ? 'dropped: the log device is missing' : 'replayed when it is mounted read-write';
    const rest = broken ? '; what follows cannot be read' : '';
    return `${of}: ${countText(replays, 'record')}, ${fate}${rest}`;
  });
  if (logs.length === 0) return null;
  const rest = intentLog.length > NAMED ? `; and ${countText(intentLog.length - NAMED, 'more dataset')}` : '';
  return `${logs.join('; ')}${rest}`;
}

/** What there is at the recommended txg besides the live data: snapshots, and what the intent logs hold. */
export function stateAt(page: Page, recommendation: RecommendationEntry): string[] {
  const held = [snapshotsText(recommendation), intentLogsText(recommendation)].flatMap((text) => text ?? []);
  return held.flatMap((text, at) => entry(page, at === 0 ? 'Holds' : '', clean(page, text)));
}
