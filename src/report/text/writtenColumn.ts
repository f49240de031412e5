import { dateAndTime } from './amounts.ts';
import type { Page } from './page.ts';
import { NARROW } from './table.ts';

/**
 * How the times of one table are written: the time of day alone where all are of one day, which the page says
 * elsewhere; else with the date, whose year a narrow page leaves out.
 *
 * @param timestamps all that the column will show
 */
export function writtenColumn(page: Page, timestamps: readonly number[]): (timestamp: number) => string {
  const days = new Set(timestamps.map((timestamp) => dateAndTime(timestamp)?.date));
  return days.size === 1 ? timeOfDay : datedColumn(page);
}

const timeOfDay = (timestamp: number): string => dateAndTime(timestamp)?.time ?? NO_DATE;
const NO_DATE = '(no date)';

/** With the date, always. */
export function datedColumn(page: Page): (timestamp: number) => string {
  return (timestamp) => {
    const known = dateAndTime(timestamp);
    if (known === null) return NO_DATE;
    return `${page.width < NARROW ? known.date.slice('2026-'.length) : known.date} ${known.time}`;
  };
}
