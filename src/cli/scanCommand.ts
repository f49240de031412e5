import { UsageError } from '../bytes/errors.ts';
import type { CandidateLine } from '../document/candidateLine.ts';
import { jsonSafe } from '../document/jsonSafe.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import { answering } from './answer.ts';
import type { Request } from './command.ts';
import type { SCAN_OPTIONS } from './commandOptions.ts';
import { scanStatus } from './exitStatus.ts';
import { sourcesOrDisks } from './sourcesOrDisks.ts';

export const scan = answering<typeof SCAN_OPTIONS, ScanDocument>({
  async ask(library, { sources: named, values }, { progress, signal, send, now }) {
    check(values);
    const { depth, zfs, pool, 'min-txg': minTxg, 'max-txg': maxTxg, before, needs, watch, html } = values;
    const sources = await sourcesOrDisks(library, named);
    // Who went away wants no more lines, and no judging for them.
    const unread = new AbortController();
    const onCandidate = async (line: CandidateLine) => {
      if (!(await send(jsonLine(line)))) unread.abort();
    };
    const scanned = () =>
      library.scan(sources, {
        ...{ depth, zfs: zfs ?? undefined, pool, minTxg, maxTxg, before, needs, progress },
        history: values['with-history'] || html !== null,
        watchSeconds: watch === null ? null : Number(watch),
        ...(values['json-lines'] ? { onCandidate, signal: AbortSignal.any([signal, unread.signal]) } : { signal }),
      });
    const document = await (html === null
      ? scanned()
      : library.writeReport(html, sources, scanned, {
          pool,
          scannedAt: Math.floor(now() / 1000),
        }));
    return unread.signal.aborted ? { ...document, stopped: false } : document;
  },
  async text(page, document, { all, show, 'newest-first': newestFirst, quiet, pool }) {
    const { scanText } = await import('../text/scanText.ts');
    return [scanText(page, document, { all, show, newestFirst, quiet, pool })];
  },
  instead: (document, values) => (values['json-lines'] ? [jsonLine(document)] : null),
  notes: (_, { html, quiet }) => (html === null || quiet ? [] : [`the page is in ${html}`]),
  status: scanStatus,
});

/** A day. */
const MAX_WATCH = 86_400n;

/** @throws UsageError */
function check(values: Request<typeof SCAN_OPTIONS>['values']): void {
  const { 'min-txg': minTxg, 'max-txg': maxTxg, watch, json } = values;
  if (minTxg !== null && maxTxg !== null && minTxg > maxTxg) {
    throw new UsageError(`scan: --min-txg ${minTxg} is above --max-txg ${maxTxg}`);
  }
  if (watch !== null && watch > MAX_WATCH) throw new UsageError(`scan: --watch ${watch}: at most ${MAX_WATCH} seconds`);
  if (values['json-lines'] && json) throw new UsageError('scan: --json or --json-lines, not both');
}

const jsonLine = (value: CandidateLine | ScanDocument): string => `${jsonSafe(JSON.stringify(value))}\n`;
