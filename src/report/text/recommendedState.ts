import type { RecommendationEntry } from '../document.ts';
import { countText, timeText } from './amounts.ts';
import { clean, entry, entryLine, type Page } from './page.ts';

/** Datasets and snapshots that are named; the document has more. */
const NAMED = 2;

/** One line each: the snapshots there are at the recommended txg, and what its intent logs hold. */
export function stateAt(page: Page, { snapshots, intentLog }: RecommendationEntry): string[] {
  const lines: string[] = [];
  if (snapshots !== undefined && snapshots.count > 0) {
    const newest = snapshots.newest.slice(0, NAMED).map(({ name, creationTime, vmsynced }) => {
      return `${clean(page, name)} (${timeText(creationTime)}${vmsynced ? ', VMs in step' : ''})`;
    });
    const more = snapshots.incomplete ? ' or more' : '';
    lines.push(...entry(page, 'Snaps', `${snapshots.count}${more}, the newest ${newest.join(', ')}`));
  }
  const logs = (intentLog ?? []).map(({ dataset, replays, dropped, broken }) => {
    if (dropped && replays === 0) return `${clean(page, dataset)}: its log was on the missing device and is dropped`;
    const fate = dropped ? 'dropped: the log is missing' : 'replayed when it is mounted';
    const rest = broken ? '; what follows cannot be read' : '';
    return `${clean(page, dataset)}: ${countText(replays, 'record')} ${fate}${rest}`;
  });
  if (logs.length > 0) {
    const rest = logs.length > NAMED ? `; and ${countText(logs.length - NAMED, 'more dataset')}` : '';
    lines.push(...entry(page, 'Log', `${logs.slice(0, NAMED).join('; ')}${rest}`));
  }
  return lines;
}

/** Devices whose lines are shown. */
const DEVICES = 2;
const LINES = 2;

/** How to try all this without writing to the devices. */
export function overlay(page: Page, { overlay: lay }: RecommendationEntry): string[] {
  if (lay === undefined) return [];
  const { dim } = page.style;
  const shown = lay.deviceMapper.slice(0, DEVICES * LINES);
  const rest = (lay.deviceMapper.length - shown.length) / LINES;
  const lines = entry(page, 'Overlay', 'What is written goes to files; import with -d /dev/mapper then:');
  for (const line of shown) lines.push(entryLine(page, clean(page, line), dim));
  if (rest > 0) lines.push(...entry(page, '', `${countText(rest, 'more device')}: --json`, dim, dim));
  return lines;
}
