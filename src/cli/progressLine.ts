import type { Progress } from '../api/progress.ts';
import { printable } from '../bytes/printable.ts';
import { durationText } from '../text/amounts.ts';
import type { Terminal } from './terminal.ts';

/** Milliseconds before the first line, and between lines: on a terminal, where each replaces the last, and in a log. */
const PATIENCE = 1000;
const REFRESH = 100;
const LOG_REFRESH = 5000;
const COLUMNS = 80;

export interface ProgressLine {
  readonly show: (progress: Progress) => void;
  /** Leaves no trace on a terminal. */
  readonly end: () => void;
}

/** Shows progress on stderr once the work takes over a second: on a terminal, or wherever `asked`. */
export function progressLine(
  terminal: Terminal,
  choice: { readonly asked: boolean; readonly quiet: boolean },
): ProgressLine {
  const { errIsTerminal: erasable, err, now } = terminal;
  if (choice.quiet || !(erasable || choice.asked)) return { show: () => {}, end: () => {} };
  let due = now() + PATIENCE;
  let shown = 0;
  const pace = new Pace();
  return {
    show(progress) {
      const at = now();
      const left = pace.left(progress, at);
      if (at < due) return;
      due = at + (erasable ? REFRESH : LOG_REFRESH);
      const line = printable(progressText(progress, left), false).slice(0, (terminal.columns ?? COLUMNS) - 1);
      // Spaces, for a terminal may know no way to erase a line.
      err(erasable ? `\r${line.padEnd(shown)}` : `${line}\n`);
      shown = line.length;
    },
    end() {
      if (shown > 0 && erasable) err(`\r${' '.repeat(shown)}\r`);
    },
  };
}

/** Of the whole, 0 to 1. */
const partOf = ({ done, total, share = 0, part }: Progress): number =>
  part ?? (total > 0 ? Math.min((done + share) / total, 1) : 0);

function progressText(progress: Progress, left: number | null): string {
  const { phase, done, total } = progress;
  const percent = total > 0 ? ` (${Math.floor(100 * partOf(progress))} %)` : '';
  return `${phase} ${done} of ${total}${percent}${left === null ? '' : `, at most ${durationText(left)} left`}`;
}

/** Milliseconds, and part of the whole, before an estimate is worth telling. */
const SETTLED = 3000;
const LEAST_PART = 0.02;

/** How long a phase will still take, by how long it took so far. */
class Pace {
  #phase = '';
  #start = 0;
  #part = 0;

  /** @returns seconds; null when it is too early to tell */
  left(progress: Progress, at: number): number | null {
    const { phase } = progress;
    const part = partOf(progress);
    if (phase !== this.#phase || part < this.#part) {
      this.#phase = phase;
      this.#start = at;
    }
    this.#part = part;
    const taken = at - this.#start;
    return taken < SETTLED || part < LEAST_PART || part >= 1 ? null : Math.ceil((taken * (1 - part)) / part / 1000);
  }
}
