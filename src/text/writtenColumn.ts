import { type DateAndTime, dateAndTime } from './amounts.ts';
import type { Page } from './page.ts';
import { NARROW } from './table.ts';

/** The times of a row: the first, and the last where it speaks of several. */
export type WrittenText = (first: number, last?: number) => string;

/**
 * How the times of one table are written: the time of day alone where all are of one day, which the page says
 * elsewhere; else with the date, whose year a narrow page leaves out.
 *
 * @param timestamps all that the column will show
 */
export function writtenColumn(page: Page, timestamps: readonly number[]): WrittenText {
  const days = new Set(timestamps.map((timestamp) => dateAndTime(timestamp)?.date));
  const text = days.size === 1 ? timesOfDay : datedColumn(page);
  // Two times take more room than a narrow page has.
  return page.width < NARROW ? (first) => text(first) : text;
}

const NO_DATE = '(no date)';

const timesOfDay: WrittenText = (first, last = first) => {
  const [from, to] = [dateAndTime(first), dateAndTime(last)];
  if (from === null || to === null) return NO_DATE;
  return from.time === to.time ? from.time : `${from.time}-${to.time}`;
};

/** With the date, always. */
export function datedColumn(page: Page): WrittenText {
  const day = ({ date }: DateAndTime) => (page.width < NARROW ? date.slice('2026-'.length) : date);
  return (first, last = first) => {
    const [from, to] = [dateAndTime(first), dateAndTime(last)];
    if (from === null || to === null) return NO_DATE;
    if (from.date !== to.date) return `${day(from)} to ${day(to)}`;
    return `${day(from)} ${from.time}${from.time === to.time ? '' : `-${to.time}`}`;
  };
}
