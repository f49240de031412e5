import type { NewFile } from '../node/newFile.ts';
import type { Page, Style } from '../text/page.ts';
import { PLAIN_STYLE } from '../text/page.ts';

/** Where a command writes. Tests hand in their own. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** As `out`, and done when it is written: for what does not fit into memory. False when nobody reads any more. */
  readonly send: (part: string | Uint8Array) => Promise<boolean>;
  /** A file to be written in place of stdout; UsageError where it is there, or lies on one of the sources. */
  readonly newFile: (path: string, sources: readonly string[]) => Promise<NewFile>;
  /** Whether stdout is that very file or device. */
  readonly outIs: (path: string) => boolean;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Null when unknown. */
  readonly columns: number | null;
  /** Null when unknown. */
  readonly rows: number | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  /**
   * From now on the first Ctrl-C or SIGTERM aborts the signal, and the second ends the process as the first would have. It
   * is aborted as well when nothing can be written any more.
   */
  readonly stopped: () => AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const COLUMNS = 80;
const ROWS = 24;
/** Fewer are taken for a mistake of the terminal. */
const LEAST_COLUMNS = 20;
const LEAST_ROWS = 10;

/** The page that text for stdout is made for. Loads chalk only where there is colour. */
export async function pageFor(terminal: Terminal, noColor: boolean): Promise<Page> {
  return {
    width: Math.max(LEAST_COLUMNS, terminal.columns ?? COLUMNS),
    rows: terminal.outIsTerminal ? Math.max(LEAST_ROWS, terminal.rows ?? ROWS) : null,
    unicode: takesUnicode(terminal),
    style: takesColor(terminal, noColor) ? await colourStyle() : PLAIN_STYLE,
    now: Math.floor(terminal.now() / 1000),
  };
}

/** `--no-color`, then NO_COLOR, then FORCE_COLOR, then what the terminal is. Source: no-color.org, force-color.org */
export function takesColor({ env, outIsTerminal }: Pick<Terminal, 'env' | 'outIsTerminal'>, noColor: boolean): boolean {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = env;
  if (noColor || NO_COLOR !== '') return false;
  if (FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return outIsTerminal && TERM !== 'dumb';
}

/** By the locale, as the C library picks it; Windows and macOS terminals take Unicode whatever it says. */
export function takesUnicode({ env, platform }: Pick<Terminal, 'env' | 'platform'>): boolean {
  if (platform === 'win32' || platform === 'darwin') return true;
  const { LC_ALL, LC_CTYPE, LANG } = env;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((each) => each !== undefined && each !== '');
  return /utf-?8/i.test(locale ?? '');
}

async function colourStyle(): Promise<Style> {
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    strong: (text) => chalk.bold(text),
    good: (text) => chalk.green(text),
    warn: (text) => chalk.yellow(text),
    bad: (text) => chalk.red(text),
    dim: (text) => chalk.dim(text),
  };
}
