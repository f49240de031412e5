const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?\s*(?:(Z|UTC)|([+-])(\d{2}):?(\d{2}))?$/i;

/**
 * A time that was asked for in place of a command: `2026-11-21 09:38`, `2026-11-21`, `2026-11-21T09:38:07+01:00`. Without
 * a zone it is UTC, as all times that are printed.
 *
 * @returns seconds since 1970; null when the text is no time
 */
export function parseTime(text: string): bigint | null {
  const parts = TIME.exec(text.trim());
  if (parts === null) return null;
  const number = (index: number): number => Number(parts[index] ?? 0);
  const [year, month, day] = [number(1), number(2), number(3)];
  const [hours, minutes, seconds] = [number(4), number(5), number(6)];
  const midnight = Date.UTC(year, month - 1, day);
  // The 31st of a month of 30 days would be the 1st of the next.
  const real = new Date(midnight).getUTCDate() === day && month >= 1 && month <= 12;
  if (!real || hours > 23 || minutes > 59 || seconds > 59) return null;
  const zone = (number(9) * 60 + number(10)) * (parts[8] === '-' ? -60 : 60);
  return BigInt(midnight / 1000 + hours * 3600 + minutes * 60 + seconds - zone);
}
