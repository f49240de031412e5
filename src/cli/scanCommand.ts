import { UsageError } from '../bytes/errors.ts';
import type { CandidateLine } from '../document/candidateLine.ts';
import type { ScanDocument } from '../document/document.ts';
import { jsonSafe } from '../document/jsonSafe.ts';
import type { Run } from './command.ts';
import type { SCAN_OPTIONS } from './commandOptions.ts';
import { scanStatus } from './exitStatus.ts';
import { progressLine } from './progressLine.ts';
import { sendJson } from './sendParts.ts';
import { pageFor } from './terminal.ts';

/** A day. */
const MAX_WATCH = 86_400n;

export const runScan: Run<typeof SCAN_OPTIONS> = async ({ sources, values }, terminal, library) => {
  const { depth, pool, 'min-txg': minTxg, 'max-txg': maxTxg, before, needs, all, quiet, json } = values;
  if (minTxg !== null && maxTxg !== null && minTxg > maxTxg) {
    throw new UsageError(`scan: --min-txg ${minTxg} is above --max-txg ${maxTxg}`);
  }
  const { watch, timeline } = values;
  if (watch !== null && watch > MAX_WATCH) throw new UsageError(`scan: --watch ${watch}: at most ${MAX_WATCH} seconds`);
  if (timeline !== null) {
    if (json || values['json-lines']) throw new UsageError('scan: --timeline has no --json: its jsonl is one');
    const { printTimeline } = await import('./timelineCommand.ts');
    return printTimeline(sources, { format: timeline, pool }, terminal, library);
  }
  const progress = progressLine(terminal, { asked: values.progress, quiet });
  const lines = values['json-lines'];
  if (lines && json) throw new UsageError('scan: --json or --json-lines, not both');
  // Who went away wants no more lines, and no judging for them.
  const unread = new AbortController();
  const onCandidate = async (line: CandidateLine) => {
    if (!(await terminal.send(jsonLine(line)))) unread.abort();
  };
  const choice = {
    ...{ depth, pool, minTxg, maxTxg, before, needs },
    watchSeconds: watch === null ? null : Number(watch),
    progress: progress.show,
    signal: AbortSignal.any([terminal.stopped(), unread.signal]),
    ...(lines ? { onCandidate } : {}),
  };
  const document = await library.scan(sources, choice).finally(progress.end);
  if (lines) terminal.out(jsonLine(document));
  else if (json) await sendJson(terminal, document);
  else {
    const { scanText } = await import('../text/scanText.ts');
    const page = await pageFor(terminal, values['no-color']);
    terminal.out(scanText(page, document, { all, newestFirst: values['newest-first'], quiet, pool }));
  }
  return scanStatus(unread.signal.aborted ? { ...document, stopped: false } : document);
};

const jsonLine = (value: CandidateLine | ScanDocument): string => `${jsonSafe(JSON.stringify(value))}\n`;
