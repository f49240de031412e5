import type { Library } from '../../src/cli/library.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { ScanDocument } from '../../src/report/document.ts';
import { lyingMirror, NOW, TOOL } from '../report/sampleDocuments.ts';

export interface Recorded {
  readonly terminal: Terminal;
  readonly out: () => string;
  readonly err: () => string;
  /** Moves the clock on. */
  readonly pass: (milliseconds: number) => void;
}

/** A terminal that keeps what is written to it. */
export function recorded(about: Partial<Terminal> = {}): Recorded {
  const [out, err]: [string[], string[]] = [[], []];
  let now = NOW * 1000;
  const terminal: Terminal = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    outIsTerminal: false,
    errIsTerminal: false,
    columns: null,
    env: { LANG: 'en_US.UTF-8' },
    platform: 'linux',
    now: () => now,
    ...about,
  };
  return {
    terminal,
    out: () => out.join(''),
    err: () => err.join(''),
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

/** A library that answers without reading anything. */
export function fakeLibrary(about: Partial<Library> = {}, document: ScanDocument = lyingMirror()): Library {
  return {
    scan: async () => document,
    survey: async () => [],
    tool: async () => ({ ...TOOL, passedOver: 'no addon is built for this machine' }),
    ...about,
  };
}
