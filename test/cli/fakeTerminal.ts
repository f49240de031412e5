import { UsageError } from '../../src/bytes/errors.ts';
import type { Library } from '../../src/cli/library.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { buildLabelsDocument } from '../../src/document/labelsDocument.ts';
import { buildRingDocument } from '../../src/document/ringDocument.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { lyingMirror, NOW, TOOL } from '../document/sampleDocuments.ts';

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
    send: async (part) => out.push(typeof part === 'string' ? part : new TextDecoder('latin1').decode(part)) > 0,
    newFile: async () => ({ write: async () => {}, commit: async () => {}, abandon: async () => {} }),
    outIs: () => false,
    outIsTerminal: false,
    errIsTerminal: false,
    columns: null,
    rows: null,
    env: { LANG: 'en_US.UTF-8' },
    platform: 'linux',
    stopped: () => new AbortController().signal,
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

const unopened = () => Promise.reject(new UsageError('no pool was found'));

/** A library that answers without reading anything. */
export function fakeLibrary(about: Partial<Library> = {}, document: ScanDocument = lyingMirror()): Library {
  return {
    scan: async () => document,
    systemDisks: async () => [],
    writeReport: async (_file, _sources, scan) => scan(),
    readScan: async () => document,
    serveWeb: async () => ({ url: 'http://127.0.0.1:1/t/', ended: Promise.resolve() }),
    labels: async () => buildLabelsDocument(TOOL, []),
    ring: async () => buildRingDocument(TOOL, []),
    verify: unopened,
    checkImages: unopened,
    overlay: unopened,
    datasets: unopened,
    snapshots: unopened,
    openHistory: unopened,
    openObject: unopened,
    block: unopened,
    writeBundle: unopened,
    checkBundles: unopened,
    timeline: unopened,
    carve: unopened,
    withFailedMaps: async (_file, _specs, work) => ({ result: await work(), maps: [] }),
    explain: unopened,
    openLog: async () => ({ decided: () => {}, printed: () => {}, end: () => {} }),
    tool: async () => ({ ...TOOL, passedOver: 'no addon is built for this machine' }),
    ...about,
  };
}
