const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/**
 * A size for a person: `4 KiB`, `1.5 TiB`. Exact to two digits or better; the documents hold the bytes.
 *
 * @param bytes a decimal string of any length, or a number
 */
export function sizeText(bytes: string | number): string {
  let amount = Number(bytes);
  let unit = 0;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  const digits = Number.isInteger(amount) || amount >= 100 ? amount.toFixed(0) : amount.toFixed(1);
  return `${digits} ${UNITS[unit]}`;
}

/** `1 slot`, `2 slots`. */
export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365.25 * DAY;

/** A length of time in its two largest units: `13 s`, `2 min 5 s`, `3 h`, `2 days 4 h`. `seconds` is not negative. */
export function durationText(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return twoUnits(seconds, MINUTE, 'min', 1, 's');
  if (seconds < DAY) return twoUnits(seconds, HOUR, 'h', MINUTE, 'min');
  if (seconds < 30 * DAY) return twoUnits(seconds, DAY, seconds < 2 * DAY ? 'day' : 'days', HOUR, 'h');
  if (seconds < 2 * YEAR) return `${Math.floor(seconds / DAY)} days`;
  return `${Math.floor(seconds / YEAR)} years`;
}

function twoUnits(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

/** How long before `now` (both seconds since 1970), in its largest unit: `2 days ago`, `in 5 min`, `now`. */
export function agoText(timestamp: number, now: number): string {
  const seconds = Math.abs(now - timestamp);
  if (seconds < 1) return 'now';
  const step = seconds < MINUTE ? 1 : seconds < HOUR ? MINUTE : seconds < DAY ? HOUR : DAY;
  const text = durationText(seconds < 30 * DAY ? Math.floor(seconds / step) * step : seconds);
  return timestamp > now ? `in ${text}, by its clock` : `${text} ago`;
}

/** Largest time that a Date holds, in seconds. Source: ECMA-262, time values and time range. */
const LAST_SECOND = 8.64e12;

export interface DateAndTime {
  /** `2026-11-21`. */
  readonly date: string;
  /** `09:14:07`. */
  readonly time: string;
}

/** UTC; null when the number is not a time that a calendar has four digits for, and for 0, which nobody wrote a pool at. */
export function dateAndTime(timestamp: number): DateAndTime | null {
  if (!(timestamp > 0 && timestamp <= LAST_SECOND)) return null;
  const text = new Date(timestamp * 1000).toISOString();
  // Years of more than four digits begin with a sign.
  return text.startsWith('+') ? null : { date: text.slice(0, 10), time: text.slice(11, 19) };
}

/** `2026-11-21 09:14:07 UTC`. An uberblock that was made of a root has no time. */
export function timeText(timestamp: number): string {
  if (timestamp === 0) return 'at a time that nothing tells';
  const known = dateAndTime(timestamp);
  return known === null ? `at no valid time (${timestamp})` : `${known.date} ${known.time} UTC`;
}

/** The same, and how long before `now` (seconds since 1970) where that is known. */
export const momentText = (timestamp: number, now: number): string =>
  timestamp === 0 ? timeText(timestamp) : `${timeText(timestamp)} (${agoText(timestamp, now)})`;
