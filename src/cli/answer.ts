import type { EvidenceLog } from '../api/evidenceLog.ts';
import { UsageError } from '../bytes/errors.ts';
import { printable } from '../bytes/printable.ts';
import { documentParts } from '../document/jsonParts.ts';
import type { NewFile } from '../node/newFile.ts';
import type { Page } from '../text/page.ts';
import type { Request, Run } from './command.ts';
import type { Library } from './library.ts';
import type { Options } from './options.ts';
import { type ProgressLine, progressLine } from './progressLine.ts';
import { pageFor, type Terminal, takesUnicode } from './terminal.ts';

/** What is written, in parts that fit into memory. */
export type Parts = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** What a call of the library is given besides the options. */
export interface Calling {
  readonly progress: ProgressLine['show'];
  /** Ends the work: what is known by then is the answer. */
  readonly signal: AbortSignal;
  readonly send: Terminal['send'];
  readonly now: Terminal['now'];
}

/** What a command does: a call of the library, the text of what it gives, an exit status. */
export interface Answer<O extends Options, D extends object> {
  /** @throws UsageError when the options make no sense together */
  readonly ask: (library: Library, request: Request<O>, calling: Calling) => Promise<D>;
  readonly text: (page: Page, document: D, values: Request<O>['values']) => Parts | Promise<Parts>;
  /** Default: the document as it is. */
  readonly json?: (document: D) => Parts;
  /** What options want in place of text and of JSON; null where they want none of it. */
  readonly instead?: (document: D, values: Request<O>['values']) => Parts | null;
  /** Asked for when the document was printed. */
  readonly status: (document: D) => number;
  /** Lines for stderr when the document was printed. Names in them are raw. */
  readonly notes?: (document: D, values: Request<O>['values']) => readonly string[];
  /** Paths of sources, where the document may not be written into one. */
  readonly apartFrom?: (document: D) => readonly string[];
  readonly close?: (document: D) => Promise<void>;
  /** `--output` is what the command makes, and no file for what it prints. */
  readonly makesOutput?: boolean;
}

/** The work of a command that answers so. */
export const answering =
  <O extends Options, D extends object>(answer: Answer<O, D>): Run<O> =>
  (request, terminal, library) =>
    print(answer, request, terminal, library);

async function print<O extends Options, D extends object>(
  answer: Answer<O, D>,
  request: Request<O>,
  terminal: Terminal,
  library: Library,
): Promise<number> {
  const { sources } = request;
  const file = answer.makesOutput ? null : outputOf(request.values);
  const log = request.values.log === null ? null : await library.openLog(request.values.log, { sources });
  const output = file === null ? null : await terminal.newFile(file, sources);
  let status: number | null = null;
  try {
    const send = sendingTo(terminal, output, log);
    status = await printTo(answer, request, output === null ? terminal : offTerminal(terminal), library, send, log);
    await output?.commit();
    return status;
  } finally {
    await output?.abandon();
    log?.end(status);
  }
}

/** Of a command that has the option. */
const outputOf = (values: object): string | null =>
  'output' in values && typeof values.output === 'string' ? values.output : null;

/** What is written to a file is for no screen. */
const offTerminal = (terminal: Terminal): Terminal => ({
  ...terminal,
  outIsTerminal: false,
  columns: null,
  outIs: () => false,
});

function sendingTo(terminal: Terminal, output: NewFile | null, log: EvidenceLog | null): Terminal['send'] {
  return async (part) => {
    log?.printed(part);
    if (output === null) return terminal.send(part);
    await output.write(typeof part === 'string' ? Buffer.from(part) : part);
    return true;
  };
}

async function printTo<O extends Options, D extends object>(
  answer: Answer<O, D>,
  request: Request<O>,
  terminal: Terminal,
  library: Library,
  send: Terminal['send'],
  log: EvidenceLog | null,
): Promise<number> {
  const { json, quiet, progress: asked = false, 'no-color': noColor } = request.values;
  const progress = progressLine(terminal, { asked, quiet });
  const calling = { progress: progress.show, signal: terminal.stopped(), send, now: terminal.now };
  const document = await answer.ask(library, request, calling).finally(progress.end);
  try {
    log?.decided(document);
    for (const path of answer.apartFrom?.(document) ?? []) {
      if (terminal.outIs(path)) throw new UsageError(`stdout is ${path}: it would be overwritten`);
    }
    const parts =
      answer.instead?.(document, request.values) ??
      (json
        ? (answer.json ?? documentParts)(document)
        : await answer.text(await pageFor(terminal, noColor), document, request.values));
    await sendParts(send, parts);
    for (const note of answer.notes?.(document, request.values) ?? []) {
      terminal.err(`${printable(`zfs-uber: ${note}`, takesUnicode(terminal))}\n`);
    }
    return answer.status(document);
  } finally {
    await answer.close?.(document);
  }
}

/** Prints parts as they are made; ends early when nobody reads any more. */
async function sendParts(send: Terminal['send'], parts: Parts): Promise<void> {
  for await (const part of parts) if (!(await send(part))) return;
}
