import { UsageError } from '../bytes/errors.ts';
import { scanText } from '../report/text/scanText.ts';
import type { Run, SCAN_OPTIONS } from './commands.ts';
import { scanStatus } from './exitStatus.ts';
import { progressLine } from './progressLine.ts';
import { pageFor } from './terminal.ts';

export const runScan: Run<typeof SCAN_OPTIONS> = async ({ sources, values }, terminal, library) => {
  const { depth, pool, 'min-txg': minTxg, 'max-txg': maxTxg, all, quiet, json } = values;
  if (minTxg !== null && maxTxg !== null && minTxg > maxTxg) {
    throw new UsageError(`scan: --min-txg ${minTxg} is above --max-txg ${maxTxg}`);
  }
  const progress = progressLine(terminal, { asked: values.progress, quiet });
  const choice = { depth, pool, minTxg, maxTxg, progress: progress.show };
  const document = await library.scan(sources, choice).finally(progress.end);
  if (json) terminal.out(`${JSON.stringify(document, null, 2)}\n`);
  else {
    const page = await pageFor(terminal, values['no-color']);
    terminal.out(scanText(page, document, { all, newestFirst: values['newest-first'], quiet, pool }));
  }
  return scanStatus(document);
};
