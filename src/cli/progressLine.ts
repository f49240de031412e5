import type { Progress } from '../api/progress.ts';
import { printable } from '../report/text/printable.ts';
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
  let shown = false;
  return {
    show(progress) {
      const at = now();
      if (at < due) return;
      due = at + (erasable ? REFRESH : LOG_REFRESH);
      shown = true;
      const line = printable(progressText(progress), false).slice(0, (terminal.columns ?? COLUMNS) - 1);
      err(erasable ? `\r${line}\x1b[K` : `${line}\n`);
    },
    end() {
      if (shown && erasable) err('\r\x1b[K');
    },
  };
}

function progressText({ phase, done, total }: Progress): string {
  const percent = total > 0 ? ` (${Math.floor((100 * Math.min(done, total)) / total)} %)` : '';
  return `${phase} ${done} of ${total}${percent}`;
}
