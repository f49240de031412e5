import { CONTENT_HISTORIES } from './contentHistories.ts';
import { DEVICE_HISTORIES, LAST_DEVICE_HISTORIES } from './deviceHistories.ts';
import type { Draw } from './draw.ts';
import { LAST_HISTORIES, POOL_HISTORIES } from './poolHistories.ts';
import type { History, Story } from './story.ts';

const GOING_ON: Readonly<Record<string, History>> = { ...POOL_HISTORIES, ...DEVICE_HISTORIES, ...CONTENT_HISTORIES };

/** What befalls a pool between its creation and the end, by name. */
export const HISTORIES: Readonly<Record<string, History>> = {
  ...GOING_ON,
  ...LAST_HISTORIES,
  ...LAST_DEVICE_HISTORIES,
};

/** One, or up to four of which each comes after the one before: `offline+rewind+destroyed`. */
export function drawHistory(draw: Draw): string {
  const many = draw.chance(0.45) ? draw.int(2, 4) : 1;
  if (many === 1) return draw.one(Object.keys(HISTORIES));
  const names = Array.from({ length: many - 1 }, () => draw.one(Object.keys(GOING_ON)));
  return [...names, draw.one(Object.keys(HISTORIES))].join('+');
}

/** @throws Error for a name that is none */
export function tell(history: string, story: Story): void {
  for (const name of history.split('+')) {
    const one = HISTORIES[name];
    if (one === undefined) throw new Error(`no history ${name}`);
    one(story);
  }
}
